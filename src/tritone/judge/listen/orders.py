"""Who hears what when: orders in which no sound has an advantage by its place.

A Williams design is a Latin square (each thing once in each row and in each column) in which also each thing comes
right before each other one equally often (E. J. Williams, Aust. J. Sci. Res. A 2, 1949).
"""

from collections.abc import Sequence
from math import gcd, lcm

import numpy as np
from numpy.typing import NDArray

from tritone.judge.listen.test import Order, Trial

_GOLDEN = (5**0.5 - 1) / 2


def williams(count: int) -> NDArray[np.int64]:
    """A Williams design of `count` things: `(rows, count)`, with `count` rows, or twice as many for odd counts.

    Row r is the zigzag 0, 1, -1, 2, -2 … with r added, modulo `count`; odd counts need the mirrored rows too.
    """
    steps = np.arange(count)
    zigzag = np.where(steps % 2 == 1, (steps + 1) // 2, -(steps // 2)) % count
    square = (zigzag + np.arange(count)[:, None]) % count
    return square if count % 2 == 0 or count == 1 else np.concatenate([square, square[:, ::-1]])


def spread(count: int) -> list[int]:
    """The numbers below `count` in an order of which every beginning is spread evenly over all of them.

    They are multiples of a step near the golden section of `count` that has no factor in common with it.
    """
    steps = sorted(range(1, count + 1), key=lambda step: abs(step - _GOLDEN * count))
    step = next(step for step in steps if gcd(step, count) == 1)
    return [step * number % count for number in range(count)]


def make_orders(blocks: Sequence[Sequence[Trial]], training: Sequence[Trial]) -> tuple[Order, ...]:
    """Orders for as many listeners as it takes to be balanced, for whom the blocks take turns.

    Every block has as many trials as the others, and every trial as many stimuli. Within a block each trial stands in
    each place equally often, and right after each other trial equally often; within a trial each stimulus stands in
    each place on the screen equally often. After fewer listeners it holds as nearly as can be. `training` comes first,
    in the same way for all.
    """
    rows, screens = williams(len(blocks[0])), williams(len(blocks[0][0].stimuli))
    turn = spread(len(rows))
    first = tuple((trial.id, trial.stimuli) for trial in training)
    orders = []
    for number in range(lcm(len(rows), len(screens))):
        for block in blocks:
            row = rows[turn[number % len(rows)]]
            shown = tuple(_screen(block[place], screens[(number + place) % len(screens)]) for place in row)
            orders.append(Order(first + shown))
    return tuple(orders)


def _screen(trial: Trial, places: NDArray[np.int64]) -> tuple[str, tuple[str, ...]]:
    return trial.id, tuple(trial.stimuli[place] for place in places)
