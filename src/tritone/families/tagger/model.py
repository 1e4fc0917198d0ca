"""The tagger: a sound in, a probability for every label out."""

from typing import Any

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Capability, Synthesizer
from tritone.families.tagger.config import Config
from tritone.nn.feature_networks.scnn import SCNNFeatures


def build(config: Config) -> "Tagger":
    """A tagger with fresh weights. UserError where the labels are not known yet."""
    return Tagger(config)


class Tagger(Synthesizer):
    """A short-chunk CNN with residual blocks (arXiv 2006.00751) as a synthesizer that makes no sound."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        if len(config.labels) < 2:
            raise UserError(
                "model.labels must name at least two labels; `tritone train tagger DATA` takes them from DATA."
            )
        self.config = config
        self.sample_rate, self.channels, self.labels = config.sample_rate, config.channels, config.labels
        self.features = SCNNFeatures(
            mel=config.mel,
            window_frames=config.window_frames,
            classes=len(config.labels),
            widths=config.widths,
            hidden=config.hidden,
        )

    def capabilities(self) -> frozenset[Capability]:
        """It tells labels, and that is all."""
        return frozenset({"tag"})

    @torch.no_grad()
    def spectrogram(self, audio: Tensor) -> Tensor:
        """The log-mel spectrogram `(batch, mels, frames)` of audio `(batch, channels, time)` at `sample_rate`."""
        return self.features.from_audio(audio, self.sample_rate)

    @torch.no_grad()
    def tag(self, audio: Tensor) -> Tensor:
        """Probabilities `(batch, labels)` of audio `(batch, channels, time)`, from the mean embedding over windows."""
        embedding = self.features.embed(self.spectrogram(audio))
        return self.features.network.output(embedding).float().softmax(1)

    def facts(self) -> dict[str, Any]:
        """What `tritone inspect` prints."""
        return {
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "labels": ", ".join(self.labels),
            "parameters": sum(parameter.numel() for parameter in self.parameters()),
            "embedding": self.config.hidden,
            "window_seconds": self.config.window_frames * self.config.mel.hop / self.config.mel.rate,
        }
