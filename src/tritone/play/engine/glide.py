"""Values that move where they are told in a straight line, so that nothing jumps."""

import numpy as np
from numpy.typing import ArrayLike


class Glide:
    """A float32 value, or a row of values, on its way to a target over a fixed number of steps."""

    def __init__(self, start: ArrayLike, steps: int) -> None:
        self._from = self._to = np.asarray(start, np.float32)
        self._steps = steps
        self._done = steps

    @property
    def resting(self) -> bool:
        """Whether the target is reached."""
        return self._done >= self._steps

    def move(self, target: ArrayLike) -> None:
        """Set off to `target` from wherever the value is now; nothing happens where that is the target already."""
        wanted = np.asarray(target, np.float32)
        if not np.array_equal(wanted, self._to):
            self._from, self._to, self._done = self._at(np.asarray([self._done]))[..., 0], wanted, 0

    def next(self, count: int) -> np.ndarray:
        """The next `count` values `(..., count)`; `(..., 1)` where the target is reached and all are the same."""
        if self.resting:
            return self._to[..., None]
        values = self._at(self._done + 1 + np.arange(count))
        self._done = min(self._steps, self._done + count)
        return values

    def _at(self, done: np.ndarray) -> np.ndarray:
        part = np.minimum(done / self._steps, 1.0).astype(np.float32)
        start, end = self._from[..., None], self._to[..., None]
        return np.where(part < 1.0, start + (end - start) * part, end)
