"""Long signals in windows with context on both sides, so that memory stays flat and the result is that of the whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Window:
    """`start` to `stop` is wanted, `first` to `last` is what must be seen for it."""

    start: int
    stop: int
    first: int
    last: int


def windows(total: int, size: int, context: int) -> Iterator[Window]:
    """Windows of `size` over `total`, with up to `context` on either side."""
    for start in range(0, total, size):
        stop = min(total, start + size)
        yield Window(start, stop, max(0, start - context), min(total, stop + context))


def in_windows(
    process: Callable[[Tensor, int], Tensor], signal: Tensor, size: int, context: int, up: int = 1, down: int = 1
) -> Tensor:
    """`process(part, number of the window)` over `(…, time)`; its output has `up` samples for `down` of the input.

    `size` and `context` must be multiples of `down`. The last window keeps all of its output.
    """
    total = signal.shape[-1]
    if total <= size + context:
        return process(signal, 0)
    parts = []
    for number, window in enumerate(windows(total, size, context)):
        output = process(signal[..., window.first : window.last], number)
        skip = (window.start - window.first) * up // down
        keep = None if window.stop == total else skip + (window.stop - window.start) * up // down
        parts.append(output[..., skip:keep])
    return torch.cat(parts, -1)
