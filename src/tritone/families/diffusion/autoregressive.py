"""Sound chunk after chunk: each is diffused while those before it are already clean, without end."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from math import ceil
from typing import Any

import torch
from torch import Tensor, nn

from tritone.data.batch import Batch
from tritone.errors import UserError
from tritone.families.base import Capability
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.controls import Controls
from tritone.families.diffusion.diffusion_model import DiffusionModel, Seeds
from tritone.families.diffusion.wishes import checked_controls, whole_samples
from tritone.nn.diffusion.conditions import NOTHING, Conditions
from tritone.nn.diffusion.denoise import seeded_noise
from tritone.nn.diffusion.grids import noise_levels
from tritone.nn.diffusion.ladder import Ladder, PlacedDenoise
from tritone.nn.diffusion.objective import Denoiser
from tritone.nn.diffusion.times import draw_sigma
from tritone.nn.noise import sample_uniform

ORDERS = {"2m": 2, "ddim": 1}
"""Samplers that go down a ladder, and their order."""
PATTERN = 0x2C1B3C6D
"""What seeds are crossed with to draw how the levels of a row lie, so that it has nothing to do with the levels."""


class TimeBeside(nn.Module):
    """A network that finds the time of diffusion of every place in the last channel beside the signal, from -1 to 1.

    As its own time it is always told 0: the mean of many places would tell how far sampling is, not what is asked for.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, time: Tensor, conditions: Conditions = NOTHING, circular: bool = False) -> Tensor:
        """See `networks.Network`. `time (batch,)` serves for all places where there is no such channel."""
        beside = conditions.channels
        if beside is None:
            beside = time[:, None, None].expand(-1, 1, x.shape[-1])
        estimate: Tensor = self.network(
            x, torch.zeros_like(time), replace(conditions, channels=2 * beside - 1), circular
        )
        return estimate


class AutoregressiveDiffusion(DiffusionModel):
    """A denoiser of windows in which every chunk has a noise level of its own.

    A training crop is one window of `autoregressive.chunks` chunks; how long these are is taken from it and kept in the
    buffer `chunk` (samples; 0 before training).
    """

    controls = tuple(name for name in DiffusionModel.controls if name != "loop")
    chunk: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.register_buffer("chunk", torch.tensor(0))

    def set_denoiser(self, *, channels: int, context: int, vector: int) -> None:
        """One channel more, which tells the level of every place."""
        super().set_denoiser(channels=channels + 1, context=context, vector=vector)
        self.denoiser = Denoiser(TimeBeside(self.denoiser.network), self.config.noise.objective)

    def capabilities(self) -> frozenset[Capability]:
        """New sound of any length, and how given sound goes on."""
        return frozenset({"generate", "continue"})

    def learn(self, batch: Batch, dropped: Tensor) -> tuple[Tensor, Conditions, dict[str, Tensor]]:
        """See `DiffusionModel.learn`. ValueError for sound that is no whole number of chunks."""
        samples, chunks = batch.audio.shape[-1], self.config.autoregressive.chunks
        if samples % chunks:
            raise ValueError(f"{samples} samples are not {chunks} chunks of equal length")
        self.chunk.fill_(samples // chunks)
        return super().learn(batch, dropped)

    def levels(self, seeds: Tensor, clean: Tensor) -> Tensor:
        """Noise levels `(batch, 1, time)`, one for each chunk of each row.

        In half of the rows each is drawn by itself (Diffusion Forcing, arXiv 2407.01392); in the others they rise from
        chunk to chunk, behind up to half a window of clean ones: what is met in sampling.
        """
        count = self.config.autoregressive.chunks
        own = seeds.cpu()
        sigma = torch.stack([draw_sigma(own ^ (number << 40), self.config.noise) for number in range(count)], 1)
        chance = sample_uniform(own ^ PATTERN, ())[:, None]
        given = (chance * (count // 2 + 1)).floor()
        rising = sigma.sort(1).values * (torch.arange(count) >= given)
        chosen = torch.where(chance < 0, sigma, rising)
        return chosen.repeat_interleave(clean.shape[-1] // count, 1)[:, None].to(clean.device)

    @torch.no_grad()
    def preview(self, batch: Batch) -> Mapping[str, list[Tensor]]:
        """Held-out sound, and how its first half goes on."""
        samples = batch.audio.shape[-1]
        half = batch.audio[..., : samples // 2]
        continued = self.continue_from(half, samples / self.sample_rate, batch.seeds)
        return {"input": list(batch.audio), "continued": list(continued)}

    @torch.no_grad()
    def generate(self, count: int, seconds: float, seeds: Seeds, **wishes: Any) -> Tensor:
        """New sounds `(count, channels, seconds * rate)` of any length; sound i follows from `seeds[i]` alone.

        Those that would peak beyond full scale are turned down to it. Memory does not grow with the length, but for the
        sound itself. `wishes` are `Controls`. UserError for what this model cannot do.
        """
        if count != len(seeds):
            raise UserError(f"seeds must name one seed for each of the {count} sounds, not {len(seeds)}.")
        samples = whole_samples(seconds, self.sample_rate)
        nothing = torch.empty(count, self.channels, 0, device=self.device)
        audio = self._after(nothing, samples, seeds, self._controls(wishes))
        return audio / audio.abs().amax((1, 2), keepdim=True).clamp(min=1.0)

    @torch.no_grad()
    def continue_from(self, audio: Tensor, seconds: float, seeds: Seeds, **wishes: Any) -> Tensor:
        """`audio (1 | count, channels, time)` bit by bit, and how it goes on, `seconds` in all, one for each seed.

        The model hears the last half window of what is given. UserError where `seconds` is no longer than that sound.
        """
        if not audio.shape[-1] or len(audio) not in (1, len(seeds)):
            raise UserError(
                f"The sound must be (1 or {len(seeds)}, channels, time) with at least 1 sample, not "
                f"{tuple(audio.shape)}."
            )
        given = self.fitting(audio.to(self.device)).expand(len(seeds), -1, -1)
        samples = whole_samples(seconds, self.sample_rate) - given.shape[-1]
        if samples < 1:
            raise UserError(
                f"seconds is the whole length and must be more than the "
                f"{given.shape[-1] / self.sample_rate:.2f} s that are given, not {seconds:g}."
            )
        return torch.cat([given, self._after(given, samples, seeds, self._controls(wishes))], -1)

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers."""
        chunks = self.config.autoregressive.chunks
        return {**super().facts(), "chunks": chunks, "chunk_seconds": int(self.chunk) / self.sample_rate}

    def _after(self, given: Tensor, samples: int, seeds: Seeds, controls: Controls) -> Tensor:
        """So many samples of new sound that come after what is given."""
        chunk = self._chunk()
        ladder = self._ladder(chunk, controls)
        count = ceil(samples / chunk)
        before = self.domain.normalise(self.domain.enter(_whole_chunks(given, chunk, ladder.kept)))
        denoise = self._denoise(given, samples, controls, ladder.evaluations(count))
        noise = seeded_noise(seeds, (self.domain.width, chunk), self.device)
        signal = torch.cat(list(islice(ladder.chunks_after(denoise, noise, before), count)), -1)
        return self.domain.leave(self.domain.restore(signal), samples)

    def _ladder(self, chunk: int, controls: Controls) -> Ladder:
        """The steps asked for, rounded up to a multiple of the rungs."""
        sampling = controls.sampling(self.config.sampling)
        if sampling.sampler not in ORDERS:
            raise UserError(f"Chunk after chunk is sampled by {' or '.join(ORDERS)}, not by {sampling.sampler}.")
        chunks = self.config.autoregressive.chunks
        rungs = chunks - chunks // 2
        levels = noise_levels(replace(sampling, steps=ceil(sampling.steps / rungs) * rungs))
        return Ladder(chunk, chunks, tuple(levels.tolist()), ORDERS[sampling.sampler])

    def _denoise(self, given: Tensor, samples: int, controls: Controls, total: int) -> PlacedDenoise:
        """The denoiser under what is asked for, where `samples` follow those given; it is asked `total` times.

        Whether guidance acts, the highest level of a window says.
        """
        before, done = given.shape[-1], 0
        asked = self.conditioner.asked(controls, len(given), (before + samples) / self.sample_rate, self.device)
        unsaid = self.conditioner.unsaid(controls.negative, len(given), self.device)
        sampling = controls.sampling(self.config.sampling)

        def denoise(x: Tensor, sigma: Tensor, first: int) -> Tensor:
            def placed(x: Tensor, _: Tensor, conditions: Conditions, circular: bool) -> Tensor:
                return self.denoiser(x, sigma.repeat(len(x) // len(sigma), 1, 1), conditions, circular)

            nonlocal done
            begins = max(0, before + first * self._chunk()) / self.sample_rate
            told = self.conditioner.beginning(asked, begins)
            clean = self.guided(told, unsaid, sampling, denoise=placed)(x, sigma.amax((1, 2)))
            done += 1
            controls.show(done, total)
            return clean

        return denoise

    def _chunk(self) -> int:
        chunk = int(self.chunk)
        if not chunk:
            raise UserError("This model does not know yet how long its chunks are; train it first.")
        return chunk

    def _controls(self, wishes: Mapping[str, Any]) -> Controls:
        controls = checked_controls(wishes, self.config.sampling)
        if controls.loop:
            raise UserError("Chunk after chunk goes on without end and makes no loop; leave --loop out.")
        return controls


def _whole_chunks(audio: Tensor, chunk: int, most: int) -> Tensor:
    """The last whole chunks of `audio`, `most` of them at most; what is shorter than one, behind silence."""
    samples = audio.shape[-1]
    if not samples or not most:
        return audio[..., :0]
    if samples < chunk:
        return nn.functional.pad(audio, (chunk - samples, 0))
    return audio[..., samples - min(most, samples // chunk) * chunk :]
