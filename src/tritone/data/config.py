"""What may be set about data. Importable without torch or numpy, so that `--help` stays fast."""

from dataclasses import dataclass

from tritone.errors import UserError


@dataclass(frozen=True)
class AugmentConfig:
    """Random changes made to every training crop; all probabilities are per crop."""

    phase_rotation: float = 0.8
    """Probability of a random second-order all-pass (RAVE, arXiv 2111.05011): same sound, other waveform."""
    dequantise: bool = True
    """Add triangular noise of one 16-bit step, so that silence is not exactly zero."""
    gain: float = 0.0
    """Probability of a random gain."""
    gain_db: tuple[float, float] = (-6.0, 3.0)
    """Range of the random gain in decibels."""
    mute: float = 0.0
    """Probability of replacing the crop by silence."""
    compress: float = 0.0
    """Probability of a random dynamic-range compression."""
    pitch: float = 0.0
    """Probability of playing the crop faster or slower (tape-style pitch change)."""
    pitch_range: tuple[float, float] = (0.7, 1.3)
    """Speed factors between which the pitch augmentation draws."""

    def __post_init__(self) -> None:
        problems = [
            f"{name} is a probability and must lie between 0 and 1, not {getattr(self, name)}"
            for name in ("phase_rotation", "gain", "mute", "compress", "pitch")
            if not 0.0 <= getattr(self, name) <= 1.0
        ]
        if self.gain_db[0] > self.gain_db[1]:
            problems.append(f"gain_db must go from low to high, not {self.gain_db}")
        if not 0.1 <= self.pitch_range[0] <= self.pitch_range[1] <= 10.0:
            problems.append(f"pitch_range must go from low to high within 0.1 to 10, not {self.pitch_range}")
        if problems:
            raise UserError("augment: " + "; ".join(problems) + ".")
