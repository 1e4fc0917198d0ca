"""Which whole loop a training step looks at, and whether a dataset has the loops that a model wants."""

from itertools import chain, zip_longest
from math import ceil

import numpy as np

from tritone.data import circular, draw
from tritone.data.crops import validation_key
from tritone.data.store import Dataset, Item
from tritone.errors import UserError


class Loops:
    """Whole loops of one split, from their first sample on, each as likely as any other.

    A row is as long as the longest loop of all splits at `slowest`, the lowest speed asked for, so that the batches of
    all steps and processes have one shape; a shorter loop has zeros behind.
    """

    circular = True

    def __init__(self, dataset: Dataset, split: str, seed: int, slowest: float = 1.0) -> None:
        self.dataset = dataset
        self.items = _loops(dataset, split)
        self.row_samples = ceil(max(item.frames for item in dataset.items if item.loop) / min(1.0, slowest))
        self.seed = seed

    def fill(self, step: int, slot: int, speed: float, out: np.ndarray) -> tuple[Item, int]:
        """Write loop number `slot` (counted over all processes) of a step, `speed` times as fast, into `out`
        `(channels, row_samples)`; the item and how many samples its loop now has.
        """
        item = self.items[draw.below(len(self.items), self.seed, step, slot, draw.CROP)]
        length = max(1, round(item.frames / speed))
        if length == item.frames:
            self.dataset.read(item, 0, length, out[:, :length])
        else:
            out[:, :length] = circular.resample(self.dataset.read(item, 0, item.frames), length)
        out[:, length:] = 0
        return item, length

    def held_out(self, count: int) -> list[tuple[Item, int, int]]:
        """Always the same held-out loops as (item, 0, samples), label by label in turn; each once, so fewer than
        `count` where there are fewer.
        """
        by_label: dict[str, list[Item]] = {}
        for item in sorted(_loops(self.dataset, "validation"), key=validation_key):
            by_label.setdefault(item.label, []).append(item)
        turns = chain.from_iterable(zip_longest(*(by_label[label] for label in sorted(by_label))))
        return [(item, 0, item.frames) for item in turns if item is not None][:count]


def check_loops(dataset: Dataset, bars: float) -> None:
    """UserError where a dataset has no loops, loops of other than `bars` bars, or none that can be heard."""
    loops = [item for item in dataset.items if item.loop]
    if not loops:
        raise UserError(f"{dataset.path} holds no loops; prepare the sound again with --bars {bars:g}.")
    found = sorted({item.bars for item in loops if item.bars is not None})
    if found != [bars]:
        one = f"train with --model.bars {found[0]:g}, or " if len(found) == 1 else ""
        raise UserError(
            f"{dataset.path} holds loops of {' and '.join(f'{each:g}' for each in found) or 'unknown'} bars, but the "
            f"model makes loops of {bars:g}; {one}prepare the sound again with --bars {bars:g}."
        )
    if not any(map(dataset.audible, _loops(dataset, "train"))):
        raise UserError(f"All loops of {dataset.path} are silent; prepare recordings in which something plays.")


def _loops(dataset: Dataset, split: str) -> tuple[Item, ...]:
    items = tuple(item for item in dataset.split(split) if item.loop)
    if not items:
        raise UserError(f"{dataset.path} holds no loops in its {split} split; prepare the sound again with --bars 1.")
    return items
