"""Random numbers as a pure function of counters: cheap, and the same on every machine."""

import numpy as np

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15

CROP, START, AUGMENT, NOISE, VALIDATION, TEMPO = range(1, 7)
"""What a draw is for; two purposes never share random numbers."""


def hash64(*counters: int) -> int:
    """64 random bits for a tuple of counters (SplitMix64, Steele et al. 2014, chained over the counters)."""
    state = 0
    for counter in counters:
        state = (state ^ (counter & _MASK)) + _GOLDEN & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def below(count: int, *counters: int) -> int:
    """A uniform draw from 0 to count - 1 for a tuple of counters."""
    return hash64(*counters) * count >> 64


def generator(*counters: int) -> np.random.Generator:
    """A numpy generator for a tuple of counters."""
    return np.random.Generator(np.random.SFC64(hash64(*counters)))
