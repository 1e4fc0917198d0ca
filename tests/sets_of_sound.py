"""Small sets of real sound for the tests of judges: the loops that ship, cut into pieces of a second."""

from functools import cache

import numpy as np

from tritone.assets import LOOPS
from tritone.judge.clips import Clip, Clips, clips_of_folder

RATE = 44_100


@cache
def recorded() -> tuple[Clips, Clips]:
    """A reference and as many held-out sounds: every other second of the recorded loops, mono."""
    pieces = []
    for clip in clips_of_folder(LOOPS, RATE, 1).clips:
        for start in range(0, clip.audio.shape[-1] - RATE + 1, RATE):
            pieces.append(Clip(f"{clip.name} {start // RATE}", clip.audio[:, start : start + RATE], loop=True))
    pieces = pieces[: len(pieces) // 2 * 2]
    return Clips("reference", RATE, tuple(pieces[::2])), Clips("held out", RATE, tuple(pieces[1::2]))


def noise(name: str, count: int, seconds: float = 0.5, rate: int = 16_000, gain: float = 0.1, first: int = 0) -> Clips:
    """White noise of so many seconds, each sound its own."""
    clips = []
    for number in range(first, first + count):
        audio = gain * np.random.default_rng(number).standard_normal((1, round(seconds * rate)))
        clips.append(Clip(f"{number}.wav", audio.astype(np.float32)))
    return Clips(name, rate, tuple(clips))
