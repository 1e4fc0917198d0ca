"""What may be set about training, whatever the family. Importable without torch."""

from dataclasses import dataclass, field
from typing import Literal

from tritone.data.config import AugmentConfig
from tritone.errors import UserError


@dataclass(frozen=True)
class TrainingConfig:
    """One training run. Every count of steps is in optimiser steps of the whole (global) batch."""

    steps: int = 1_000_000
    """Stop after this many steps."""
    batch: int = 8
    """Crops per step over all processes and accumulation rounds together."""
    accumulate: int = 1
    """Split a process's share of the batch into this many rounds, to save memory."""
    crop_samples: int = 131_072
    """Length of one training crop in samples; models that read whole loops (gan) have no use for it."""
    seed: int = 0
    """Everything random (weights, crops, augmentation, noise) follows from this."""
    precision: Literal["float32", "bf16", "fp16"] = "float32"
    """Arithmetic of the networks; weights and optimiser stay float32."""
    clip: float = 0.0
    """Largest gradient norm; 0 leaves gradients alone."""
    ema: float = 0.0
    """Decay of the exponential moving average of the weights that is played; 0 plays the weights themselves.
    It grows towards this value as (1 + n) / (10 + n) with step n, so that the random start is soon forgotten."""
    validate_every: int = 1_000
    """Validate on held-out sound and write previews every so many steps (also at step 0 and at the end)."""
    validation_crops: int = 32
    """Number of held-out crops that validation looks at."""
    previews: int = 4
    """Number of held-out sounds written as preview."""
    checkpoint_minutes: float = 10.0
    """Write a checkpoint every so many minutes (also at step 0, at the end and when interrupted)."""
    keep: int = 3
    """How many checkpoints stay on disk, besides the best."""
    log_every: int = 10
    """Write scalars to log.jsonl and TensorBoard every so many steps."""
    workers: int = 1
    """Threads that read and augment crops ahead of training."""
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    """Random changes made to every crop."""

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be at least {least}, not {getattr(self, name)}"
            for name, least in (
                ("steps", 0), ("batch", 1), ("accumulate", 1), ("crop_samples", 256), ("clip", 0),
                ("validate_every", 1), ("validation_crops", 1), ("previews", 0), ("checkpoint_minutes", 0),
                ("keep", 1), ("log_every", 1), ("workers", 1),
            )
            if getattr(self, name) < least
        ]  # fmt: skip
        if not 0 <= self.seed < 2**63:
            problems.append(f"seed must lie between 0 and 2^63, not {self.seed}")
        if not 0.0 <= self.ema < 1.0:
            problems.append(f"ema is a decay and must lie in [0, 1), not {self.ema}")
        if problems:
            raise UserError("training: " + "; ".join(problems) + ".")
