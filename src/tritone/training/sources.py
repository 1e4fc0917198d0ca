"""Where the loop takes its sound from: training crops, the held-out crops of validation, and data to analyse."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from tritone.config import RunConfig
from tritone.data.batch import Batch
from tritone.data.config import AugmentConfig
from tritone.errors import UserError

ANALYSIS_CROPS = 64
"""Training crops that a family may look at before a checkpoint is written."""
PLAIN = AugmentConfig(phase_rotation=0.0, dequantise=False)
"""No augmentation."""


class Sources(Protocol):
    """All sound that a run sees. Everything is a pure function of its arguments and the run's seed."""

    sample_rate: int
    channels: int

    def batch(self, step: int, round: int, rounds: int) -> Batch:
        """Share of this process of the training crops of a step, in one of its accumulation rounds."""

    def validation(self) -> Iterable[Batch]:
        """The same held-out crops at every call, without augmentation."""

    def analysis(self) -> Iterable[Batch]:
        """The same training crops at every call, without augmentation; take as many as needed."""

    def summary(self) -> dict[str, Any]:
        """What the data is, in plain numbers and strings, for the model card."""

    def close(self) -> None:
        """Stop reading."""


class DataSources:
    """The sources of a DATA folder that `tritone prepare` wrote."""

    def __init__(self, config: RunConfig, rank: int, world: int) -> None:
        from tritone.data.loader import Loader

        from tritone.data.store import Dataset

        self._config = config.training
        self._dataset = Dataset.open(Path(config.data))
        self._loader = Loader
        self.sample_rate = self._dataset.sample_rate
        self.channels = self._dataset.channels
        self._training = self._open("train", self._config.augment, self._config.batch, rank, world)

    def batch(self, step: int, round: int, rounds: int) -> Batch:
        """See `Sources`."""
        return self._training.batch(step, round, rounds)

    def validation(self) -> Iterable[Batch]:
        """See `Sources`."""
        return self._crops("validation", self._config.validation_crops)

    def analysis(self) -> Iterable[Batch]:
        """See `Sources`."""
        return self._crops("train", ANALYSIS_CROPS)

    def summary(self) -> dict[str, Any]:
        """See `Sources`."""
        return dict(self._dataset.summary)

    def close(self) -> None:
        """See `Sources`."""
        self._training.close()

    def _crops(self, split: str, count: int) -> Iterable[Batch]:
        size = min(count, max(1, self._config.batch // self._config.accumulate))
        loader = self._open(split, PLAIN, size, 0, 1)
        try:
            for step in range(-(-count // size)):
                batch = loader.batch(step, 0, 1)
                left = min(size, count - step * size)
                yield replace(batch, audio=batch.audio[:left], seeds=batch.seeds[:left])
        finally:
            loader.close()

    def _open(self, split: str, augment: AugmentConfig, batch: int, rank: int, world: int) -> Any:
        return self._loader(
            self._dataset,
            split,
            crop_samples=self._config.crop_samples,
            seed=self._config.seed,
            augment=augment,
            batch=batch,
            rank=rank,
            world=world,
            workers=self._config.workers,
        )


def check_split(config: RunConfig, world: int) -> None:
    """UserError where the batch cannot be split evenly over processes and accumulation rounds."""
    batch, rounds = config.training.batch, config.training.accumulate
    if batch % (world * rounds):
        raise UserError(
            f"training.batch {batch} cannot be split over {world} processes and {rounds} accumulation rounds; "
            f"use a multiple of {world * rounds}."
        )


def check_sound(config: RunConfig, sources: Sources, sample_rate: int, channels: int) -> None:
    """UserError where a model is for another sample rate or channel count than the data has."""
    for name, model, data in (
        ("sample_rate", sample_rate, sources.sample_rate),
        ("channels", channels, sources.channels),
    ):
        if model != data:
            raise UserError(
                f"{config.data} was prepared with {name} {data}, but the model ({config.preset or config.family}) has "
                f"{model}; train with --model.{name} {data}, or prepare the sound again with {model}."
            )
