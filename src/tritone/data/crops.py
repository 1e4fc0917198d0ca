"""Which stretch of which item a training step looks at: a pure function of (seed, step, slot)."""

from bisect import bisect_right
from itertools import accumulate

import numpy as np

from tritone.data import draw
from tritone.data.store import Dataset, Item


class Crops:
    """Random crops of one split.

    An item is chosen in proportion to the number of its crops: a long one by its length, one that is shorter than a
    crop as if it were one crop long. Short items come whole, with zeros around them; loops are read circularly.
    """

    def __init__(self, dataset: Dataset, split: str, crop_samples: int, seed: int) -> None:
        self.dataset = dataset
        self.items = dataset.split(split)
        self.crop_samples = crop_samples
        self.seed = seed
        weights = (max(crop_samples, positions(item, crop_samples)) for item in self.items)
        self._ends = list(accumulate(weights))

    def crop(self, step: int, slot: int, out: np.ndarray | None = None, samples: int | None = None) -> np.ndarray:
        """Crop number `slot` (counted over all processes) of a step, float32 `(channels, crop_samples)`.

        `samples` asks for another length (for a change of pitch); the item stays the same.
        """
        samples = samples or self.crop_samples
        item, start = self.place(step, slot, samples)
        return self.dataset.read(item, start, samples, out)

    def place(self, step: int, slot: int, samples: int) -> tuple[Item, int]:
        """The item, and the sample in it (negative where a short item starts later), at which a crop begins."""
        item = self.items[bisect_right(self._ends, draw.below(self._ends[-1], self.seed, step, slot, draw.CROP))]
        offset = draw.below(positions(item, samples), self.seed, step, slot, draw.START)
        if not item.loop and item.frames < samples:
            offset -= samples - item.frames
        return item, offset


def positions(item: Item, samples: int) -> int:
    """At how many places a crop of this length can begin."""
    return item.frames if item.loop else abs(item.frames - samples) + 1


def validation_crops(dataset: Dataset, crop_samples: int, count: int, split: str = "validation") -> np.ndarray:
    """Always the same held-out crops `(count, channels, crop_samples)`, over as many items as possible."""
    items = sorted(
        dataset.split(split),
        key=lambda item: (draw.hash64(draw.VALIDATION, *item.name.encode(errors="backslashreplace")), item.offset),
    )
    crops = np.zeros((count, dataset.channels, crop_samples), np.float32)
    for index, out in enumerate(crops):
        item = items[index % len(items)]
        turn, turns = index // len(items), -(-(count - index % len(items)) // len(items))
        last = 0 if item.frames <= crop_samples and not item.loop else positions(item, crop_samples) - 1
        start = 0 if turns == 1 and item.loop else round(last * (turn + 0.5) / turns)
        dataset.read(item, start, crop_samples, out)
    return crops
