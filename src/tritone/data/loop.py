"""What the renderers give."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Loop:
    """One rendered loop."""

    label: str
    """Genre of drums, or instrument."""
    variety: str
    """What else tells it from others of its label: the kit of drums, or the key."""
    bpm: float
    audio: np.ndarray
    """float32 `(channels, time)`, peak below 1."""
    sample_rate: int
