"""What may be set about data. Importable without torch or numpy, so that `--help` stays fast."""

from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True)
class PrepareConfig:
    """How a folder of sound becomes a DATA folder; what is written depends on these and on the files alone."""

    sample_rate: int = 44_100
    """Samples a second of the prepared sound."""
    channels: int = 1
    """1 mono (the mean of left and right), 2 stereo."""
    dtype: Literal["int16", "float32"] = "int16"
    """How samples are stored; float32 keeps 24-bit recordings whole and takes twice the space."""
    lazy: bool = False
    """Store only the index and read crops from the original files, which takes no space and is slower."""
    bars: float | None = None
    """Cut every file into loops of this many bars; needs a tempo."""
    bpm: float | None = None
    """Tempo, for `bars`, of files for which neither a note beside the file nor its name gives one."""
    beats_per_bar: int = 4
    """Beats in a bar, for `bars`."""
    validation: float = 0.1
    """Share of the sound that is held out; 0 holds nothing out."""
    seed: int = 0
    """Decides which files are held out."""
    licence: str = "not stated"
    """Licence of the sound, written into DATA's README."""

    def __post_init__(self) -> None:
        problems = []
        if not 1_000 <= self.sample_rate <= 384_000:
            problems.append(f"sample_rate must lie between 1000 and 384000, not {self.sample_rate}")
        if self.channels not in (1, 2):
            problems.append(f"channels must be 1 (mono) or 2 (stereo), not {self.channels}")
        if self.dtype not in ("int16", "float32"):
            problems.append(f"dtype must be int16 or float32, not {self.dtype}")
        if self.bars is not None and not 0 < self.bars <= 1024:
            problems.append(f"bars must lie between 0 and 1024, not {self.bars}")
        if self.bpm is not None and not 20 <= self.bpm <= 400:
            problems.append(f"bpm must lie between 20 and 400, not {self.bpm}")
        if self.bpm is not None and self.bars is None:
            problems.append("bpm needs bars, the length of one loop")
        if self.beats_per_bar < 1:
            problems.append(f"beats_per_bar must be at least 1, not {self.beats_per_bar}")
        if not 0 <= self.validation <= 0.5:
            problems.append(f"validation is a share and must lie between 0 and 0.5, not {self.validation}")
        if problems:
            raise UserError("prepare: " + "; ".join(problems) + ".")
