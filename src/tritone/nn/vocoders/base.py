"""What every vocoder is: a network from mel spectrogram to sound that knows how far it looks."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from torch import Tensor, nn

from tritone.nn.vocoders.config import VocoderConfig

NETWORKS = (nn.Linear, nn.Conv1d, nn.ConvTranspose1d)
"""Layers whose arithmetic can be chosen for playing."""


class Vocoder(nn.Module, ABC):
    """From log-mel `(batch, channels, mels, frames)` to sound `(batch, channels, frames * hop)`; see `nn.mel_frames`.

    A sample of a network depends on the frame it lies in and on at most `context` frames on either side.
    """

    context: int
    precision: Literal["float32", "bf16"] = "float32"

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        self.config = config
        self.channels, self.hop = config.channels, config.mel.hop

    @abstractmethod
    def forward(self, log_mel: Tensor) -> Tensor:
        """The sound of a stretch of frames with silence around it."""

    def around(self, log_mel: Tensor) -> Tensor:
        """The sound of frames that lie on a circle: the last leads into the first, on both sides.

        As much of the circle as the vocoder can see is laid before and after it, more than once where it is short.
        """
        frames = log_mel.shape[-1]
        audio = self(log_mel[..., self.places(frames, log_mel.device)])
        return audio[..., self.context * self.hop : (self.context + frames) * self.hop]

    def places(self, frames: int, device: torch.device) -> Tensor:
        """Indices into a circle of `frames` that begin `context` before it and end as much behind."""
        return torch.arange(-self.context, frames + self.context, device=device) % frames

    def use_precision(self, precision: Literal["float32", "bf16"]) -> None:
        """Play in float32, or with the networks in bf16. Fold weight norm first; weights once rounded stay so."""
        self.precision = precision
        for layer in self.modules():
            if isinstance(layer, NETWORKS):
                layer.to(torch.float32 if precision == "float32" else torch.bfloat16)

    def arithmetic(self, signal: Tensor) -> AbstractContextManager[object]:
        """What the network runs in: bf16 where that was chosen for playing, else whatever holds outside."""
        return nullcontext() if self.precision == "float32" else torch.autocast(signal.device.type, torch.bfloat16)
