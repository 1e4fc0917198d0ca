"""Reading a stretch of an original file as if the whole of it had been resampled."""

from math import gcd
from pathlib import Path

import numpy as np

from tritone.signal.channels import mix
from tritone.signal.files import audio_info, read_audio
from tritone.signal.resample import resample

_CONTEXT = 1024  # samples of the slower of the two rates that the resampling filter may reach over


def read_source(path: Path, rate: int, channels: int, start: int, frames: int) -> np.ndarray:
    """Samples `start` to `start + frames`, counted at `rate`, of a file, as float32 `(channels, frames)`.

    The same samples as a resampling of the whole file would give (to the precision of the filter); zero after its end.
    Reads only what is needed: a little before and after, from a point that falls on the grid of both rates.
    """
    source_rate = audio_info(path).rate
    step_in, step_out = source_rate // gcd(source_rate, rate), rate // gcd(source_rate, rate)
    reach = -(-_CONTEXT * max(rate, source_rate) // source_rate)
    blocks = max(0, (start - reach) // step_out)
    first_in, first_out = blocks * step_in, blocks * step_out
    last_in = -(-(start + frames + reach) * source_rate // rate)
    audio, _ = read_audio(path, first_in, last_in - first_in)
    audio = resample(mix(audio, channels), source_rate, rate)[:, start - first_out : start - first_out + frames]
    return np.pad(audio, ((0, 0), (0, frames - audio.shape[1])))
