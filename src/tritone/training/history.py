"""Scalars of the steps since the last line of the log. One transfer from the device an interval, and the NaN check."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from tritone.errors import UserError

GRADIENT_NORM = "gradient_norm"


class History:
    """Collects the scalars of every step on the device; `settle` brings them over, averaged over processes.

    `settled` is plain numbers, so that a checkpoint in the middle of an interval can carry it on.
    """

    def __init__(self, mean: Callable[[Tensor], Tensor], tolerate_norm: bool = False) -> None:
        self.settled: list[tuple[int, dict[str, float]]] = []
        self._mean = mean
        self._tolerate_norm = tolerate_norm
        self._waiting: list[tuple[int, dict[str, Tensor]]] = []

    def add(self, step: int, scalars: dict[str, Tensor]) -> None:
        """Remember detached scalars of one step, by "role/name"."""
        self._waiting.append((step, scalars))

    def settle(self) -> None:
        """Bring over what waits. Raises UserError at the first number that is not finite."""
        if not self._waiting:
            return
        flat = [value.detach().float() for _, scalars in self._waiting for value in scalars.values()]
        numbers = iter(self._mean(torch.stack([value.reshape(()).to(flat[0].device) for value in flat])).tolist())
        for step, scalars in self._waiting:
            values = {name: next(numbers) for name in scalars}
            self._check(step, values)
            self.settled.append((step, values))
        self._waiting = []

    def take(self) -> dict[str, float]:
        """Mean of every scalar over the interval, which starts anew."""
        names = dict.fromkeys(name for _, values in self.settled for name in values)
        means = {}
        for name in names:
            numbers = [values[name] for _, values in self.settled if name in values and math.isfinite(values[name])]
            if numbers:
                means[name] = math.fsum(numbers) / len(numbers)
        self.settled = []
        return means

    def _check(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            tolerated = self._tolerate_norm and name.endswith(GRADIENT_NORM)
            if not math.isfinite(value) and not tolerated:
                raise not_finite(step, name, value)


def not_finite(step: int, name: str, value: float) -> UserError:
    """The error for a loss or gradient that is NaN or infinite."""
    return UserError(
        f"Training stopped at step {step}: {name} became {value}. The last good checkpoint is kept; lower the learning "
        "rate, use --training.precision float32, or clip gradients (--training.clip 1), and start a new run."
    )
