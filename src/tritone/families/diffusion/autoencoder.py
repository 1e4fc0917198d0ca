"""A diffusion autoencoder: sound to a small latent, and sound again, whose details are drawn (Mousai, 2301.11757)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from tritone.data.batch import Batch
from tritone.errors import UserError
from tritone.families.base import Capability, Precision
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.controls import Controls
from tritone.families.diffusion.diffusion_model import DiffusionModel, Seeds
from tritone.families.diffusion.encoder import MagnitudeEncoder
from tritone.families.diffusion.wishes import checked_controls
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.denoise import Denoise
from tritone.nn.diffusion.rolled import Rolled
from tritone.nn.diffusion.samplers import sample
from tritone.nn.losses import kl_divergence
from tritone.nn.noise import sample_normal

LATENT = 0x517CC1B7
"""What seeds are crossed with to draw latents, so that they have nothing in common with the noise of the sound."""


class DiffusionAutoencoder(DiffusionModel):
    """An encoder of magnitudes and, as its decoder, a denoiser that is told the latent.

    What the latent does not hold (phases, the texture of noise) is drawn from seeds. Both learn from the denoising
    loss and from "kl", the divergence of the bottleneck from a standard normal. A tanh has it too, for a deviation of 1
    before it: without, latents soon rest at the ends of their range, where hardly any gradient comes through.
    """

    def __init__(self, config: Config) -> None:
        shape = config.encoder
        super().__init__(config, context=shape.latent)
        self.ratio = shape.mel.hop * shape.factor
        self.encoder = MagnitudeEncoder(
            mel=shape.mel,
            channels=config.channels,
            width=shape.width,
            layers=shape.layers,
            factor=shape.factor,
            latent=shape.latent,
            variational=shape.bottleneck == "variational",
        )

    def capabilities(self) -> frozenset[Capability]:
        """Sound to latents and back."""
        return frozenset({"encode", "decode", "reconstruct"})

    def learn(self, batch: Batch, dropped: Tensor) -> tuple[Tensor, Conditions, dict[str, Tensor]]:
        """See `DiffusionModel.learn`; what the denoiser is told leads back into the encoder."""
        hidden = self.encoder.hidden(batch.audio)
        latent, std = self.encoder.bottleneck(hidden)
        divergence = kl_divergence(hidden, torch.ones_like(hidden)) if std is None else kl_divergence(latent, std)
        if std is not None and self.training:
            latent = latent + std * sample_normal(batch.seeds ^ LATENT, latent.shape[1:], latent.device)
        clean = self.domain.normalise(self.domain.read(batch.audio))
        return clean, replace(self.conditioner.told(batch, dropped), context=latent), {"kl": divergence}

    def preview(self, batch: Batch) -> Mapping[str, list[Tensor]]:
        """Held-out sound and its reconstruction."""
        return {"input": list(batch.audio), "output": list(self.reconstruct(batch.audio, noise_seeds=batch.seeds))}

    @torch.inference_mode()
    def encode(
        self, audio: Tensor, dims: int | None = None, fidelity: float | None = None, seeds: Seeds | None = None
    ) -> Tensor:
        """Audio `(batch, channels, time)` to `(batch, latent, frames)`, frames = ceil(time / ratio), at least 1.

        With `seeds` a variational latent is drawn, else it is the mean. The dimensions have no order, so asking for
        some of them (`dims`, `fidelity`) is a UserError, as is drawing where nothing is drawn (tanh).
        """
        if dims is not None or fidelity is not None:
            raise UserError("The dimensions of this latent have no order; leave --dims and --fidelity out.")
        latent, std = self.encoder.posterior(self.fitting(audio))
        if seeds is None:
            return latent
        if std is None:
            raise UserError("The latent of this model is not drawn at random (bottleneck tanh); leave --sampled out.")
        return latent + std * sample_normal(seeds, latent.shape[1:], latent.device)

    @torch.inference_mode()
    def decode(
        self,
        latent: Tensor,
        samples: int | None = None,
        seeds: Seeds | None = None,
        noise_seeds: Seeds | None = None,
        **wishes: Any,
    ) -> Tensor:
        """Latents `(batch, latent, frames)` of any length to audio `(batch, channels, time)`, cut to `samples`.

        Row i is drawn from `noise_seeds[i]` alone, without them from seed 0. As no dimension may be missing, none is
        filled in from `seeds`. `wishes` are `Controls`; with `loop` latent and sound are one period, which is brought
        to `samples`. UserError for a latent of other dimensions than the model's, or one that is too short.
        """
        controls = checked_controls(wishes, self.config.sampling)
        samples = latent.shape[-1] * self.ratio if samples is None else samples
        self._check(latent, samples, controls.loop)
        seeds = [0] * len(latent) if noise_seeds is None else noise_seeds
        signal = self.domain.restore(self._drawn(latent, seeds, controls))
        return (self.domain.leave_loop if controls.loop else self.domain.leave)(signal, samples)

    @torch.inference_mode()
    def reconstruct(
        self,
        audio: Tensor,
        dims: int | None = None,
        fidelity: float | None = None,
        seeds: Seeds | None = None,
        noise_seeds: Seeds | None = None,
        **wishes: Any,
    ) -> Tensor:
        """Through the latent and back, `(batch, channels, time)`, of the same length and without offset.

        UserError with `loop`: what is encoded has a beginning and an end.
        """
        if wishes.get("loop"):
            raise UserError("Sound is encoded with a beginning and an end; leave --loop out.")
        latent = self.encode(audio, dims, fidelity, seeds)
        return self.decode(latent, audio.shape[-1], noise_seeds=noise_seeds, **wishes)

    def use_precision(self, precision: Precision) -> None:
        """Play in float32, or with the networks in bf16. Weights that were rounded to bf16 stay so."""
        super().use_precision(precision)
        self.encoder.use_precision(precision)

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers; `latent_context` is how many frames on either side one depends on."""
        shape = self.config.encoder
        return {
            **super().facts(),
            "ratio": self.ratio,
            "latent": shape.latent,
            "latent_rate": self.sample_rate / self.ratio,
            "latent_context": self.encoder.context,
            "bottleneck": shape.bottleneck,
            "compression": self.channels * self.ratio / shape.latent,
            "encoder_parameters": sum(parameter.numel() for parameter in self.encoder.parameters()),
        }

    def _drawn(self, latent: Tensor, seeds: Seeds, controls: Controls) -> Tensor:
        """The signal of unit variance, all frames of it, out of noise.

        It is sampled as frames of `ratio` samples, so that windows of a long one and what they are told are cut alike.
        """
        latent, sampling = latent.to(self.device), controls.sampling(self.config.sampling)
        denoise = self._denoiser(latent, seeds, controls)
        shape = (self.domain.width * self.ratio, latent.shape[-1])
        return self._joined(sample(denoise, shape, seeds, sampling, device=self.device, show=controls.show))

    def _denoiser(self, latent: Tensor, seeds: Seeds, controls: Controls) -> Denoise:
        """The denoiser of the frames that go with a latent; of a loop both are turned around at every evaluation."""
        count, frames, loop = len(latent), latent.shape[-1], controls.loop
        asked = self.conditioner.asked(controls, count, frames * self.ratio / self.sample_rate, self.device)
        unsaid = self.conditioner.unsaid(controls.negative, count, self.device)
        windowed = self.windowed(self._clean_frames, self.ratio, since=None if loop else 0)

        def told(latent: Tensor) -> Denoise:
            return self.guided(
                replace(asked, channels=latent),
                replace(unsaid, channels=latent),
                controls.sampling(self.config.sampling),
                denoise=windowed,
                circular=loop,
            )

        if not loop:
            return told(latent)
        dims = latent.shape[1]
        turned = Rolled(lambda both, sigma: told(both[:, :dims])(both[:, dims:], sigma), seeds)
        return lambda x, sigma: turned(torch.cat([latent, x], 1), sigma)

    def _clean_frames(self, x: Tensor, sigma: Tensor, conditions: Conditions, circular: bool) -> Tensor:
        """The denoiser's estimate of frames `(batch, width * ratio, frames)`; their latent is among the channels."""
        told = replace(conditions, channels=None, context=conditions.channels)
        clean = self.denoiser(self._joined(x), sigma, told, circular)
        return clean.unflatten(2, (-1, self.ratio)).transpose(2, 3).flatten(1, 2)

    def _joined(self, frames: Tensor) -> Tensor:
        """Frames `(batch, width * ratio, frames)` as a signal `(batch, width, frames * ratio)`."""
        return frames.unflatten(1, (self.domain.width, self.ratio)).transpose(2, 3).flatten(2)

    def _check(self, latent: Tensor, samples: int, loop: bool) -> None:
        dims, available = self.config.encoder.latent, latent.shape[-1] * self.ratio
        if latent.ndim != 3 or latent.shape[1] != dims or not latent.shape[-1]:
            raise UserError(
                f"This model's latents are (batch, {dims}, frames), not {tuple(latent.shape)}; "
                "decode with the model that encoded them."
            )
        if not loop and samples > available:
            raise UserError(
                f"samples asks for {samples}, but this latent lasts {available}; give more frames or fewer samples."
            )
        if loop and samples < 1:
            raise UserError(f"samples must be at least 1 for a loop, not {samples}.")
