"""A DATA folder: index.json and shards of raw samples, mapped into memory."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tritone.data.captions import caption
from tritone.data.lazy import read_source
from tritone.data.measure import SILENT_PEAK
from tritone.errors import UserError

FORMAT = 1
"""Version of the folder's layout; a reader refuses a newer one."""

INT16_STEP = np.float32(1 / 32768)


@dataclass(frozen=True)
class Item:
    """A stretch of sound: a file, or a loop cut from one. `frames` and `offset` count at the dataset's rate.

    The sound lies in shard number `shard` from `offset` on, or (lazy: `shard` is -1) in the file `source`, whose path
    is relative to the DATA folder. `loop` items lead from their last sample into their first and are read circularly.
    """

    name: str
    split: str
    frames: int
    shard: int = -1
    offset: int = 0
    source: str = ""
    loop: bool = False
    bpm: float | None = None
    bars: float | None = None
    label: str = ""
    caption: str = ""


class Dataset:
    """Prepared sound, or the latents of some (data/latents.py), of which a frame stands for `ratio` samples and which
    `rest`, the latent of silence, surrounds. Open with `Dataset.open(path)`.
    """

    def __init__(self, path: Path, index: dict[str, Any]) -> None:
        options = index["options"]
        self.path = path
        self.sample_rate: int = options["sample_rate"]
        self.channels: int = options["channels"]
        self.dtype: str = options["dtype"]
        self.lazy: bool = options["lazy"]
        self.beats_per_bar: int = options.get("beats_per_bar", 4)
        self.ratio: int = options.get("ratio", 1)
        self.rest = np.array(options.get("rest", [0.0]), np.float32)[:, None]
        self.summary: dict[str, Any] = index["summary"]
        self.items = tuple(Item(**item) for item in index["items"])
        if any(type(number) is not int or number < 1 for number in (self.sample_rate, self.channels, self.ratio)):
            raise TypeError("rate, channels and ratio are whole numbers")
        if np.dtype(self.dtype).kind not in "if" or not np.dtype(self.dtype).itemsize:
            raise TypeError("sound is stored in numbers")
        self._shards = [self._map(shard) for shard in index["shards"]]
        for item in self.items:
            self._check(item)

    @classmethod
    def open(cls, path: Path | str) -> "Dataset":
        """The dataset in a folder that `prepare` wrote.

        Raises UserError where it is not such a folder, of a newer format, or a shard is missing or cut short.
        """
        path = Path(path)
        try:
            return cls(path, load_index(path))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(
                f"{path / 'index.json'} is not an index that tritone prepare wrote; run tritone prepare again."
            ) from error

    def split(self, name: str) -> tuple[Item, ...]:
        """The items of "train" or "validation". Raises UserError where there are none."""
        items = self._splits.get(name, ())
        if not items:
            raise UserError(
                f"{self.path} has no sound in its {name} split; prepare more files, or another --validation."
            )
        return items

    def seconds(self, split: str) -> float:
        """Seconds of sound in a split."""
        return sum(item.frames for item in self._splits.get(split, ())) * self.ratio / self.sample_rate

    def read(self, item: Item, start: int, frames: int, out: np.ndarray | None = None) -> np.ndarray:
        """Samples `start` to `start + frames` of an item as float32 `(channels, frames)`, into `out` if given.

        A loop is read circularly; of other items whatever lies before the first or after the last sample is silence.
        """
        if out is None:
            out = np.empty((self.channels, frames), np.float32)
        if item.loop:
            at = 0
            while at < frames:
                position = (start + at) % item.frames
                size = min(frames - at, item.frames - position)
                self._fill(item, position, out[:, at : at + size])
                at += size
            return out
        first, last = max(start, 0), min(start + frames, item.frames)
        if first >= last:
            out[:] = self.rest
            return out
        out[:, : first - start] = self.rest
        out[:, last - start :] = self.rest
        self._fill(item, first, out[:, first - start : last - start])
        return out

    def audible(self, item: Item) -> bool:
        """Whether there is anything to hear in an item (a sample above -70 dBFS)."""
        return bool(np.abs(self.read(item, 0, item.frames)).max(initial=0.0) >= SILENT_PEAK)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels that items have, sorted; `Batch.labels` counts in it."""
        return tuple(sorted({item.label for item in self.items} - {""}))

    @cached_property
    def label_numbers(self) -> dict[str, int]:
        """Where each label stands in `labels`; an item without one is number -1."""
        return {"": -1, **{label: number for number, label in enumerate(self.labels)}}

    @cached_property
    def captions(self) -> tuple[str, ...]:
        """The captions that items have, sorted; `Batch.captions` counts in it. An item without a note beside its file
        is described by the words in the names of its file and folders.
        """
        return tuple(sorted(set(self._texts.values()) - {""}))

    @cached_property
    def caption_numbers(self) -> dict[Item, int]:
        """Where the caption of each item stands in `captions`; an item without one has number -1."""
        numbers = {"": -1, **{text: number for number, text in enumerate(self.captions)}}
        return {item: numbers[text] for item, text in self._texts.items()}

    @cached_property
    def _texts(self) -> dict[Item, str]:
        return {item: caption(item.caption, item.name) for item in self.items}

    @cached_property
    def _splits(self) -> dict[str, tuple[Item, ...]]:
        names = dict.fromkeys(item.split for item in self.items)
        return {name: tuple(item for item in self.items if item.split == name) for name in names}

    def _fill(self, item: Item, start: int, out: np.ndarray) -> None:
        first = item.offset + start
        if item.shard < 0:
            out[:] = read_source(self.path / item.source, self.sample_rate, self.channels, first, out.shape[1])
            return
        samples = self._shards[item.shard][:, first : first + out.shape[1]]
        out[:] = samples
        if samples.dtype == np.int16:
            out *= INT16_STEP

    def _check(self, item: Item) -> None:
        """TypeError where an item is not made of what `Item` says, UserError where its sound is not there."""
        numbers, words = (item.frames, item.offset, item.shard), (item.name, item.split, item.source, item.label)
        if any(type(number) is not int for number in numbers) or any(type(word) is not str for word in words):
            raise TypeError("an item is not made of whole numbers and words")
        lazy = item.shard == -1
        shard = np.empty((1, 0)) if lazy or not 0 <= item.shard < len(self._shards) else self._shards[item.shard]
        if item.frames < 1 or item.offset < 0 or not (lazy or item.offset + item.frames <= shard.shape[1]):
            raise UserError(
                f"{self.path / 'index.json'} says that {item.name!r} lies where no sound is; run tritone prepare again."
            )

    def _map(self, shard: dict[str, Any]) -> np.ndarray:
        """The shard as an array `(channels, frames)`."""
        if Path(shard["file"]).is_absolute() or ".." in Path(shard["file"]).parts:
            raise UserError(
                f"{self.path / 'index.json'} names {shard['file']}, which lies outside of the folder; do not use it."
            )
        path = self.path / shard["file"]
        if not path.is_file():
            raise UserError(f"{path} is missing; copy the whole DATA folder again, or run tritone prepare again.")
        size = path.stat().st_size
        if size < shard["bytes"]:
            raise UserError(
                f"{path} is cut short ({size} of {shard['bytes']} bytes); copy it again, or run tritone prepare again."
            )
        samples = np.memmap(path, dtype=np.dtype(self.dtype).newbyteorder("<"), mode="r")
        whole = len(samples) // self.channels * self.channels
        return np.asarray(samples)[:whole].reshape(-1, self.channels).T


def load_index(path: Path) -> dict[str, Any]:
    """What index.json of a DATA folder says. Raises UserError where there is none that this version can read."""
    file = path / "index.json"
    if not path.is_dir():
        raise UserError(f"{path} is not a folder; give the DATA folder that tritone prepare wrote.")
    if not file.is_file():
        raise UserError(
            f"{path} is not a DATA folder (no finished index.json in it); run tritone prepare SOUND --out {path}."
        )
    try:
        index = json.loads(file.read_text("utf-8"))
        version = int(index["format"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{file} is not an index that tritone prepare wrote; run tritone prepare again.") from error
    if version > FORMAT:
        raise UserError(
            f"{path} was written by a newer Tritone (format {version}, this one reads {FORMAT}); update Tritone."
        )
    return index
