"""Folders of sound from three systems and of real sound, for tests of plans."""

from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000


def noise(number: int, samples: int, level: float = 0.1, channels: int = 1) -> np.ndarray:
    """`(samples, channels)` of noise that fades, another one for every number."""
    rng = np.random.default_rng(number)
    return level * rng.standard_normal((samples, channels)) * np.linspace(1, 0.2, samples)[:, None]


def folder_of(
    folder: Path, system: int, count: int = 12, samples: int = RATE, rate: int = RATE, level: float = 0.1
) -> Path:
    """A folder of sounds `item-N.wav`."""
    folder.mkdir(parents=True)
    for item in range(count):
        soundfile.write(folder / f"item-{item:02d}.wav", noise(1000 * system + item, samples, level), rate)
    return folder


def folders(root: Path, systems: int = 3, **shape) -> tuple[list[str], Path]:
    """What `tritone listen plan` takes: NAME=FOLDER for each system, each at another level, and the real folder."""
    names = [
        f"sys{number}={folder_of(root / f's{number}', number, level=0.02 * number, **shape)}"
        for number in range(1, systems + 1)
    ]
    return names, folder_of(root / "real-sound", 9, **shape)
