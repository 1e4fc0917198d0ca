"""Spectrograms that tell whether two sounds are the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from torch import Tensor

from tritone.judge.clips import Clip
from tritone.signal.mel import mel_filters
from tritone.signal.stft import hann, magnitude

BANDS = 32
LOW, HIGH = 60.0, 12_000.0
WINDOW_SECONDS = 0.046
HOP_SECONDS = 0.01
"""Coarse on purpose: thousands of sounds are searched within a minute, and shifts of a millisecond change nothing."""
USUAL_TEMPO = 120.0
RANGE_DB = 60.0
"""What lies so far below the loudest band of a sound is silence, so that the gain of a copy does not matter."""


@dataclass(frozen=True)
class Print:
    """One sound."""

    name: str
    levels: Tensor
    """Decibels above the floor, float32 `(BANDS, frames)`."""
    hop_seconds: float
    """Time of a frame."""
    loop: bool = False


def take_prints(clips: Iterable[Clip], rate: int, by_beat: bool = False) -> list[Print]:
    """Prints of clips, one after the other, so that `clips` may be more sound than there is memory for.

    `by_beat` takes as many frames a beat whatever the tempo (as at 120 BPM), so that a loop played at another tempo is
    the same; every clip then has a tempo.
    """
    return [_print(clip, rate, by_beat) for clip in clips]


def have_tempo(clips: Iterable[Clip]) -> bool:
    """Whether all of them are loops of known tempo, which can be compared beat by beat."""
    return all(clip.loop and clip.bpm for clip in clips)


def _print(clip: Clip, rate: int, by_beat: bool) -> Print:
    seconds = HOP_SECONDS * USUAL_TEMPO / clip.bpm if by_beat and clip.bpm else HOP_SECONDS
    hop = max(1, round(seconds * rate))
    return Print(clip.name, _levels(clip, rate, hop), hop / rate, clip.loop)


def _levels(clip: Clip, rate: int, hop: int) -> Tensor:
    mono = torch.from_numpy(np.ascontiguousarray(clip.audio.mean(0, dtype=np.float32)))
    time, window = mono.shape[-1], 2 * round(WINDOW_SECONDS * rate / 2)
    around = ceil(window / 2 / hop) * hop if clip.loop else 0
    if clip.loop:  # what lies before the start is the end
        mono = mono[torch.arange(-around, time + around) % time]
    if mono.shape[-1] <= window // 2:
        mono = torch.nn.functional.pad(mono, (0, window // 2 + 1 - mono.shape[-1]))
    power = magnitude(mono, window, hop).square() / hann(window, mono.dtype, mono.device).sum() ** 2
    power = power[:, around // hop :][:, : max(1, ceil(time / hop))]
    decibels = 10 * (mel_filters(rate, window, BANDS, LOW, min(HIGH, rate / 2)) @ power).clamp(min=1e-14).log10()
    floor = max(float(decibels.max()) - RANGE_DB, -120.0)
    return (decibels - floor).clamp(min=0)
