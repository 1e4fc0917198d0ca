"""From sound files to stimuli: of one rate, length, loudness and size in bytes, and nothing else in the file."""

import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from tritone.errors import UserError
from tritone.judge.listen.source import Take
from tritone.signal.channels import mix
from tritone.signal.files import audio_info, read_audio, whole_file
from tritone.signal.loudness import BLOCK_SECONDS, integrated_loudness, true_peak
from tritone.signal.periodic import resample_periodic
from tritone.signal.resample import resample, resampled_frames

LOUDNESS = -23.0
"""LUFS that all sounds are brought to (EBU R 128), where none of them clips at it."""
PEAK = -1.0
"""dBTP that none may exceed."""
QUIETEST = -35.0
"""LUFS below which the others are not turned down for the sake of one that is nearly all peak."""
LOUDEST_RATE = 48_000
FADE_SECONDS = 0.01
"""At the end of sound that is no loop: it may have been cut there."""
_MEASURED_SECONDS = 3.0


@dataclass(frozen=True)
class Form:
    """What all stimuli of a test have in common."""

    rate: int
    channels: int
    loop: bool


@dataclass(frozen=True)
class Level:
    """How loud a sound is."""

    loudness: float
    """LUFS; -inf for silence."""
    peak: float
    """dBTP."""


def common_form(takes: Sequence[Take]) -> Form:
    """The highest rate (up to 48 kHz) and number of channels (up to 2) of any; loops only where all are loops."""
    infos = [audio_info(take.path) for take in takes]
    rate = min(LOUDEST_RATE, max(info.rate for info in infos))
    return Form(rate, min(2, max(info.channels for info in infos)), all(take.loop for take in takes))


def read_take(take: Take, form: Form) -> NDArray[np.float32]:
    """Sound `(channels, time)` in the common form. A loop goes to another rate as the endless sound that it is."""
    audio, rate = read_audio(take.path)
    if not audio.shape[-1] or not np.isfinite(audio).all():
        raise UserError(f"{take.path} holds no sound that can be played; leave it out.")
    audio = mix(audio, form.channels)
    if not form.loop or rate == form.rate:
        return resample(audio, rate, form.rate)
    samples = max(1, resampled_frames(audio.shape[-1], rate, form.rate))
    return resample_periodic(torch.from_numpy(audio).double(), samples).float().numpy()


def cut(sounds: Sequence[NDArray[np.float32]], seconds: float, form: Form) -> list[NDArray[np.float32]]:
    """Sounds of one item at one length: the shortest's, and at most `seconds`. Loops stay whole."""
    if form.loop:
        return list(sounds)
    time = min(round(seconds * form.rate), *(sound.shape[-1] for sound in sounds))
    fade = min(time, round(FADE_SECONDS * form.rate))
    envelope = np.ones(time, np.float32)
    envelope[time - fade :] = np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    return [sound[..., :time] * envelope for sound in sounds]


def measure(audio: NDArray[np.float32], form: Form) -> Level:
    """How loud a sound is as it is heard: a loop going round, a short sound with the silence after it."""
    time = audio.shape[-1]
    heard = np.tile(audio, max(2, int(np.ceil(_MEASURED_SECONDS * form.rate / time)))) if form.loop else audio
    least = int(np.ceil(BLOCK_SECONDS * form.rate)) + 1
    heard = np.pad(heard, ((0, 0), (0, max(0, least - heard.shape[-1]))))
    measured = integrated_loudness(heard, form.rate)
    return Level(-np.inf if measured is None else measured, true_peak(heard))


def common_loudness(levels: Iterable[Level]) -> float:
    """The loudness, at most `LOUDNESS`, at which no sound has peaks above `PEAK`; but not less than `QUIETEST`."""
    room = (level.loudness + PEAK - level.peak for level in levels if isfinite(level.loudness))
    return max(QUIETEST, min((LOUDNESS, *room)))


def gain(level: Level, target: float) -> float:
    """Decibels that bring a sound to `target`, or as near to it as its peaks allow; 0 for silence."""
    return min(target - level.loudness, PEAK - level.peak) if isfinite(level.loudness) else 0.0


def write_stimulus(path: Path, audio: NDArray[np.float32], form: Form, samples: int, rng: np.random.Generator) -> None:
    """`audio` as a 16-bit WAV file of `samples` a channel, silence after its end, with a header of 44 bytes.

    The dither (triangular, of two steps) is another for each file, so that no two files are alike even where a hidden
    reference is the reference.
    """
    noise = rng.random(audio.shape) - rng.random(audio.shape)
    steps = np.clip(np.rint(audio * 32767.0 + noise), -32768, 32767).astype("<i2")
    padded = np.zeros((samples, form.channels), "<i2")
    padded[: audio.shape[-1]] = steps.T
    with whole_file(path) as part, wave.open(str(part), "wb") as file:
        file.setnchannels(form.channels)
        file.setsampwidth(2)
        file.setframerate(form.rate)
        file.writeframes(padded.tobytes())
