"""The vocoder as an instrument: sound to mel spectrogram and back, to hear what the spectrogram keeps."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Capability, Precision, Synthesizer
from tritone.families.vocoder.config import Config
from tritone.nn.blocks import fold_weight_norm
from tritone.nn.mel_frames import MelFrames
from tritone.nn.vocoders import build_vocoder


def build(config: Config) -> "VocoderModel":
    """A vocoder with fresh weights."""
    return VocoderModel(config)


class VocoderModel(Synthesizer):
    """A vocoder beside the spectrogram that it reads. `vocoder` is what other families take over."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.sample_rate, self.channels = config.sample_rate, config.channels
        self.frames = MelFrames(config.network.mel)
        self.vocoder = build_vocoder(config.network)

    def capabilities(self) -> frozenset[Capability]:
        """Sound to spectrogram and back."""
        return frozenset({"reconstruct"})

    def use_precision(self, precision: Precision) -> None:
        """Play in float32, or with the network in bf16. Folds weight norm; weights rounded to bf16 stay so."""
        fold_weight_norm(self)
        self.vocoder.use_precision(precision)

    @torch.inference_mode()
    def reconstruct(
        self,
        audio: Tensor,
        dims: int | None = None,
        fidelity: float | None = None,
        seeds: Sequence[int] | Tensor | None = None,
        noise_seeds: Sequence[int] | Tensor | None = None,
    ) -> Tensor:
        """Through the mel spectrogram and back, `(batch, channels, time)`, of the same length and without offset.

        Mono sound for a stereo vocoder is doubled. There is no latent and no noise: `noise_seeds` change nothing, and
        asking for `dims`, `fidelity` or a sample (`seeds`) is a UserError.
        """
        if (dims, fidelity, seeds) != (None, None, None):
            raise UserError("A vocoder has no latent; leave --dims, --fidelity and --sampled out.")
        return self.vocoder(self.frames.at_hop(self.fitting(audio)))[..., : audio.shape[-1]]

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers."""
        network = self.config.network
        reach = (self.vocoder.context + 1) * network.mel.hop + network.mel.window // 2
        return {
            "architecture": network.architecture,
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "mels": network.mel.mels,
            "window": network.mel.window,
            "ratio": network.mel.hop,
            "parameters": sum(parameter.numel() for parameter in self.vocoder.parameters()),
            "receptive_field_back": reach,
            "receptive_field_ahead": reach,
            "delay_samples": reach,
        }
