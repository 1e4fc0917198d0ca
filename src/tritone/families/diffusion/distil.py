"""How a student learns to do in a few steps what its teacher does in many (README.md, few steps).

First from the teacher alone: from any noise level to where the teacher's equation leads from there. Then adversarial
relativistic-contrastive post-training (ARC, arXiv 2505.08175): a discriminator made of the teacher compares the
student's sound with the real one that it came from, and both learn in turn. ARC has no first part; where batches are
small, some of it stays on (`DistilConfig.kept`) and keeps the second from going astray.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from tritone.data.batch import Batch
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.diffusion_model import DiffusionModel
from tritone.families.diffusion.distil_config import DistilConfig
from tritone.families.diffusion.distil_discriminator import Discriminator, relativistic, slope
from tritone.families.diffusion.distil_judge import judged
from tritone.families.diffusion.distil_lesson import Lesson, Lessons
from tritone.families.diffusion.distil_targets import consistent, distance, followed
from tritone.families.diffusion.distil_teacher import load_teacher
from tritone.families.diffusion.step import TrainingStep
from tritone.nn.adversarial import frozen
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.config import NoiseConfig
from tritone.nn.diffusion.denoise import Denoise
from tritone.nn.diffusion.times import draw_sigma
from tritone.nn.noise import sample_normal
from tritone.training.schedule import warmup

LOWEST = 0.01
"""Noise level from which the teacher's equation takes its last step, to none."""
SEEN, REAL_STEP, MADE_STEP = 0x6C8E9CF5, 0x7D2A4F0B, 0x5E1D93A7
"""What seeds are crossed with, so that what is drawn for a sound has nothing in common."""


class DistilStep(TrainingStep):
    """A student and its discriminator, behind the contract `families.base.TrainingStep`.

    The student starts as the teacher. After the warm-up, discriminator and student take turns from step to step. The
    teacher is frozen and belongs to neither of them; no checkpoint has it.
    """

    def __init__(self, config: Config, synthesizer: DiffusionModel, mean: Callable[[Tensor], Tensor]) -> None:
        if config.distil is None:
            raise ValueError("the configuration of a student has `distil`")
        super().__init__(config, synthesizer, mean)
        self.distil: DistilConfig = config.distil
        self.teacher = load_teacher(config, synthesizer)
        self.lessons = Lessons(config, synthesizer)
        self.discriminator = Discriminator(self.teacher)
        self.helpers = {"discriminator": self.discriminator}
        self.seen = NoiseConfig(times="log-snr", times_mean=self.distil.judged_mean, times_std=self.distil.judged_std)
        judging = torch.optim.AdamW(
            self.discriminator.to(synthesizer.device).parameters(),
            self.distil.discriminator_learning_rate,
            config.betas,
            weight_decay=config.weight_decay,
            fused=True,
        )
        self.optimizers = {"student": self.optimizers["denoiser"], "discriminator": judging}

    def roles(self, step: int) -> tuple[str, ...]:
        """The student alone in the warm-up, then in turn with the discriminator, which begins."""
        turn = step - self.distil.warmup_steps
        return ("discriminator",) if turn >= 0 and turn % 2 == 0 else ("student",)

    def played(self, role: str) -> bool:
        """Only the student is played."""
        return role == "student"

    def learning_rate(self, role: str, step: int) -> float:
        """Each rises over the first steps of either part, then is constant."""
        turn = step - self.distil.warmup_steps
        if turn < 0:
            return self.config.learning_rate * warmup(step, self.config.warmup_steps)
        rate = self.distil.learning_rate if role == "student" else self.distil.discriminator_learning_rate
        return rate * warmup(turn, self.config.warmup_steps)

    def weights(self, step: int) -> Mapping[str, float]:
        """Those of the config. With the discriminator there, less of what the teacher asks; its penalties, which are
        taken in some turns only, weigh as many times more there.
        """
        weights, turn = dict(self.distil.weights), step - self.distil.warmup_steps
        if turn < 0:
            return {name: weights[name] for name in ("endpoint", "consistency")}
        every = self.distil.penalty_every
        factors = dict.fromkeys(("endpoint", "consistency"), self.distil.kept)
        factors |= dict.fromkeys(("r1", "r2"), float(every * (turn // 2 % every == 0)))
        return {name: weight * factors.get(name, 1.0) for name, weight in weights.items()}

    def losses(self, role: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Those losses of this role that have a weight at this step."""
        weights = self.weights(step)
        return self._discriminator(batch, weights) if role == "discriminator" else self._student(batch, weights)

    def validate(self, synthesizer: DiffusionModel, batches: Iterable[Batch], step: int) -> dict[str, Tensor]:
        """Kernel distance of held-out sounds and of the student's, made in its usual steps, and their spread."""
        return judged(synthesizer, batches)

    def _student(self, batch: Batch, weights: Mapping[str, float]) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        if weights["endpoint"] or weights.get("adversarial"):
            lesson = self.lessons.lesson(batch)
            made = self.synthesizer.denoiser(lesson.noisy, lesson.sigma, lesson.told)
            if weights["endpoint"]:
                found["endpoint"] = distance(made, self._end(lesson), lesson.sigma).mean()
            if weights.get("adversarial"):
                with frozen(self.discriminator):
                    found["adversarial"] = relativistic(self._scores(lesson, made), self._scores(lesson, lesson.clean))
        if weights["consistency"]:
            found["consistency"] = self._consistency(self.lessons.lesson(batch, LOWEST))
        return found

    def _discriminator(self, batch: Batch, weights: Mapping[str, float]) -> dict[str, Tensor]:
        with torch.no_grad():
            lesson = self.lessons.lesson(batch)
            made = self.synthesizer.denoiser(lesson.noisy, lesson.sigma, lesson.told)
        scores = self._scores(lesson, lesson.clean), self._scores(lesson, made)
        found = {"discriminator": relativistic(*scores)}
        found |= {f"{name}_score": _mean_of(each) for name, each in zip(("real", "made"), scores, strict=True)}
        if weights["contrastive"] and self.lessons.can_mistake:
            mistaken = self._scores(lesson, lesson.clean, self.lessons.mistaken(lesson, batch))
            found["contrastive"] = relativistic(scores[0], mistaken)
        for name, signal, seeds in (("r1", lesson.clean, REAL_STEP), ("r2", made, MADE_STEP)):
            if weights[name]:
                found[name] = self._penalty(lesson, signal, lesson.seeds ^ seeds)
        return found

    @torch.no_grad()
    def _end(self, lesson: Lesson) -> Tensor:
        """Where the teacher's equation leads from a lesson's sounds."""
        return followed(
            self._teacher(lesson), lesson.noisy, lesson.sigma, lowest=LOWEST, steps=self.distil.steps
        ).detach()

    def _consistency(self, lesson: Lesson) -> Tensor:
        def student(x: Tensor, sigma: Tensor) -> Tensor:
            return self.synthesizer.denoiser(x, sigma, lesson.told)

        highest, grid = self.config.sampling.sigma_max, self.distil.grid
        with torch.no_grad():
            target = consistent(
                self._teacher(lesson), student, lesson.noisy, lesson.sigma, lowest=LOWEST, highest=highest, grid=grid
            )
        return distance(student(lesson.noisy, lesson.sigma), target, lesson.sigma).mean()

    def _teacher(self, lesson: Lesson) -> Denoise:
        """The teacher under a lesson's conditions, guided."""
        sampling = replace(self.config.sampling, guidance=self.distil.guidance)
        return self.synthesizer.guided(lesson.told, lesson.unsaid, sampling, denoise=self.teacher)

    def _scores(self, lesson: Lesson, signal: Tensor, told: Conditions | None = None) -> list[Tensor]:
        """What the discriminator thinks of a signal: the same noise for all signals of a lesson."""
        noisy, sigma = self._seen(lesson, signal)
        return self.discriminator(noisy, sigma, lesson.told if told is None else told)

    def _penalty(self, lesson: Lesson, signal: Tensor, seeds: Tensor) -> Tensor:
        """The discriminator's slope at the noisy signal, in float32."""
        noisy, sigma = self._seen(lesson, signal)
        with torch.autocast(signal.device.type, enabled=False):
            return slope(lambda x: self.discriminator(x, sigma, lesson.told), noisy.float(), seeds)

    def _seen(self, lesson: Lesson, signal: Tensor) -> tuple[Tensor, Tensor]:
        sigma = draw_sigma(lesson.seeds ^ SEEN, self.seen).to(signal.device)
        noise = sample_normal(lesson.seeds ^ SEEN, signal.shape[1:], signal.device)
        return signal + sigma[:, None, None] * noise, sigma


def _mean_of(scores: list[Tensor]) -> Tensor:
    return torch.stack([each.detach().mean() for each in scores]).mean()
