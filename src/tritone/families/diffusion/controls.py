"""What may be asked of a diffusion model when it plays."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

from tritone.errors import UserError
from tritone.nn.diffusion.config import SamplerName, SamplingConfig, check
from tritone.schema import nearest

Show = Callable[[int, int], None]
"""Told how many steps are done, and of how many."""


def silent(done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Controls:
    """Wishes; None is what the model has itself."""

    steps: int | None = None
    """Steps of the sampler."""
    sampler: SamplerName | None = None
    """Which sampler."""
    guidance: float | None = None
    """How much the conditions are exaggerated; 1 not at all."""
    label: str = ""
    """Kind of sound, one of the model's labels."""
    bpm: float | None = None
    """Tempo."""
    prompt: str = ""
    """What it should sound like, in words."""
    negative: str = ""
    """What it should not sound like."""
    loop: bool = False
    """Whether the last sample should lead into the first."""
    show: Show = silent

    def sampling(self, usual: SamplingConfig) -> SamplingConfig:
        """How sound is made; UserError for a sampler that is not there, and for numbers that make no sound."""
        samplers = get_args(SamplerName)
        if self.sampler is not None and self.sampler not in samplers:
            raise UserError(
                f"There is no sampler {self.sampler!r}, there are {', '.join(samplers)}"
                f"{nearest(self.sampler, samplers)}"
            )
        wanted = replace(
            usual,
            steps=usual.steps if self.steps is None else self.steps,
            sampler=usual.sampler if self.sampler is None else self.sampler,
            guidance=usual.guidance if self.guidance is None else self.guidance,
        )
        check(wanted.problems(), "generate")
        return wanted
