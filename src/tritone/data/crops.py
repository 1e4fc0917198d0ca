"""Which stretch of which item a training step looks at: a pure function of (seed, step, slot)."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from tritone.data import draw
from tritone.data.augment import change_speed, samples_for_speed
from tritone.data.store import Dataset, Item


class Crops:
    """Random crops of one split.

    An item is chosen in proportion to the number of its crops: a long one by its length, one that is shorter than a
    crop as if it were one crop long. Short items come whole, with zeros around them; loops are read circularly.
    """

    circular = False

    def __init__(self, dataset: Dataset, split: str, crop_samples: int, seed: int) -> None:
        self.dataset = dataset
        self.items = dataset.split(split)
        self.row_samples = crop_samples
        self.seed = seed
        weights = (max(crop_samples, positions(item, crop_samples)) for item in self.items)
        self._ends = list(accumulate(weights))

    def crop(self, step: int, slot: int, out: np.ndarray | None = None, samples: int | None = None) -> np.ndarray:
        """Crop number `slot` (counted over all processes) of a step, float32 `(channels, row_samples)`.

        `samples` asks for another length (for a change of pitch); the item stays the same.
        """
        samples = samples or self.row_samples
        item, start = self.place(step, slot, samples)
        return self.dataset.read(item, start, samples, out)

    def place(self, step: int, slot: int, samples: int) -> tuple[Item, int]:
        """The item, and the sample in it (negative where a short item starts later), at which a crop begins."""
        item = self.items[bisect_right(self._ends, draw.below(self._ends[-1], self.seed, step, slot, draw.CROP))]
        offset = draw.below(positions(item, samples), self.seed, step, slot, draw.START)
        if not item.loop and item.frames < samples:
            offset -= samples - item.frames
        return item, offset

    def fill(self, step: int, slot: int, speed: float, out: np.ndarray) -> tuple[Item, int]:
        """Write a crop, `speed` times as fast, into `out` `(channels, row_samples)`; the item and the crop's length."""
        samples = samples_for_speed(self.row_samples, speed)
        item, start = self.place(step, slot, samples)
        if speed == 1.0:
            self.dataset.read(item, start, samples, out)
        else:
            out[:] = change_speed(self.dataset.read(item, start, samples), speed, self.row_samples)
        return item, self.row_samples

    def held_out(self, count: int) -> list[tuple[Item, int, int]]:
        """Always the same `count` held-out crops, over as many items as possible, as (item, start, samples)."""
        places = spread(self.dataset.split("validation"), self.row_samples, count)
        return [(item, start, self.row_samples) for item, start in places]


def positions(item: Item, samples: int) -> int:
    """At how many places a crop of this length can begin."""
    return item.frames if item.loop else abs(item.frames - samples) + 1


def spread(items: Sequence[Item], samples: int, count: int) -> list[tuple[Item, int]]:
    """`count` crops of these items, each where it begins: every item has its turn, a later turn starts elsewhere."""
    items = sorted(items, key=validation_key)
    places = []
    for index in range(count):
        item = items[index % len(items)]
        turn, turns = index // len(items), -(-(count - index % len(items)) // len(items))
        last = 0 if item.frames <= samples and not item.loop else positions(item, samples) - 1
        places.append((item, 0 if turns == 1 and item.loop else round(last * (turn + 0.5) / turns)))
    return places


def validation_key(item: Item) -> tuple[int, int]:
    """What held-out items are sorted by: an order that follows from their names alone and mixes folders."""
    return draw.hash64(draw.VALIDATION, *item.name.encode(errors="backslashreplace")), item.offset
