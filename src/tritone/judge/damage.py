"""Known damage done to real sound: what a metric must notice, and what it must not. Each gives sets of equal size."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tritone.judge.clips import Clip, Clips
from tritone.judge.listen.anchor import low_pass

Audio = NDArray[np.float32]


def noisy(clips: Clips, decibels: float, seed: int = 0) -> Clips:
    """White noise in every channel, so many decibels below the sound's own level (RMS)."""

    def add(audio: Audio, number: int) -> Audio:
        level = np.sqrt(np.square(audio, dtype=np.float64).mean()) * 10 ** (-decibels / 20)
        return (audio + level * np.random.default_rng([seed, number]).standard_normal(audio.shape)).astype(np.float32)

    return _each(clips, add)


def muffled(clips: Clips, hertz: float) -> Clips:
    """Without what lies above so many Hertz."""
    filtered = tuple(
        replace(clip, audio=low_pass(clip.audio, clips.rate, hertz, clip.loop)) for clip in clips.clips
    )  # fmt: skip
    return replace(clips, clips=filtered)


def overdriven(clips: Clips, decibels: float) -> Clips:
    """So much louder than full scale at its peak, and cut off there."""

    def cut(audio: Audio, _: int) -> Audio:
        peak = max(float(np.abs(audio).max()), 1e-9)
        return np.clip(audio * (10 ** (decibels / 20) / peak), -1, 1).astype(np.float32)

    return _each(clips, cut)


def shifted(clips: Clips, part: float) -> Clips:
    """Begun so large a part of its length later, and brought round to its beginning."""
    return _each(clips, lambda audio, _: np.roll(audio, -round(part * audio.shape[-1]), axis=-1))


def collapsed(clips: Clips, kinds: int) -> Clips:
    """Only so many of the sounds, spread evenly, over and over."""
    count = len(clips)
    chosen = [clips.clips[place * count // kinds] for place in range(min(kinds, count))]
    again = (chosen[number % len(chosen)] for number in range(count))
    return replace(clips, clips=tuple(_named(clip, number) for number, clip in enumerate(again)))


def copied(clips: Clips, known: Clips) -> Clips:
    """As many sounds of `known`, spread evenly, instead: what a model gives that has learned its data by heart."""
    count = len(clips)
    chosen = (known.clips[number * len(known) // count] for number in range(count))
    return replace(clips, clips=tuple(_named(clip, number) for number, clip in enumerate(chosen)))


def _each(clips: Clips, change: Callable[[Audio, int], Audio]) -> Clips:
    changed = (replace(clip, audio=change(clip.audio, number)) for number, clip in enumerate(clips.clips))
    return replace(clips, clips=tuple(changed))


def _named(clip: Clip, number: int) -> Clip:
    return replace(clip, name=f"{clip.name} ({number})", path=None)
