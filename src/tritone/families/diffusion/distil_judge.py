"""How well a student plays by now: its sounds beside held-out ones, in the domain in which it makes them."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional

from tritone.data.batch import Batch
from tritone.families.diffusion.diffusion_model import DiffusionModel
from tritone.judge.kernel import kernel_distance
from tritone.nn.diffusion.samplers import sample

NUMBERS = 64
"""Bands in all, shared out among the channels of a signal."""
FEW = 4
"""Sounds below which there is no kernel distance."""


def judged(model: DiffusionModel, batches: Iterable[Batch]) -> dict[str, Tensor]:
    """`distance` of as many new sounds as there are held-out ones, of the same lengths and conditions, by `texture`.

    It is the kernel distance; of fewer than 4 sounds the difference of means. `spread` is how much new sounds differ
    from each other over how much real ones do: near 0 is collapse.
    """
    usual = model.config.sampling
    real, made = [], []
    for batch in batches:
        nobody = torch.zeros(len(batch), dtype=torch.bool, device=batch.audio.device)
        clean, told, _ = model.learn(batch, nobody)
        unsaid = model.conditioner.told(batch, ~nobody)
        denoise = model.guided(told, unsaid, usual)
        sounds = sample(denoise, clean.shape[1:], batch.seeds, usual, device=model.device)
        real.append(texture(clean))
        made.append(texture(sounds))
    held_out, new = torch.cat(real), torch.cat(made)
    deviation = held_out.std(0, correction=0).clamp(min=1e-3)
    spread = (new.std(0, correction=0) / deviation).mean()
    held_out, new = held_out / deviation, new / deviation
    differing = len(held_out) >= FEW and bool(torch.pdist(held_out).median() > 0)
    distance = kernel_distance(held_out.cpu(), new.cpu()) if differing else float((new - held_out).mean(0).abs().mean())
    return {"distance": torch.tensor(distance, device=spread.device), "spread": spread}


def texture(signal: Tensor) -> Tensor:
    """Of each channel of `signal (batch, width, frames)` the mean and, in a few even bands of frequencies, the
    logarithm of the mean magnitude: what a sound is made of, not when.
    """
    signal = signal.detach().float()
    bands = max(2, min(NUMBERS // 2, NUMBERS // signal.shape[1]))
    magnitudes = torch.fft.rfft(signal, norm="ortho").abs()[..., 1:]
    levels = functional.adaptive_avg_pool1d(magnitudes, bands).clamp(min=1e-4).log()
    return torch.cat([signal.mean(-1), levels.flatten(1)], 1)
