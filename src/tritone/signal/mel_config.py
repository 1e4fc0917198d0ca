"""What a mel spectrogram is measured with. Importable without torch."""

from dataclasses import dataclass
from typing import Literal

from tritone.errors import UserError


@dataclass(frozen=True)
class MelConfig:
    """A logarithmic mel spectrogram: natural logarithm of mel-weighted magnitudes, not below log `floor`.

    The bands are laid out for `rate`. A model at another sample rate uses the same bins of its own transform, so that
    one vocoder serves 44.1 and 48 kHz: everything it knows is moved in pitch by their ratio alone.
    """

    rate: int = 44_100
    """Sample rate for which the bands are laid out."""
    mels: int = 128
    """Number of bands."""
    window: int = 1024
    """Length of the Hann window and of the transform in samples."""
    hop: int = 256
    """Samples between the vocoder's frames."""
    low: float = 0.0
    """Lower edge of the lowest band in Hertz."""
    high: float | None = None
    """Upper edge of the highest band in Hertz; by default half the rate."""
    floor: float = 1e-5
    """Mel magnitude under which everything is silence."""
    scale: Literal["slaney", "htk"] = "slaney"
    """The mel scale, and with it the area of the filters; see `signal.mel`."""

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be at least {least}, not {getattr(self, name)}"
            for name, least in (("rate", 1), ("mels", 1), ("window", 16), ("hop", 1), ("low", 0))
            if getattr(self, name) < least
        ]
        if (self.window - self.hop) % 2:
            problems.append(f"window and hop must both be even or both odd, not {self.window} and {self.hop}")
        if self.high is not None and not self.low < self.high <= self.rate / 2:
            problems.append(f"high must lie between low and half the rate, not {self.high}")
        if not 0 < self.floor < 1:
            problems.append(f"floor must lie between 0 and 1, not {self.floor}")
        if problems:
            raise UserError("mel: " + "; ".join(problems) + ".")
