"""What a tagger is made of and how it learns. Importable without torch. Paper: arXiv 2006.00751."""

from dataclasses import dataclass, field, replace
from math import ceil, inf
from typing import TYPE_CHECKING

from tritone.errors import UserError
from tritone.signal.mel_config import MelConfig

if TYPE_CHECKING:
    from tritone.data.store import Dataset


@dataclass(frozen=True)
class Config:
    """A short-chunk convolutional network with residual blocks that tells the labels of a dataset apart."""

    sample_rate: int = 44_100
    """Samples a second; what the data was prepared at. The network itself works at `mel.rate`."""
    channels: int = 1
    """1 mono, 2 stereo; stereo is mixed to mono before it is looked at."""
    labels: tuple[str, ...] = ()
    """The labels, in the order of the outputs; filled in from the data when training starts."""
    shares: tuple[float, ...] = ()
    """Share of each label in the labelled sound for training; filled in likewise."""
    mel: MelConfig = field(default_factory=lambda: MelConfig(rate=16_000, mels=128, window=512, hop=256))
    """The spectrogram that the network sees, of sound resampled to `mel.rate`."""
    window_frames: int = 128
    """Frames that are looked at together; longer sounds are cut into such windows and averaged."""
    widths: tuple[int, ...] = (64, 64, 128, 128, 128, 256)
    """Channels of the residual blocks, each of which halves bands and frames; at least four."""
    hidden: int = 256
    """Dimensions of the layer before the labels, which is the embedding."""
    dropout: float = 0.5
    """Share of the embedding that is left out at random in training."""
    smoothing: float = 0.05
    """Share of certainty that is spread over all labels in training."""
    balance: float = 1.0
    """How far rare labels count more: 0 every second of sound counts the same, 1 every label does."""
    weights: dict[str, float] = field(default_factory=lambda: {"classification": 1.0})
    """Weight of the loss."""
    learning_rate: float = 1e-3
    """AdamW learning rate."""
    warmup: int = 100
    """Steps over which the learning rate rises from 0."""
    weight_decay: float = 0.01
    """AdamW's decay of the weights."""
    betas: tuple[float, float] = (0.9, 0.99)
    """AdamW's moments."""

    reading = "crops"

    def __post_init__(self) -> None:
        if problems := [*self._too_small(), *self._out_of_range()]:
            raise UserError("model: " + "; ".join(problems) + ".")

    def check_crop(self, samples: int) -> None:
        """UserError where training crops of so many samples are too short for one spectrum."""
        least = ceil(self.mel.window * self.sample_rate / self.mel.rate)
        if samples < least:
            raise UserError(f"training.crop_samples must be at least {least} for this model, not {samples}.")

    def _too_small(self) -> list[str]:
        numbers = (
            ("sample_rate", self.sample_rate, 1), ("window_frames", self.window_frames, 1),
            ("widths", min(self.widths, default=0), 1), ("hidden", self.hidden, 1), ("warmup", self.warmup, 0),
        )  # fmt: skip
        problems = [f"{name} must be at least {least}, not {value}" for name, value, least in numbers if value < least]
        if len(self.widths) < 4:
            problems.append(f"widths must name at least four blocks, not {len(self.widths)}")
        if len(self.shares) != len(self.labels):
            problems.append(f"shares must have one number for each of {len(self.labels)} labels")
        return problems

    def _out_of_range(self) -> list[str]:
        problems = []
        if self.channels not in (1, 2):
            problems.append(f"channels must be 1 (mono) or 2 (stereo), not {self.channels}")
        for name in ("dropout", "smoothing"):
            if not 0 <= getattr(self, name) < 1:
                problems.append(f"{name} must lie in [0, 1), not {getattr(self, name)}")
        if not 0 <= self.balance <= 1:
            problems.append(f"balance must lie between 0 and 1, not {self.balance}")
        if not 0 < self.learning_rate < inf:
            problems.append(f"learning_rate must be a number above 0, not {self.learning_rate}")
        if not 0 <= self.weight_decay < inf:
            problems.append(f"weight_decay must be 0 or more, not {self.weight_decay}")
        if not all(0 <= beta < 1 for beta in self.betas):
            problems.append(f"betas must lie in [0, 1), not {list(self.betas)}")
        return problems


def complete(config: Config, dataset: "Dataset") -> Config:
    """The configuration with the labels of the data and their shares filled in.

    UserError where the sound for training has fewer than two labels, or the held-out sound none.
    """
    seconds = dict.fromkeys(dataset.labels, 0)
    for item in dataset.split("train"):
        if item.label:
            seconds[item.label] += item.frames
    heard = sum(count > 0 for count in seconds.values())
    if heard < 2:
        raise UserError(
            f"{dataset.path} has {heard or 'no'} label{'' if heard == 1 else 's'} in its train split, but a tagger "
            "needs at least two; sort the sound into one folder for each label, or write notes NAME.json with "
            'a "label" beside the files, and run tritone prepare again.'
        )
    if not any(item.label for item in dataset.split("validation")):
        raise UserError(
            f"{dataset.path} has no labelled sound in its validation split, by which a tagger is judged; label more of "
            "the sound and run tritone prepare again."
        )
    total = sum(seconds.values())
    return replace(config, labels=tuple(seconds), shares=tuple(count / total for count in seconds.values()))
