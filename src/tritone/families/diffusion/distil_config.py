"""How a student learns from its teacher. Importable without torch."""

from dataclasses import asdict, dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.families.diffusion.config import Config


@dataclass(frozen=True)
class DistilConfig:
    """A student that needs few steps, from a teacher that needs many; filled in by `tritone distil`."""

    teacher: str = ""
    """The run that it learns from."""
    teacher_step: int = 0
    """After how many steps of training the teacher was taken."""
    guidance: float = 1.0
    """Guidance of the teacher, which the student takes in and then needs no more; that which the teacher has itself."""
    warmup_steps: int = 2_000
    """Training steps in which the student learns from the teacher alone, before the discriminator joins."""
    steps: int = 10
    """Steps of the teacher from where the student is asked to where its equation ends (weight endpoint)."""
    grid: int = 32
    """Steps that the whole way has of which the teacher goes one (weight consistency)."""
    from_noise: float = 0.3
    """Share of the sounds that are learned from noise alone, as a first step finds them."""
    kept: float = 0.1
    """Share of the weights endpoint and consistency that stays when the discriminator has joined."""
    learning_rate: float = 5e-5
    """AdamW learning rate of the student from then on."""
    discriminator_learning_rate: float = 1e-4
    """AdamW learning rate of the discriminator."""
    judged_mean: float = -1.0
    """Mean of log sigma of the noise under which the discriminator compares."""
    judged_std: float = 1.0
    """Its standard deviation."""
    penalty_every: int = 4
    """The discriminator's penalties are taken on every so many of its turns only, as many times heavier."""
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "endpoint": 1.0, "consistency": 0.0, "adversarial": 1.0, "discriminator": 1.0, "contrastive": 1.0,
            "r1": 0.01, "r2": 0.01,
        }
    )  # fmt: skip
    """Weight of every loss of a student; 0 leaves it out."""

    def problems(self) -> list[str]:
        """Complaints, each a part of a sentence."""
        found = [
            f"distil.{name} must be at least {least}, not {getattr(self, name)}"
            for name, least in (("warmup_steps", 0), ("steps", 1), ("grid", 2), ("penalty_every", 1), ("kept", 0))
            if getattr(self, name) < least
        ]
        found += [
            f"distil.{name} must be a number above 0, not {getattr(self, name)}"
            for name in ("learning_rate", "discriminator_learning_rate", "judged_std")
            if not 0 < getattr(self, name) < inf
        ]
        if not 0 <= self.from_noise <= 1:
            found.append(f"distil.from_noise is a share and must lie between 0 and 1, not {self.from_noise}")
        if not 0 <= self.guidance < inf:
            found.append(f"distil.guidance must be at least 0, not {self.guidance}")
        return found


def student(config: "Config", teacher: str, step: int) -> dict[str, Any]:
    """The settings of a student of the run `teacher` after `step` steps, which has this `config`: all as the teacher.

    UserError where there is nothing to learn from it.
    """
    if config.distil is not None:
        raise UserError(f"{teacher} is itself a student; distil its teacher, {config.distil.teacher}.")
    if config.task != "sound":
        raise UserError(f"{teacher} is a diffusion model for the task {config.task}; give one for the task sound.")
    distil = DistilConfig(teacher=teacher, teacher_step=step, guidance=config.sampling.guidance)
    return {**asdict(config), "distil": asdict(distil)}
