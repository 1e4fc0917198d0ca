"""Sounds to be judged: of a folder of files from any system, or of a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tritone.data.scan import scan
from tritone.data.store import Dataset, Item
from tritone.errors import UserError
from tritone.play.loop_tempo import said_tempo
from tritone.signal.channels import mix
from tritone.signal.files import read_audio
from tritone.signal.loop_chunks import read_loop_chunks
from tritone.signal.resample import resample

METER = 4
"""Beats of a bar, where nothing says otherwise."""


@dataclass(frozen=True)
class Clip:
    """One sound, at the rate of the `Clips` that it is one of."""

    name: str
    """Unique among its clips: a file's path below the folder, or an item's name in a dataset."""
    audio: NDArray[np.float32]
    """`(channels, time)`, at least one sample, finite; not clipped to [-1, 1]."""
    label: str = ""
    bpm: float | None = None
    loop: bool = False
    """Whether the last sample should lead into the first."""
    path: Path | None = None
    """The file, where there is one."""


@dataclass(frozen=True)
class Clips:
    """Sounds of one origin, all at one rate, under the name that a report gives them."""

    name: str
    rate: int
    clips: tuple[Clip, ...]

    def __len__(self) -> int:
        return len(self.clips)


def clips_of_folder(
    folder: Path, rate: int, channels: int, *, name: str = "", loops: bool | None = None, out: Path | None = None
) -> Clips:
    """The sound files below `folder`, in the order of their names, at `rate` and with `channels` (1 or 2).

    A file is a loop where its chunks have loop points, or all are, or none, as `loops` says. UserError where nothing
    can be read; `out` is where results go, which may not lie inside.
    """
    sources, skipped = scan([folder], out or Path(folder).absolute().parent / ".none")
    clips = []
    for source in sources:
        audio, own = read_audio(source.path)
        if not audio.shape[-1]:
            continue
        audio = resample(mix(audio, channels), own, rate)
        seconds = audio.shape[-1] / rate
        loop = read_loop_chunks(source.path).end is not None if loops is None else loops
        tempo = said_tempo(source.path, seconds, METER)
        clips.append(Clip(source.name, audio, source.label, tempo, loop, source.path))
    if not clips:
        reason = f" ({skipped[0].name}: {skipped[0].reason})" if skipped else ""
        raise UserError(f"There is no sound in {folder}{reason}; name a folder of audio files.")
    return Clips(name or Path(folder).name, rate, tuple(clips))


def clips_of_dataset(
    dataset: Dataset, split: str, *, name: str = "", count: int | None = None, seconds: float | None = None
) -> Clips:
    """Audible sound of "train" or "validation": loops whole, other items cut into pieces of `seconds` (or whole).

    At most `count` clips, spread evenly over the split, so that the choice follows from the data alone.
    """
    found = [
        (item, start, frames) for item in dataset.split(split) for start, frames in _pieces(dataset, item, seconds)
    ]
    if count is not None and len(found) > count:
        found = [found[number * len(found) // count] for number in range(count)]
    clips = []
    for item, start, frames in found:
        audio = dataset.read(item, start, frames)
        if np.abs(audio).max(initial=0.0) > 0:
            named = item.name if frames == item.frames else f"{item.name} at {start / dataset.sample_rate:.2f} s"
            clips.append(Clip(named, audio, item.label, item.bpm, item.loop))
    return Clips(name or split, dataset.sample_rate, tuple(clips))


def _pieces(dataset: Dataset, item: Item, seconds: float | None) -> Sequence[tuple[int, int]]:
    """Begin and length of the pieces of an item, in samples."""
    size = item.frames if item.loop or seconds is None else round(seconds * dataset.sample_rate)
    if size >= item.frames:
        return [(0, item.frames)]
    return [(start, size) for start in range(0, item.frames - size + 1, size)]
