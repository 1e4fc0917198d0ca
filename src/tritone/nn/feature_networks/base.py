"""What every frozen feature network offers to discriminators and judges."""

from torch import Tensor, nn

from tritone.signal.mel_config import MelConfig


class FeatureNetwork(nn.Module):
    """A pretrained audio network, frozen, in evaluation mode, with its own differentiable front end.

    Everything is differentiable by its input and by nothing else. Spectrograms `(batch, bands, frames)` are what the
    network itself was trained on: its own bands, its own compression, its own scale.
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

    def from_audio(self, audio: Tensor, rate: int) -> Tensor:
        """Its spectrogram `(batch, bands, frames)` of `audio (batch, channels, time)` at any `rate`, mixed to mono."""
        raise NotImplementedError

    def from_mel(self, log_mel: Tensor, mel: MelConfig, rate: int, frame_rate: float, circular: bool) -> Tensor:
        """Its spectrogram, worked out from another log-mel spectrogram `(batch, bands, frames)` of frames at `frame_rate`
        a second, measured on sound at `rate` samples a second; `circular` for loops.
        """
        raise NotImplementedError

    def maps(self, spectrogram: Tensor) -> list[Tensor]:
        """Four feature maps `(batch, widths[i], bands_i, frames_i)`, the finest first, of any number of frames."""
        raise NotImplementedError

    def embed(self, spectrogram: Tensor) -> Tensor:
        """One embedding `(batch, dims)` for each spectrogram: the mean over its windows (short ones are repeated)."""
        raise NotImplementedError
