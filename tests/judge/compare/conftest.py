"""A comparison of plain folders, made once: one system close to the real sound, one far from it, and one that returns
what went into it with a little noise.
"""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from acting import run_inside

RATE, SOUNDS = 8000, 14


def knock(number: int, colour: float = 0.0) -> np.ndarray:
    """A decaying tone with noise, `(time,)`; `colour` is how much noise."""
    rng = np.random.default_rng(number)
    time = np.arange(RATE // 2) / RATE
    tone = np.sin(2 * np.pi * rng.uniform(150, 600) * time)
    noise = rng.normal(0, 0.3, len(time))
    return (0.4 * ((1 - colour) * tone + (0.1 + colour) * noise) * np.exp(-time * rng.uniform(5, 15))).astype(
        np.float32
    )


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> Path:
    """Folders real, near, far and back. Read only."""
    home = tmp_path_factory.mktemp("compared")
    for name in ("real", "near", "far", "back"):
        (home / name).mkdir()
    rng = np.random.default_rng(9)
    for number in range(SOUNDS):
        real = knock(number)
        soundfile.write(home / f"real/hit {number:02d}.wav", real, RATE, subtype="FLOAT")
        soundfile.write(home / f"near/n{number:02d}.wav", knock(100 + number), RATE, subtype="FLOAT")
        soundfile.write(home / f"far/f{number:02d}.wav", knock(200 + number, 1.0), RATE, subtype="FLOAT")
        noisy = real + rng.normal(0, 0.003, len(real))
        soundfile.write(home / f"back/hit_{number:02d}.wav", noisy, RATE, subtype="FLOAT")
    return home


@pytest.fixture(scope="session")
def report(folders) -> Path:
    """The report. Read only."""
    out = folders / "report"
    words = [str(folders / "near"), f"noise={folders / 'far'}", str(folders / "back")]
    options = ("--count", SOUNDS, "--rows", 3, "--embeddings", "logmel")
    assert run_inside("compare", *words, "--reference", folders / "real", "--out", out, *options) == 0
    return out
