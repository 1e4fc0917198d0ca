"""Schedules: pure functions of the step. Each is flat before `start` and after `end`."""

import math


def constant(step: int, value: float) -> float:
    """`value` at every step."""
    return value


def linear(step: int, start: int, end: int, first: float, last: float) -> float:
    """A straight line from `first` at step `start` to `last` at step `end`."""
    return first + (last - first) * _progress(step, start, end)


def cosine(step: int, start: int, end: int, first: float, last: float) -> float:
    """Half a cosine from `first` to `last` (Loshchilov and Hutter, arXiv 1608.03983, equation 5, without restarts)."""
    return last + (first - last) * 0.5 * (1.0 + math.cos(math.pi * _progress(step, start, end)))


def geometric(step: int, start: int, end: int, first: float, last: float) -> float:
    """A straight line in the logarithm from `first` to `last`, both above 0."""
    progress = _progress(step, start, end)
    return last if progress == 1.0 else first * (last / first) ** progress


def warmup(step: int, steps: int) -> float:
    """A factor that rises from 1 / `steps` at step 0 to 1 at step `steps` - 1 and stays there."""
    return min(1.0, (step + 1) / steps) if steps > 0 else 1.0


def _progress(step: int, start: int, end: int) -> float:
    if end <= start:
        return 1.0 if step >= end else 0.0
    return min(1.0, max(0.0, (step - start) / (end - start)))
