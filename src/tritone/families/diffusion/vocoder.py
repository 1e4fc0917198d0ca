"""A mel spectrogram as what the denoiser is told: sound to spectrogram and back, and a vocoder for other families."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tritone.data.batch import Batch
from tritone.errors import UserError
from tritone.families.base import Capability, Precision
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.controls import Controls, Show, silent
from tritone.families.diffusion.diffusion_model import DiffusionModel, Seeds
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.config import SamplerName
from tritone.nn.diffusion.objective import Denoiser
from tritone.nn.mel_frames import MelFrames
from tritone.nn.vocoders.config import denoising
from tritone.nn.vocoders.diffusion import DiffusionVocoder


class DiffusionVocoderModel(DiffusionModel):
    """A diffusion vocoder beside the spectrogram that it reads. `vocoder` is what other families take over.

    The denoiser is the vocoder's. The spectrogram says how loud sound is, so the scale of the data is not measured.
    """

    controls = ("steps", "sampler", "show")
    vocoder: DiffusionVocoder

    def __init__(self, config: Config) -> None:
        if config.by_label or config.by_tempo or config.by_seconds or config.text:
            raise UserError(
                "model: a vocoder is told a spectrogram and nothing else; leave by_label, by_tempo, by_seconds and "
                "text out."
            )
        super().__init__(config)
        self.frames = MelFrames(config.mel)
        self.domain.fitted.fill_(True)

    def set_denoiser(self, *, channels: int, context: int, vector: int) -> None:
        """Make the vocoder, which has a denoiser."""
        config = self.config
        self.vocoder = DiffusionVocoder(
            denoising(
                channels=config.channels,
                mel=config.mel,
                network=config.network,
                noise=config.noise,
                sampling=config.sampling,
            )
        )

    @property
    def denoiser(self) -> Denoiser:  # type: ignore[override]
        """That of the vocoder."""
        return self.vocoder.denoiser

    def capabilities(self) -> frozenset[Capability]:
        """Sound to spectrogram and back."""
        return frozenset({"reconstruct"})

    def learn(self, batch: Batch, dropped: Tensor) -> tuple[Tensor, Conditions, dict[str, Tensor]]:
        """See `DiffusionModel.learn`; there is nothing that guidance could exaggerate."""
        with torch.no_grad():
            log_mel = self.frames.at_hop(batch.audio)
        told = self.vocoder.told(log_mel)
        return self.vocoder.clean(batch.audio, told.loudness), Conditions(channels=told.channels), {}

    def preview(self, batch: Batch) -> Mapping[str, list[Tensor]]:
        """Held-out sound and what its spectrogram turns into."""
        return {"input": list(batch.audio), "output": list(self.reconstruct(batch.audio, noise_seeds=batch.seeds))}

    @torch.inference_mode()
    def reconstruct(
        self,
        audio: Tensor,
        dims: int | None = None,
        fidelity: float | None = None,
        seeds: Seeds | None = None,
        noise_seeds: Seeds | None = None,
        *,
        steps: int | None = None,
        sampler: SamplerName | None = None,
        show: Show = silent,
    ) -> Tensor:
        """Through the mel spectrogram and back, `(batch, channels, time)`, of the same length and without offset.

        Row i is drawn from `noise_seeds[i]` alone, without them from seed 0. There is no latent: `dims`, `fidelity` or
        a sample of it (`seeds`) are a UserError.
        """
        if (dims, fidelity, seeds) != (None, None, None):
            raise UserError("A vocoder has no latent; leave --dims, --fidelity and --sampled out.")
        sampling = Controls(steps=steps, sampler=sampler).sampling(self.config.sampling)
        log_mel = self.frames.at_hop(self.fitting(audio))
        return self.vocoder.render(log_mel, noise_seeds, sampling, show=show)[..., : audio.shape[-1]]

    def use_precision(self, precision: Precision) -> None:
        """Play in float32, or with the denoiser in bf16. Weights that were rounded to bf16 stay so."""
        self.vocoder.use_precision(precision)

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers."""
        mel = self.config.mel
        return {
            **super().facts(),
            "mels": mel.mels,
            "window": mel.window,
            "ratio": mel.hop,
            "parameters": sum(parameter.numel() for parameter in self.vocoder.parameters()),
        }
