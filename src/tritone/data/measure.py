"""What prepare wants to know of a sound, gathered block by block."""

from dataclasses import dataclass
from math import log10

import numpy as np

FULL_SCALE = 1 - 2**-12
"""From this magnitude on a sample counts as full scale."""
CLIPPED_RUN = 3
"""So many full-scale samples in a row are a clip."""
SILENT_PEAK = 10 ** (-70 / 20)
"""A sound whose peak lies below -70 dBFS is silent."""


@dataclass(frozen=True)
class Measures:
    """Peak, RMS level in dBFS, largest DC offset of a channel, clips (runs of full-scale samples)."""

    peak: float
    rms_db: float
    dc: float
    clips: int

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self.peak < SILENT_PEAK


class Meter:
    """Measures a sound in blocks `(channels, frames)`; `broken` counts samples that are NaN or infinite."""

    def __init__(self, channels: int) -> None:
        self._peak, self._clips, self._frames = 0.0, 0, 0
        self.broken = 0
        self._sum, self._squares = np.zeros(channels), np.zeros(channels)
        self._tail = np.zeros((channels, CLIPPED_RUN), bool)

    def add(self, block: np.ndarray) -> None:
        """Takes in the next block."""
        magnitude = np.abs(block)
        peak = float(magnitude.max(initial=0.0))
        if not np.isfinite(peak):
            self.broken += int(np.count_nonzero(~np.isfinite(block)))
            return
        self._peak = max(self._peak, peak)
        self._frames += block.shape[1]
        self._sum += block.sum(axis=1, dtype=np.float64)
        self._squares += np.einsum("ct,ct->c", block, block, dtype=np.float64)
        if peak >= FULL_SCALE or self._tail.any():
            self._count_clips(magnitude >= FULL_SCALE)

    def result(self) -> Measures:
        """What was measured up to now."""
        frames = max(self._frames, 1)
        power = float(self._squares.mean()) / frames
        dc = float(np.abs(self._sum).max(initial=0.0)) / frames
        return Measures(self._peak, 10 * log10(max(power, 1e-20)), dc, self._clips)

    def _count_clips(self, full: np.ndarray) -> None:
        """Counts the runs that reach their third sample in this block (`tail`: the samples just before it)."""
        row = np.concatenate([self._tail, full], axis=1)
        three = row[:, 1:-2] & row[:, 2:-1] & row[:, 3:]
        self._clips += int(np.count_nonzero(three & ~row[:, :-3]))
        self._tail = row[:, -CLIPPED_RUN:]
