"""A real loop into the latent space: the styles whose loop comes nearest to it (as StyleGAN2 projects, section 5)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.families.gan.model import LoopGAN

LEARNING_RATE = 0.05
KEEP = 2e-3
"""How strongly vectors are held near the mean and lines near 0, where the generator knows what it does."""
SCALES = (1, 2, 4, 8)
"""The spectrograms are compared as they are and averaged over so many frames and bands."""
STARTS = 256
"""Random styles among which the nearest is where the search begins."""


def project(
    model: "LoopGAN",
    audio: Tensor,
    *,
    bpm: float | None = None,
    label: str = "",
    steps: int = 200,
    seed: int = 0,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> Tensor:
    """Styles `(1, layers, columns)` whose loop is like `audio (1, channels, time)`, one loop of the model's bars.

    Adam on the vectors and lines of all layers, from the nearest of some random ones, by the distance of normalised
    spectrograms at several resolutions. Grain is that of `seed`. UserError for a label that the model does not know.
    """
    if label and label not in model.labels:
        raise UserError(f"This model does not know the label {label!r}; it knows {', '.join(model.labels) or 'none'}.")
    lengths = torch.tensor([audio.shape[-1]], device=audio.device)
    with torch.no_grad():
        target = model.normalise(model.spectrogram.on_grid(audio, lengths, model.config.frames))
        grain = model.grain([seed])
        labels = [model.labels.index(label)] if label else range(max(1, len(model.labels)))
        mean = torch.stack([model.mean_style(index, bpm) for index in labels]).mean(0)
        start = _nearest(model, target, grain, bpm, label, seed)
    with torch.enable_grad():
        return _descend(model, target, grain, start, mean, steps, show)


def _nearest(model: "LoopGAN", target: Tensor, grain: Tensor, bpm: float | None, label: str, seed: int) -> Tensor:
    best, least = None, float("inf")
    styles = model.styles(range(seed, seed + STARTS), label=label, bpm=bpm, truncation=0.8)
    for some in styles.split(16):
        made = model.made(some, grain.expand(len(some), -1))
        for style, one in zip(some, made, strict=True):
            distance = float(_distance(one[None], target))
            if distance < least:
                best, least = style[None], distance
    assert best is not None
    return best


def _descend(
    model: "LoopGAN",
    target: Tensor,
    grain: Tensor,
    start: Tensor,
    mean: Tensor,
    steps: int,
    show: Callable[[int, int], None],
) -> Tensor:
    styles = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([styles], LEARNING_RATE)
    best, least = start, float("inf")
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / steps)
        distance = _distance(model.made(styles, grain), target)
        vectors, lines = styles.split([model.w, styles.shape[-1] - model.w], -1)
        strayed = (vectors - mean).square().mean() + (lines.square().mean() if lines.numel() else 0.0)
        (gradient,) = torch.autograd.grad(distance + KEEP * strayed, [styles])
        if float(distance.detach()) < least:
            best, least = styles.detach().clone(), float(distance.detach())
        styles.grad = gradient
        optimizer.step()
        show(step + 1, steps)
    return best


def _distance(made: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of spectrograms `(1, channels, mels, frames)`, summed over the resolutions."""
    return torch.stack(
        [(functional.avg_pool2d(made, scale) - functional.avg_pool2d(target, scale)).abs().mean() for scale in SCALES]
    ).sum()
