"""What all diffusion models share: a denoiser over a domain, what it is told, and how sound comes out of noise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from tritone.data.batch import Batch
from tritone.families.base import Precision, Synthesizer
from tritone.families.diffusion.conditioner import Conditioner
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.controls import Controls
from tritone.families.diffusion.domain import build_domain
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.guidance import Guided
from tritone.nn.diffusion.networks import Network, build_network
from tritone.nn.diffusion.objective import Denoiser
from tritone.nn.diffusion.samplers import sample
from tritone.nn.diffusion.times import draw_sigma

Seeds = Sequence[int] | Tensor


class DiffusionModel(Synthesizer):
    """A denoiser over a domain (waveforms, short-time spectra, latents), scaled to unit variance.

    A task is a subclass, which says what the denoiser is told (`learn`) and what sound it makes.
    """

    controls = tuple(field.name for field in fields(Controls))

    def __init__(self, config: Config, *, channels: int = 0, context: int = 0, vector: int = 0) -> None:
        """`channels`, `context` and `vector` count those of the task's own conditions of these kinds."""
        super().__init__()
        self.config = config
        self.sample_rate, self.channels = config.sample_rate, config.channels
        self.domain = build_domain(config)
        self.conditioner = Conditioner(config)
        self.set_denoiser(channels=channels, context=context, vector=vector + self.conditioner.width)

    def set_denoiser(self, *, channels: int, context: int, vector: int) -> None:
        """Make `denoiser`, for conditions of these widths. A task in which something else owns it has its own way."""
        network = build_network(
            self.config.network,
            inputs=self.domain.width,
            outputs=self.domain.width,
            channels=channels,
            context=context,
            vector=vector,
            tokens=self.conditioner.features,
        )
        self.denoiser = Denoiser(network, self.config.noise.objective)

    def learn(self, batch: Batch, dropped: Tensor) -> tuple[Tensor, Conditions, dict[str, Tensor]]:
        """What training needs of a batch: the clean signal `(batch, width, frames)` of unit variance, what the denoiser
        is told of it, and losses of the task's own by name. `dropped` bool `(batch,)`: rows that are told nothing that
        guidance could exaggerate.
        """
        return self.domain.normalise(self.domain.read(batch.audio)), self.conditioner.told(batch, dropped), {}

    def preview(self, batch: Batch) -> Mapping[str, list[Tensor]]:
        """Sounds by name that show what the model does by now: those of a held-out batch, and its own."""
        raise RuntimeError(f"{type(self).__name__} is a shape that tasks share; use build")

    def levels(self, seeds: Tensor, clean: Tensor) -> Tensor:
        """Noise levels that a batch is learned at, `(batch,)` or `(batch, 1, frames)`; each row by its own seed."""
        return draw_sigma(seeds, self.config.noise).to(clean.device)

    def sampled(
        self,
        seeds: Seeds,
        frames: int,
        conditions: Conditions,
        unconditional: Conditions,
        controls: Controls,
        *,
        start: Tensor | None = None,
        strength: float = 1.0,
        circular: bool = False,
    ) -> Tensor:
        """Signals `(count, width, frames)` of unit variance out of noise; row i follows from `seeds[i]`.

        With `start` of that shape they begin from it, made as noisy as `strength` (0 to 1) says.
        """
        sampling = controls.sampling(self.config.sampling)
        return sample(
            self.guided(conditions, unconditional, sampling.guidance, circular=circular),
            (self.domain.width, frames),
            seeds,
            sampling,
            start=start,
            strength=strength,
            device=self.device,
            show=controls.show,
        )

    def guided(
        self, conditions: Conditions, unconditional: Conditions, guidance: float, *, circular: bool = False
    ) -> Callable[[Tensor, Tensor], Tensor]:
        """The denoiser under these conditions, as samplers ask it."""
        usual = self.config.sampling
        return Guided(
            self.denoiser,
            conditions,
            unconditional,
            scale=guidance,
            rescale=usual.rescale,
            interval=usual.guidance_interval,
            circular=circular,
        )

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.denoiser.parameters()).device

    def use_precision(self, precision: Precision) -> None:
        """Play in float32, or with the networks in bf16. Weights that were rounded to bf16 stay so."""
        for module in self.modules():
            if isinstance(module, Network):
                module.use_precision(precision)
        self.domain.use_precision(precision)

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers."""
        config = self.config
        facts: Mapping[str, Any] = {
            "task": config.task,
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "domain": self.domain.name,
            "width": self.domain.width,
            "ratio": self.domain.ratio,
            "network": config.network.kind,
            "parameters": sum(parameter.numel() for parameter in self.denoiser.parameters()),
            "objective": config.noise.objective,
            "sampler": config.sampling.sampler,
            "steps": config.sampling.steps,
            "labels": ", ".join(config.labels),
            "text": config.text or "",
        }
        return dict(facts)
