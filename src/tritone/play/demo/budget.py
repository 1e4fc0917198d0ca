"""How the time of a demo is shared out: playing and judging by how fast this machine is, training the rest."""

import time
from dataclasses import dataclass, field

from tritone.errors import UserError

LEAST_MINUTES = 1.5
COUNTS = (52, 36, 24, 16, 12)
"""Sounds of each system that may be judged; the first number for which there is time is taken."""
WORTH_TRAINING = 60.0
"""Seconds of training that fewer judged sounds are put up with for."""
LEAST_TRAINING = 15.0
"""Seconds that a model is trained for, however slow the machine."""
AROUND_TRAINING = 8.0
"""Seconds that a training takes beside its minutes: the model is built, validated and saved."""


@dataclass(frozen=True)
class Clock:
    """Seconds that a demo may take, from its first moment on."""

    budget: float
    begun: float = field(default_factory=time.monotonic)

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.begun

    @property
    def left(self) -> float:
        """Seconds until the end; below 0 after it."""
        return self.budget - self.passed


@dataclass(frozen=True)
class Work:
    """What is to be judged, and on how slow a machine."""

    systems: int
    """Models that are compared."""
    known: int
    """Training sounds that they are held against."""
    known_seconds: float
    """How long all of them last together."""
    slowness: float
    """Times as long as on the machine on which `judging` was measured."""

    def judging(self, count: int) -> float:
        """Seconds that it takes to make and to judge `count` sounds of each system."""
        each = 4.0 + 0.004 * self.known_seconds + 0.25 * count
        return self.slowness * (8.0 + 0.05 * self.known + self.systems * each)

    def count(self, left: float, training: float = 0.0) -> int:
        """How many sounds of each system can be judged, with so many seconds of training before."""
        around = self.slowness * AROUND_TRAINING if training else 0.0
        return next((count for count in COUNTS if self.judging(count) + training + around <= left), COUNTS[-1])

    def training(self, left: float) -> float:
        """Seconds that training may take, when `left` are left for it and all that follows."""
        count = self.count(left, WORTH_TRAINING)
        return max(LEAST_TRAINING, left - self.judging(count) - self.slowness * AROUND_TRAINING)


def checked_minutes(minutes: float) -> float:
    """The minutes of a demo; UserError where they are too few."""
    if minutes < LEAST_MINUTES:
        raise UserError(
            f"--minutes {minutes:g} is too little: that is for all together, and playing and judging alone take about "
            f"a minute; give at least {LEAST_MINUTES:g}."
        )
    return minutes
