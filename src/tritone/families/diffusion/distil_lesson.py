"""What a student is asked: sounds under noise, and what is told of them, rightly and wrongly."""

from dataclasses import dataclass, replace
from math import log
from pathlib import Path

import torch
from torch import Tensor

from tritone.data.batch import Batch
from tritone.families.diffusion.conditioner import left_out
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.diffusion_model import DiffusionModel
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.samplers import start_noise
from tritone.nn.noise import sample_normal, sample_uniform
from tritone.nn.text.table import TokenTable

NOISE, LEVEL, DROP, WRONG = 0x1B56C4E9, 0x2F9BE6CC, 0x4A3B1D97, 0x53C5CA59
"""What seeds are crossed with, so that what is drawn for a sound has nothing in common."""


@dataclass(frozen=True)
class Lesson:
    """Sounds under noise, and what is told of them; every row by itself."""

    seeds: Tensor
    clean: Tensor
    """Real sound `(batch, width, frames)` of unit variance."""
    noisy: Tensor
    """The same under noise of `sigma`; where that is the highest, noise alone."""
    sigma: Tensor
    """`(batch,)`."""
    told: Conditions
    unsaid: Conditions
    """What the teacher's guidance leads away from."""


class Lessons:
    """Makes lessons of batches for a student `model`."""

    def __init__(self, config: Config, model: DiffusionModel) -> None:
        if config.distil is None:
            raise ValueError("the configuration of a student has `distil`")
        self.model = model
        self.from_noise = config.distil.from_noise
        self.lowest, self.highest = config.sampling.sigma_min, config.sampling.sigma_max
        self.labels = len(config.labels)
        self.captions = len(TokenTable.load(Path(config.text_table))) if config.text_table else 0

    @property
    def can_mistake(self) -> bool:
        """Whether a sound can be told to be another kind of sound."""
        return self.labels > 1 or self.captions > 1

    def lesson(self, batch: Batch, lowest: float | None = None) -> Lesson:
        """Noise from `lowest` (that of the student's sampler) to its highest, even in log sigma; and from the highest,
        without any real sound under it, for a share `from_noise` of the rows.
        """
        model, device = self.model, batch.audio.device
        clean, told, _ = model.learn(batch, self._dropped(batch))
        chance, place = self._uniform(batch, LEVEL, 2).unbind(1)
        first = chance < self.from_noise
        low = log(self.lowest if lowest is None else lowest)
        sigma = torch.exp(low + place * (log(self.highest) - low))
        sigma = torch.where(first, self.highest, sigma)
        noise = sample_normal(batch.seeds ^ NOISE, clean.shape[1:], device)
        noisy = torch.where(
            first[:, None, None], start_noise(noise, self.highest), clean + sigma[:, None, None] * noise
        )
        everybody = torch.ones(len(batch), dtype=torch.bool, device=device)
        return Lesson(batch.seeds, clean, noisy, sigma, told, self._as_told(told, batch, everybody))

    def mistaken(self, lesson: Lesson, batch: Batch) -> Conditions:
        """What is told of a lesson's sounds, with another label or caption in the place of theirs, by chance.

        Another sound's of the batch would do, but what a row learns would then depend on how the batch is put together.
        """
        other, another = self._uniform(batch, WRONG, 2).unbind(1)
        labels, captions = _another(batch.labels, self.labels, other), _another(batch.captions, self.captions, another)
        return self._as_told(lesson.told, replace(batch, labels=labels, captions=captions), self._dropped(batch))

    def _as_told(self, told: Conditions, batch: Batch, dropped: Tensor) -> Conditions:
        """`told` with what the whole sound is said to be in `batch`."""
        said = self.model.conditioner.told(batch, dropped)
        return replace(told, vector=said.vector, tokens=said.tokens, mask=said.mask)

    def _dropped(self, batch: Batch) -> Tensor:
        return left_out(batch.seeds ^ DROP, self.model.config, batch.audio.device)

    def _uniform(self, batch: Batch, own: int, count: int) -> Tensor:
        """Numbers in [0, 1), `(batch, count)`."""
        return sample_uniform(batch.seeds ^ own, (count,), batch.audio.device) / 2 + 0.5


def _another(numbers: Tensor, count: int, chance: Tensor) -> Tensor:
    """One of the `count` - 1 other numbers, each as likely; -1 stays."""
    if count < 2:
        return numbers
    further = 1 + (chance * (count - 1)).long().clamp(max=count - 2)
    return torch.where(numbers < 0, numbers, (numbers + further) % count)
