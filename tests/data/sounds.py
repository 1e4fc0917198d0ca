"""Small synthetic sounds for the tests of data."""

from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000


def noise(seconds: float, seed: int, channels: int = 1, rate: int = RATE, level: float = 0.3) -> np.ndarray:
    """Noise `(channels, frames)` in bursts of its own rhythm and colour, so that two seeds are never alike."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * rate)
    sound = rng.uniform(-1, 1, (channels, frames))
    gates = np.repeat(rng.uniform(0, 1, frames // 800 + 1) ** 3, 800)[:frames]
    tone = np.sin(2 * np.pi * rng.uniform(100, 3_000) * np.arange(frames) / rate)
    return (level * (0.5 * sound * gates + 0.5 * tone * gates[::-1])).astype(np.float32)


def write(path: Path, audio: np.ndarray, rate: int = RATE, subtype: str | None = "PCM_16") -> Path:
    """Writes `(channels, frames)` and makes the folders above."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio.T, rate, subtype=subtype)
    return path


def folder(path: Path, files: int = 4, seconds: float = 2.0, channels: int = 1) -> Path:
    """A folder of different sounds, 00.wav and so on."""
    for index in range(files):
        write(path / f"{index:02d}.wav", noise(seconds, index, channels))
    return path
