"""How a diffusion model learns: the clean signal under noise, whatever the task (README.md, equations)."""

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn

from tritone.data.batch import Batch
from tritone.families.base import averaged
from tritone.families.diffusion.codec import fetch_codec
from tritone.families.diffusion.conditioner import left_out
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.diffusion_model import DiffusionModel
from tritone.nn.noise import sample_normal
from tritone.training.schedule import warmup

LEVELS = (0.05, 0.2, 0.5, 1.0, 2.0, 6.0)
"""Noise levels at which held-out sound is judged."""
NOISE, DROP = 0x3D1F7A25, 0x61C88647
"""What seeds are crossed with, so that noise, noise levels and dropped conditions have nothing in common."""


def step_class(config: Config) -> type:
    """How a model of this configuration learns: from sound, or as a student from its teacher."""
    if config.distil is None:
        return TrainingStep
    from tritone.families.diffusion.distil import DistilStep

    return DistilStep


class TrainingStep:
    """Denoising behind the contract `families.base.TrainingStep`."""

    def __init__(self, config: Config, synthesizer: DiffusionModel, mean: Callable[[Tensor], Tensor]) -> None:
        self.config = config
        self.synthesizer = synthesizer
        self.mean = mean
        fetch_codec(synthesizer.domain, config)
        self.helpers: Mapping[str, nn.Module] = {}
        learning = [parameter for parameter in synthesizer.parameters() if parameter.requires_grad]
        self.optimizers = {
            "denoiser": torch.optim.AdamW(
                learning, config.learning_rate, config.betas, weight_decay=config.weight_decay, fused=True
            )
        }

    def roles(self, step: int) -> tuple[str, ...]:
        """One network, at every step."""
        return ("denoiser",)

    def played(self, role: str) -> bool:
        """What learns is played."""
        return True

    def learning_rate(self, role: str, step: int) -> float:
        """Rises over the first steps, then constant."""
        return self.config.learning_rate * warmup(step, self.config.warmup_steps)

    def weights(self, step: int) -> Mapping[str, float]:
        """Those of the config."""
        return self.config.weights

    def losses(self, role: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Mean squared error of what the network gives, at a noise level that each sound's seed draws."""
        model = self.synthesizer
        dropped = left_out(batch.seeds ^ DROP, self.config, batch.audio.device)
        clean, conditions, losses = model.learn(batch, dropped)
        sigma = model.levels(batch.seeds, clean)
        noise = sample_normal(batch.seeds ^ NOISE, clean.shape[1:], clean.device)
        denoising = model.denoiser.loss(clean, noise, sigma, conditions, min_snr=self.config.noise.min_snr)
        return {"denoising": denoising.mean(), **losses}

    def validate(self, synthesizer: DiffusionModel, batches: Iterable[Batch], step: int) -> dict[str, Tensor]:
        """Mean over six fixed noise levels of the error of the clean signal over the error that is certain without a
        network (of the best linear estimate of white data, sigma^2 / (1 + sigma^2)): 1 is nothing learned.
        """
        return averaged(lambda batch: self._held_out(synthesizer, batch), batches)

    def analyse(self, synthesizer: DiffusionModel, batches: Iterable[Batch], step: int) -> None:
        """The scale of the data, once, before the first step."""
        if bool(self.synthesizer.domain.fitted):
            return
        signals = [self.synthesizer.domain.read(batch.audio) for batch in batches]
        for each in {id(model): model for model in (synthesizer, self.synthesizer)}.values():
            each.fit(signals)

    def preview(self, synthesizer: DiffusionModel, batch: Batch, step: int) -> Mapping[str, list[Tensor]]:
        """What the task shows."""
        return synthesizer.preview(batch)

    def _held_out(self, model: DiffusionModel, batch: Batch) -> dict[str, Tensor]:
        nobody = torch.zeros(len(batch), dtype=torch.bool, device=batch.audio.device)
        clean, conditions, _ = model.learn(batch, nobody)
        noise = sample_normal(batch.seeds ^ NOISE, clean.shape[1:], clean.device)
        total = torch.zeros((), device=clean.device)
        for level in LEVELS:
            sigma = torch.full((len(batch),), level, device=clean.device)
            estimate = model.denoiser(clean + level * noise, sigma, conditions)
            linear_error = level**2 / (1 + level**2)
            total = total + (estimate - clean).square().mean() / linear_error
        return {"distance": total / len(LEVELS)}
