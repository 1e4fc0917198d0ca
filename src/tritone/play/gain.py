"""Sound brought to the loudness that a model knows, and back to its own: for timbre transfer."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tritone.config import read_run_config
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.signal.loudness import integrated_loudness, level

MOST_SECONDS = 180
"""So much of the training sound is measured, taken from all over it."""
PIECE_SECONDS = 6
"""So much of each of its items at most."""
ROUNDS, TOLERANCE = 8, 0.005
"""How often a gain is corrected at most, and the LU that are left alone."""


def loudness(audio: Tensor, rate: int) -> float:
    """Loudness in LUFS (BS.1770) of `(batch, channels, time)`, whose batch counts as one sound; -inf for silence.

    The gated loudness, or for sound shorter than 400 ms its level.
    """
    samples = audio.detach().cpu().transpose(0, 1).flatten(1).numpy()
    gated = integrated_loudness(samples, rate)
    return level(samples, rate) if gated is None else gated


def training_loudness(run: Path) -> float:
    """Loudness in LUFS of the sound that a run was trained on. UserError where that is not there any more."""
    data = Path(read_run_config(run).data)
    mend = "say with --loudness how loud the training sound is, in LUFS"
    try:
        dataset = Dataset.open(data)
    except UserError as error:
        raise UserError(f"--match-gain measures the sound that {run} learned from, but {error} Or {mend}.") from error
    items = dataset.split("train")
    piece = PIECE_SECONDS * dataset.sample_rate
    most = max(1, MOST_SECONDS * dataset.sample_rate // min(piece, max(item.frames for item in items)))
    chosen = items[:: -(-len(items) // most)]
    pieces = [dataset.read(item, 0, min(piece, item.frames)) for item in chosen]
    found = loudness(torch.from_numpy(np.concatenate(pieces, 1))[None], dataset.sample_rate)
    if found == float("-inf"):
        raise UserError(f"The sound in {data} is silent, so that there is no loudness to match; {mend}.")
    return found


def brought_to(audio: Tensor, target: float, rate: int, most: float | None = None) -> Tensor:
    """`(batch, channels, time)` at `target` LUFS; silence stays silence. `most` limits the largest magnitude.

    A pause that was silence may count once it is louder (the gate at -70 LUFS), so that it takes a few rounds.
    """
    made, found = audio, loudness(audio, rate)
    if found == float("-inf") or target == float("-inf"):
        return audio
    gain = 0.0
    for _ in range(ROUNDS):
        gain += target - found
        made = audio * 10 ** (gain / 20)
        found = loudness(made, rate)
        if abs(found - target) < TOLERANCE:
            break
    peak = float(made.abs().max())
    return made * (most / peak) if most is not None and peak > most else made
