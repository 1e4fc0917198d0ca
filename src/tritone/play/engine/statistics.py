"""How long blocks took, and what was lost."""

import numpy as np

KEPT = 1 << 16


class BlockTimes:
    """Times of blocks in seconds: percentiles over the last 65,536, the largest and the count over all."""

    def __init__(self, block_seconds: float) -> None:
        self.block_seconds = block_seconds
        self.count = 0
        self.largest = 0.0
        self._seconds = np.zeros(KEPT)

    def add(self, seconds: float) -> None:
        """One block more."""
        self._seconds[self.count % KEPT] = seconds
        self.count += 1
        self.largest = max(self.largest, seconds)

    def summary(self) -> dict[str, float]:
        """p50, p95, p99 and max in ms and as share of the sound that a block lasts; empty without blocks."""
        if not self.count:
            return {}
        kept = self._seconds[: min(self.count, KEPT)]
        p50, p95, p99 = np.percentile(kept, (50, 95, 99))
        seconds = {"p50": float(p50), "p95": float(p95), "p99": float(p99), "max": self.largest}
        milliseconds = {f"{name}_ms": 1000 * value for name, value in seconds.items()}
        return milliseconds | {f"{name}_share": value / self.block_seconds for name, value in seconds.items()}
