"""What all diffusion models share: a denoiser over a domain, what it is told, and how sound comes out of noise."""

from abc import ABC, abstractmethod
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
from tritone.nn.diffusion.config import SamplingConfig
from tritone.nn.diffusion.guidance import Guided
from tritone.nn.diffusion.networks import Network, build_network
from tritone.nn.diffusion.objective import Denoiser
from tritone.nn.diffusion.times import draw_sigma
from tritone.nn.diffusion.windows import Windowed

OVERLAP = 4
"""Neighbouring windows of a long sound share one such part of themselves."""

Seeds = Sequence[int] | Tensor
ToldDenoise = Callable[[Tensor, Tensor, Conditions, bool], Tensor]
"""A `Denoiser`, or anything called `(x, sigma, conditions, circular)`."""


class DiffusionModel(Synthesizer, ABC):
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
        is told of it, and losses of the task's own by name. `dropped`, bool: what guidance could exaggerate and is left
        unsaid, `(batch,)` for all of it or `(batch, kinds)`; see `Conditioner.told`.
        """
        return self.domain.normalise(self.domain.read(batch.audio)), self.conditioner.told(batch, dropped), {}

    @abstractmethod
    def preview(self, batch: Batch) -> Mapping[str, list[Tensor]]:
        """Sounds by name that show what the model does by now: those of a held-out batch, and its own."""

    def fit(self, signals: Sequence[Tensor]) -> None:
        """Measure the scale of the data over signals of the domain, once, before the first step; see `Domain.fit`."""
        self.domain.fit(signals)

    def levels(self, seeds: Tensor, clean: Tensor) -> Tensor:
        """Noise levels that a batch is learned at, `(batch,)` or `(batch, 1, frames)`; each row by its own seed."""
        return draw_sigma(seeds, self.config.noise).to(clean.device)

    def guided(
        self,
        told: Conditions,
        unsaid: Conditions,
        sampling: SamplingConfig,
        *,
        denoise: ToldDenoise | None = None,
        circular: bool = False,
    ) -> Guided:
        """The denoiser, or `denoise` in its place, bound to what it is told and led away from `unsaid`, as samplers ask
        it. `sampling` says how far, and between which noise levels; `circular` signals are one period.
        """
        return Guided(
            self.denoiser if denoise is None else denoise,
            told,
            unsaid,
            scale=sampling.guidance,
            rescale=sampling.rescale,
            interval=sampling.guidance_interval,
            circular=circular,
        )

    def windowed(self, denoise: ToldDenoise, ratio: int, *, since: int | None = None) -> Windowed:
        """`denoise` in windows of `Config.window_seconds`, for signals of one frame for `ratio` samples.

        Each window is told where it begins, `since` samples and more behind the beginning of the sound. Without `since`
        it is told what the whole is told: of a loop, which begins nowhere.
        """
        size = max(OVERLAP, round(self.config.window_seconds * self.sample_rate / ratio))
        if since is None:
            return Windowed(denoise, size, size // OVERLAP)

        def begun(conditions: Conditions, start: int) -> Conditions:
            return self.conditioner.beginning(conditions, (since + start * ratio) / self.sample_rate)

        return Windowed(denoise, size, size // OVERLAP, begun)

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
        """Sizes and rates in plain numbers.

        Long sound goes through in windows of the model's own (`own_windows`): they are sampled together, out of one
        noise, so that whoever plays gives it all of a sound.
        """
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
            "own_windows": True,
        }
        return dict(facts)
