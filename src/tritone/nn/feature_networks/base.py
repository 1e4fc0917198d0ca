"""What every frozen feature network offers to discriminators and judges."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn

from tritone.nn.feature_networks.from_mel import MelBridge
from tritone.nn.feature_networks.front import FrontEnd, mono, resample
from tritone.signal.mel_config import MelConfig


class FeatureNetwork(nn.Module, ABC):
    """A pretrained audio network, frozen, in evaluation mode, with its own differentiable front end.

    Everything is differentiable by its input and by nothing else. Spectrograms `(batch, bands, frames)` are what the
    network itself was trained on: its own bands, its own compression, its own scale. Spectrograms are worked out in
    float32, also under autocast. A network defines `compress`, `maps` and `embed_windows`; the rest follows.
    """

    name: str
    """As in the table of `load_network`."""
    sample_rate: int
    """Rate of the sound that its front end works on."""
    frame_rate: float
    """Frames a second of its spectrogram."""
    window_frames: int
    """Frames of one analysis window of the original network, for `embed`."""
    widths: tuple[int, int, int, int]
    """Channels of the four maps."""
    dims: int
    """Dimensions of an embedding."""
    front: FrontEnd
    """Sound at `sample_rate` -> mel spectrogram before compression."""

    def __init__(self) -> None:
        super().__init__()
        self._bridges: dict[tuple[MelConfig, int], MelBridge] = {}

    def freeze(self) -> None:
        """Evaluation mode, and no weight asks for a gradient; to be called at the end of loading."""
        self.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> FeatureNetwork:
        """Stays in evaluation mode, also as part of a module that trains."""
        return super().train(False)

    def from_audio(self, audio: Tensor, rate: int) -> Tensor:
        """Its spectrogram `(batch, bands, frames)` of `audio (batch, channels, time)` at any `rate`, mixed to mono."""
        with torch.autocast(audio.device.type, enabled=False):
            return self.compress(self.front(resample(mono(audio).float(), rate, self.sample_rate)))

    def from_mel(self, log_mel: Tensor, mel: MelConfig, rate: int, frame_rate: float, circular: bool) -> Tensor:
        """Its spectrogram, worked out from another log-mel spectrogram `(batch, mels, frames)` with `frame_rate` frames
        a second, measured on sound at `rate` samples a second; `circular` for loops. See `MelBridge`.
        """
        if (mel, rate) not in self._bridges:
            self._bridges[mel, rate] = MelBridge(self.front, mel, rate)
        bridge = self._bridges[mel, rate].to(log_mel.device)
        with torch.autocast(log_mel.device.type, enabled=False):
            return self.compress(bridge(log_mel.float(), frame_rate, circular))

    @abstractmethod
    def compress(self, mel: Tensor) -> Tensor:
        """The network's own scale of the mel spectrogram `(batch, bands, frames)` that its front end measures."""

    @abstractmethod
    def maps(self, spectrogram: Tensor, count: int = 4) -> list[Tensor]:
        """The first `count` of four feature maps `(batch, widths[i], bands_i, frames_i)`, the finest first, of any
        number of frames (from the network's least upwards). Later layers than needed are not computed.
        """

    def embed(self, spectrogram: Tensor) -> Tensor:
        """One embedding `(batch, dims)` for each spectrogram: the mean over its windows; see `over_windows`."""
        return self.over_windows(spectrogram, self.embed_windows)

    def over_windows(self, spectrogram: Tensor, measure: Callable[[Tensor], Tensor]) -> Tensor:
        """The mean `(batch, values)` of `measure` over windows of `window_frames` frames, half a window apart and up to
        the very end; what is shorter than a window is repeated until it fills one.
        """
        frames, window = spectrogram.shape[-1], self.window_frames
        if frames < window:
            spectrogram = spectrogram.repeat(1, 1, -(-window // frames))[..., :window]
        last = spectrogram.shape[-1] - window
        starts = [*range(0, last, max(1, window // 2)), last]
        windows = torch.stack([spectrogram[..., start : start + window] for start in starts], dim=1)
        return measure(windows.flatten(0, 1)).unflatten(0, (-1, len(starts))).mean(1)

    @abstractmethod
    def embed_windows(self, windows: Tensor) -> Tensor:
        """The original network's embeddings `(count, dims)` of windows `(count, bands, window_frames)`."""
