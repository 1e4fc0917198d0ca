"""Rendered drum loops for the GAN benchmarks: what is trained on, and others of the same kits that are held out."""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tritone.data.prepare import prepare
from tritone.data.render import render_loops
from tritone.signal.files import read_audio

RATE = 44_100
SHELVES = "abc"
LOOPS, HELD_OUT = 1600, 640
QUICK_LOOPS, QUICK_HELD_OUT = 320, 256
BPM, SECONDS = 120.0, 2.0
READY = "index.json"
"""What is written last into a DATA folder."""


def training_data(work: Path, count: int, validation: float = 0.02) -> Path:
    """The DATA folder of `count` one-bar loops at 120 BPM, mono, labelled by genre; made where it is not there."""
    data, loops = work / f"data-{count}", work / f"loops-{count}"
    if not (data / READY).exists():
        render_loops(loops, count, sample_rate=RATE, channels=1, seed=0, shelves=SHELVES)
        prepare([loops], data, sample_rate=RATE, bars=1, validation=validation)
    return data


def held_out_loops(work: Path, count: int) -> Tensor:
    """`(count, 1, time)`: loops of the same kits and kinds, of another seed."""
    folder = work / f"held-out-{count}"
    paths = render_loops(folder, count, sample_rate=RATE, channels=1, seed=1, shelves=SHELVES)
    return torch.from_numpy(np.stack([read_audio(path)[0] for path in paths]))


if __name__ == "__main__":
    sys.exit("gan_data.py is a part of the benchmarks; run gan_convergence.py.")
