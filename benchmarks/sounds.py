"""Real sound for the benchmarks: the drum loops that ship with the package, as mono."""

import sys
from functools import cache

import numpy as np
import torch
from torch import Tensor

from tritone.assets import LOOPS
from tritone.signal.files import read_audio


@cache
def shipped_loops() -> dict[str, Tensor]:
    """Each loop by name, mono `(1, time)` at 44.1 kHz."""
    loops = {}
    for path in sorted(LOOPS.glob("*.ogg")):
        audio, rate = read_audio(path)
        if rate != 44_100:
            raise RuntimeError(f"{path} is at {rate} Hz")
        loops[path.stem] = torch.from_numpy(np.ascontiguousarray(audio.mean(0, keepdims=True)))
    return loops


def training_batch(batch: int, samples: int) -> Tensor:
    """The loops one after another, cut into `(batch, 1, samples)`."""
    whole = torch.cat(list(shipped_loops().values()), -1)
    return whole[:, : batch * samples].reshape(batch, 1, samples).clone()


if __name__ == "__main__":
    sys.exit("sounds.py is a part of the benchmarks; run vae_speed.py.")
