"""The filter bank that does not split: one band, which is the sound itself."""

from torch import Tensor, nn


class WholeBand(nn.Module):
    """Stands where `Pqmf` stands, for networks that read and write the waveform or its spectrum themselves."""

    bands = 1
    causal = False
    delay_samples = 0

    def analysis(self, audio: Tensor) -> Tensor:
        """`(batch, channels, time)` as it is."""
        return audio

    def synthesis(self, bands: Tensor) -> Tensor:
        """`(batch, channels, time)` as it is."""
        return bands

    def analysis_lag(self, before: int) -> int:
        """Frames by which a stream runs behind: one sample is one frame."""
        return before

    def synthesis_lag(self, before: int) -> int:
        """Samples by which a stream runs behind: one frame is one sample."""
        return before

    def analysis_reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last sample on which the frames `first` to `last` depend."""
        return first, last

    def synthesis_reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last frame on which the samples `first` to `last` depend."""
        return first, last
