"""Where the loop takes its sound from: training crops, the held-out crops of validation, and data to analyse."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tritone.config import RunConfig
from tritone.data.batch import Batch
from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.data.store import Dataset

ANALYSIS_CROPS = 64
"""Training crops that a family may look at before a checkpoint is written."""


class Sources(Protocol):
    """All sound that a run sees. Everything is a pure function of its arguments and the run's seed."""

    sample_rate: int
    channels: int

    def batch(self, step: int, round: int, rounds: int) -> Batch:
        """Share of this process of the training crops of a step, in one of its accumulation rounds."""

    def validation(self, count: int) -> Iterable[Batch]:
        """The same held-out crops at every call, without augmentation: `count`, or all loops where there are fewer."""

    def analysis(self) -> Iterable[Batch]:
        """The same training crops at every call and however many processes there are, without augmentation."""

    def summary(self) -> dict[str, Any]:
        """What the data is, in plain numbers and strings, for the model card."""

    def close(self) -> None:
        """Stop reading."""


class DataSources:
    """The sources of a DATA folder that `tritone prepare` wrote, in crops or whole loops, as the model reads them.

    A model of latents reads crops of those instead (`config.model.latents` is their folder below DATA). Sound that is
    encoded already cannot be changed in phase, level or speed, so `training.augment` has no effect there.
    """

    def __init__(self, config: RunConfig, rank: int, world: int) -> None:
        from tritone.data.loader import Loader
        from tritone.data.store import Dataset

        training = config.training
        self._dataset = Dataset.open(Path(config.data))
        self.sample_rate = self._dataset.sample_rate
        self.channels = self._dataset.channels
        latents = getattr(config.model, "latents", None)
        dataset = Dataset.open(self._dataset.path / latents) if latents else self._dataset
        common: dict[str, Any] = {
            "dataset": dataset, "split": "train", "crop_samples": crop_frames(training.crop_samples, dataset.ratio),
            "reading": config.model.reading,
        }  # fmt: skip
        self._batch, self._rounds = training.batch, world * training.accumulate
        self._size = max(1, training.batch // self._rounds)
        self._plain = partial(Loader, **common, seed=training.seed, augment=None, batch=training.batch)
        self._loader = Loader(
            **common,
            seed=training.seed,
            augment=None if latents else training.augment,
            batch=training.batch // world,
            rank=rank,
            world=world,
            workers=training.workers,
        )

    def batch(self, step: int, round: int, rounds: int) -> Batch:
        """See `Sources`."""
        return self._loader.batch(step, round, rounds)

    def validation(self, count: int) -> Iterable[Batch]:
        """See `Sources`."""
        return self._loader.validation_batches(self._size, count)

    def analysis(self) -> Iterable[Batch]:
        """See `Sources`."""
        with self._plain() as loader:
            for step in range(max(1, ANALYSIS_CROPS // self._batch)):
                yield from (loader.batch(step, part, self._rounds) for part in range(self._rounds))

    def summary(self) -> dict[str, Any]:
        """See `Sources`."""
        return dict(self._dataset.summary)

    def close(self) -> None:
        """See `Sources`."""
        self._loader.close()


def crop_frames(samples: int, ratio: int) -> int:
    """Frames of a training crop, each of `ratio` samples. UserError where there is hardly one."""
    if samples < 2 * ratio:
        raise UserError(
            f"training.crop_samples {samples} is too short: a frame of latents stands for {ratio} samples; "
            f"give at least --training.crop_samples {32 * ratio}."
        )
    return samples // ratio


def check_split(config: RunConfig, world: int) -> None:
    """UserError where the batch cannot be split evenly over processes and accumulation rounds."""
    batch, rounds = config.training.batch, config.training.accumulate
    if batch % (world * rounds):
        raise UserError(
            f"training.batch {batch} cannot be split over {world} processes and {rounds} accumulation rounds; "
            f"use a multiple of {world * rounds}."
        )


def check_sound(config: RunConfig, sources: "Sources | Dataset", sample_rate: int, channels: int) -> None:
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
