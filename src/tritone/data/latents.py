"""The latents of a dataset, in the format of a DATA folder: an index, and shards of float16 `(frames, dims)`.

Every item stands for one of the sound's, with the same name, split, label, caption, tempo and bars; `frames` are latent
frames. Latents are those of the sound as it was prepared: what a waveform could be changed by from step to step (phase,
level, speed) they do not follow.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from math import ceil
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tritone.data.shards import FOLDER, SHARD_BYTES, ShardWriter
from tritone.data.store import FORMAT, Dataset, Item
from tritone.errors import UserError
from tritone.signal.periodic import resample_periodic
from tritone.signal.windows import windows

WINDOW_SECONDS = 30
"""Sound is encoded so much at a time."""
DTYPE = "float16"

Show = Callable[[int, int], None]
"""Told how many seconds of sound are done, and of how many."""
_Place = tuple[int, int, int]


@dataclass(frozen=True)
class Encoder:
    """What makes latents."""

    encode: Callable[[Tensor], Tensor]
    """Sound `(1, channels, samples)`, a whole number of frames, to latents `(1, dims, frames)`: at least as many."""
    dims: int
    ratio: int
    """Samples for one frame."""
    context: int
    """How many frames on either side a frame can depend on."""


def write_latents(
    folder: Path, dataset: Dataset, encoder: Encoder, show: Show, about: dict[str, str], limit: int = SHARD_BYTES
) -> None:
    """Encode all items of `dataset` into the empty folder `folder`; `about` goes into the summary.

    Memory does not grow with the length of the sound. UserError where latents are not finite.
    """
    writer = ShardWriter(folder, DTYPE, encoder.dims, (), limit)
    size = ceil(WINDOW_SECONDS * dataset.sample_rate / encoder.ratio)
    sounds = {_sound(item): item for item in dataset.items}
    total = sum(item.frames for item in sounds.values()) // dataset.sample_rate
    done = 0
    known: dict[tuple[object, ...], list[_Place]] = {}
    for sound, item in sounds.items():
        for part in _encoded(dataset, item, encoder, size):
            _append(writer, part, known.setdefault(sound, []))
            done += len(part) * encoder.ratio
            show(min(done // dataset.sample_rate, total), total)
    items = [each for item in dataset.items for each in _items(item, known[_sound(item)])]
    ends = [0] * (1 + max(item.shard for item in items))
    for item in items:
        ends[item.shard] = max(ends[item.shard], item.offset + item.frames)
    index = {
        "format": FORMAT,
        "options": {
            "sample_rate": dataset.sample_rate, "channels": encoder.dims, "dtype": DTYPE, "lazy": False,
            "beats_per_bar": dataset.beats_per_bar, "ratio": encoder.ratio, "rest": _rest(dataset, encoder),
        },
        "summary": {**dataset.summary, **about},
        "shards": [
            {"file": f"{FOLDER}/{number:05d}.pcm", "bytes": end * encoder.dims * np.dtype(DTYPE).itemsize}
            for number, end in enumerate(ends)
        ],
        "items": [asdict(item) for item in items],
    }  # fmt: skip
    (folder / "index.json").write_text(json.dumps(index) + "\n", "utf-8")


def _encoded(dataset: Dataset, item: Item, encoder: Encoder, size: int) -> Iterator[np.ndarray]:
    """Latents `(frames, dims)` of an item, in order, `size` frames at a time; a loop in one piece."""
    if item.loop:
        parts = iter([np.concatenate(list(_loop(dataset, item, encoder, size)))])
    else:
        parts = _stretch(dataset, item, encoder, size)
    for part in parts:
        if not np.isfinite(part).all():
            raise UserError(f"The latents of {item.name} are not finite; train the model that encodes it anew.")
        yield part


def _stretch(dataset: Dataset, item: Item, encoder: Encoder, size: int) -> Iterator[np.ndarray]:
    ratio, total = encoder.ratio, max(1, -(-item.frames // encoder.ratio))
    for window in windows(total, size, encoder.context):
        seen = dataset.read(item, window.first * ratio, (window.last - window.first) * ratio)
        keep = None if window.stop == total else window.stop - window.first
        yield _frames(encoder, torch.from_numpy(seen))[window.start - window.first : keep]


def _loop(dataset: Dataset, item: Item, encoder: Encoder, size: int) -> Iterator[np.ndarray]:
    """The loop as a period of a whole number of frames, each seen with what lies around it on the circle."""
    ratio, total = encoder.ratio, max(1, round(item.frames / encoder.ratio))
    period = resample_periodic(torch.from_numpy(dataset.read(item, 0, item.frames)), total * ratio)
    for start in range(0, total, size):
        stop = min(total, start + size)
        places = torch.arange((start - encoder.context) * ratio, (stop + encoder.context) * ratio) % (total * ratio)
        yield _frames(encoder, period[:, places])[encoder.context : encoder.context + stop - start]


def _frames(encoder: Encoder, audio: Tensor) -> np.ndarray:
    """Latents `(frames, dims)` of sound `(channels, samples)`."""
    return encoder.encode(audio[None])[0].T.cpu().numpy().astype(DTYPE)


def _rest(dataset: Dataset, encoder: Encoder) -> list[float]:
    """The latent of silence that is long enough to have no ends."""
    silence = torch.zeros(dataset.channels, (2 * encoder.context + 1) * encoder.ratio)
    return [float(value) for value in _frames(encoder, silence)[encoder.context]]


def _append(writer: ShardWriter, latents: np.ndarray, places: list[_Place]) -> None:
    """Write latents, and note where they lie behind those of the same sound."""
    for shard, offset, frames in writer.append(latents):
        last = places[-1] if places else (-1, 0, 0)
        if (last[0], last[1] + last[2]) == (shard, offset):
            places[-1] = (shard, last[1], last[2] + frames)
        else:
            places.append((shard, offset, frames))


def _sound(item: Item) -> tuple[object, ...]:
    """Equal for items that are the same sound (in both splits)."""
    return item.shard, item.offset, item.source, item.frames, item.loop


def _items(item: Item, places: list[_Place]) -> list[Item]:
    """The item at its places; of several each is an item of its own."""
    names = [item.name] if len(places) == 1 else [f"{item.name}#{number}" for number in range(1, len(places) + 1)]
    return [
        replace(item, name=name, shard=shard, offset=offset, frames=frames, source="")
        for name, (shard, offset, frames) in zip(names, places, strict=True)
    ]
