"""The real sound of a comparison: what was held out, and what was trained on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tritone.data.store import Dataset, Item
from tritone.errors import UserError
from tritone.judge.clips import Clip, Clips, clips_of_dataset, clips_of_folder
from tritone.play.sound import find_sounds
from tritone.signal.files import audio_info

HELD_OUT, TRAINING = 256, 512
"""Sounds of each part that are measured at most, spread evenly. Copies are looked for among all training sound."""


@dataclass(frozen=True)
class Material:
    """Real sound at one rate."""

    path: Path
    held_out: Clips
    """What no model has heard, as far as the reference knows."""
    training: Clips | None
    """Some of the training part; None for a plain folder."""
    dataset: Dataset | None
    seconds: float | None
    """Length of the pieces that sound which is no loop is cut into."""

    @property
    def rate(self) -> int:
        """Samples a second."""
        return self.held_out.rate

    @property
    def channels(self) -> int:
        """1 or 2."""
        return self.held_out.clips[0].audio.shape[0]

    def every_training_sound(self) -> Iterator[Clip]:
        """All training sound, whole, one after the other."""
        for item in self.dataset.split("train") if self.dataset else ():
            yield self._clip(item, 0, item.frames)

    def training_sound(self, name: str, start: float, seconds: float) -> Clip:
        """From `start` seconds on: a loop, once round, or at most so many `seconds` of another training sound."""
        assert self.dataset is not None
        item = next(item for item in self.dataset.split("train") if item.name == name)
        first = round(start * self.rate)
        if item.loop:
            return self._clip(item, first % item.frames, item.frames)
        first = min(max(0, first), item.frames - 1)
        return self._clip(item, first, max(1, min(round(seconds * self.rate), item.frames - first)))

    def _clip(self, item: Item, start: int, frames: int) -> Clip:
        assert self.dataset is not None
        return Clip(item.name, self.dataset.read(item, start, frames), item.label, item.bpm, item.loop)


def open_material(path: Path, out: Path, *, seconds: float | None = 4.0) -> Material:
    """The DATA folder, or the folder of sound files, that is the reference.

    UserError where it has no held-out part, or fewer than two sounds.
    """
    if (path / "index.json").is_file() or not path.is_dir():
        dataset = Dataset.open(path)
        if dataset.ratio != 1:
            raise UserError(f"{path} holds latents, not sound; give the dataset that they were made of.")
        held_out = clips_of_dataset(dataset, "validation", name="held-out sound", count=HELD_OUT, seconds=seconds)
        training = clips_of_dataset(dataset, "train", name="training sound", count=TRAINING, seconds=seconds)
        material = Material(path, held_out, training, dataset, seconds)
    else:
        if (path / "config.yaml").is_file() and (path / "checkpoints").is_dir():
            raise UserError(f"{path} is a run, not real sound; give --reference the dataset that it learned from.")
        info = audio_info(find_sounds([path])[0])
        clips = clips_of_folder(path, info.rate, min(info.channels, 2), name="real sound", out=out)
        material = Material(path, clips, None, None, seconds)
    if len(material.held_out) < 2:
        raise UserError(f"{path} has only one held-out sound, which says nothing of others; give more.")
    return material
