"""From the bands of a spectrogram to a signal of the sound's own length, for networks that work on waveforms."""

from math import ceil

import torch
from torch import Tensor, nn


class Flatten(nn.Module):
    """A learned bank of `bands` waveforms of `window` samples, each as loud as its band, added up every `hop` samples.

    The transposed convolution of audio-diffusion-pytorch's vocoder. Every sound channel goes through the same bank, and
    stereo stays one sound of two channels. `(batch, channels, bands, frames)` to `(batch, channels, frames * hop)`.
    window - hop is even and not negative.
    """

    def __init__(self, bands: int, window: int, hop: int) -> None:
        super().__init__()
        margin = (window - hop) // 2
        self.hop, self.reach = hop, ceil(margin / hop)
        self.bank = nn.ConvTranspose1d(bands, 1, window, stride=hop, padding=margin, bias=False)
        nn.init.normal_(self.bank.weight, std=(bands * window / hop) ** -0.5)

    def forward(self, rows: Tensor, circular: bool = False) -> Tensor:
        """With `circular` the frames lie on a circle: the last leads into the first, on both sides."""
        batch, channels, _, frames = rows.shape
        if circular:
            rows = rows[..., torch.arange(-self.reach, frames + self.reach, device=rows.device) % frames]
        flat: Tensor = self.bank(rows.flatten(0, 1)).reshape(batch, channels, -1)
        return flat[..., self.reach * self.hop : (self.reach + frames) * self.hop] if circular else flat
