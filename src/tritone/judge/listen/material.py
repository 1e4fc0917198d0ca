"""The sound of a test: what there is of each item, brought to one length and loudness and written under its name."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tritone.judge.listen.anchor import low_pass
from tritone.judge.listen.design import Sound
from tritone.judge.listen.files import audio_path
from tritone.judge.listen.sound import Form, Level, common_loudness, cut, gain, measure, read_take, write_stimulus
from tritone.judge.listen.source import Source
from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, REAL, REFERENCE, Heard, Kind, Stimulus

HERTZ = {ANCHOR: 3500.0, MID_ANCHOR: 7000.0}
"""Above which the anchors have nothing."""
OFF = 0.5
"""Decibels by which a sound may miss the common loudness before it is noted."""
_WRITTEN = 946_684_800
"""Time stamp of all sound files (the year 2000): it says nothing."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Material:
    """Sounds of a source in one form."""

    source: Source
    kind: Kind
    form: Form
    seconds: float

    def sounds(self, item: str) -> dict[str, NDArray[np.float32]]:
        """All that can be heard of an item, `(channels, time)`, by system; loudness is as it was."""
        heard = cut([read_take(take, self.form) for take in self.source.row(item)], self.seconds, self.form)
        named = dict(zip((*self.source.systems, REAL), heard, strict=True))
        anchors = {name: low_pass(named[REAL], self.form.rate, hertz, self.form.loop) for name, hertz in HERTZ.items()}
        return named | {REFERENCE: named[REAL]} | anchors

    def origin(self, system: str, item: str) -> str:
        """The file that a sound was made of."""
        take = self.source.takes.get((system, item)) or self.source.real[item]
        return str(take.path)

    def leader(self, system: str) -> str:
        """Whose gain a sound gets: beside a reference, an anchor is the reference with nothing but its top cut off."""
        return REAL if self.kind == "mushra" and system in (ANCHOR, MID_ANCHOR, REFERENCE) else system


@dataclass(frozen=True)
class Written:
    """The stimuli of a test."""

    stimuli: tuple[Stimulus, ...]
    """In the order of their names."""
    heard: dict[str, Heard]
    """What they are."""
    lacking: float
    """How loud what the anchor lacks is, beside all of the real sound, in LU: the median over items."""
    notes: tuple[str, ...]


def write_sounds(
    material: Material, named: Mapping[str, Sound], folder: Path, rng: np.random.Generator, progress: Progress
) -> Written:
    """Write `folder/audio/ID.wav` for each id in `named`.

    All is read twice, first to measure and then to write, so that only the sounds of one item are in memory.
    """
    of: dict[str, dict[str, str]] = {}
    for name, (system, item, _) in sorted(named.items()):
        of.setdefault(item, {})[name] = system
    levels: dict[tuple[str, str], Level] = {}
    longest, lacking = 0, []
    for done, item in enumerate(sorted(of), 1):
        every = material.sounds(item)
        for system in {material.leader(system) for system in of[item].values()}:
            levels[system, item] = measure(every[system], material.form)
        lacking.append(_lacking(every, material.form))
        longest = max(longest, *(every[system].shape[-1] for system in of[item].values()))
        progress(done, 2 * len(of))
    target = common_loudness(levels.values())
    stimuli, heard = [], {}
    for done, item in enumerate(sorted(of), 1):
        every = material.sounds(item)
        for name, system in of[item].items():
            change = gain(levels[material.leader(system), item], target)
            audio = every[system] * np.float32(10 ** (change / 20))
            write_stimulus(audio_path(folder, name), audio, material.form, longest, rng)
            os.utime(audio_path(folder, name), (_WRITTEN, _WRITTEN))
            samples, rate = audio.shape[-1], material.form.rate
            stimuli.append(Stimulus(name, samples / rate, samples, rate, material.form.loop))
            heard[name] = Heard(system, item, material.origin(system, item), round(change, 2))
        progress(len(of) + done, 2 * len(of))
    notes = (*_loudness_notes(levels, target), *_length_notes(stimuli, heard))
    stimuli.sort(key=lambda stimulus: stimulus.id)
    return Written(tuple(stimuli), dict(sorted(heard.items())), float(np.median(lacking)), notes)


def _lacking(sounds: Mapping[str, NDArray[np.float32]], form: Form) -> float:
    """How loud what the anchor lacks is, beside all of the sound; -inf for silence."""
    whole = measure(sounds[REAL], form).loudness
    return measure(sounds[REAL] - sounds[ANCHOR], form).loudness - whole if np.isfinite(whole) else -np.inf


def _loudness_notes(levels: Mapping[tuple[str, str], Level], target: float) -> list[str]:
    """What could not be made as loud as the rest."""
    notes = []
    for (system, item), level in sorted(levels.items()):
        if not np.isfinite(level.loudness):
            notes.append(f"{item} of {system} is silent.")
        elif (missing := target - level.loudness - gain(level, target)) > OFF:
            notes.append(f"{item} of {system} stays {missing:.1f} dB quieter than the rest: it is nearly all peak.")
    return notes


def _length_notes(stimuli: list[Stimulus], heard: Mapping[str, Heard]) -> list[str]:
    """A note where loops of one item differ in length, which listeners can hear and programs can see."""
    lengths: dict[str, dict[str, float]] = {}
    for stimulus in stimuli:
        lengths.setdefault(heard[stimulus.id].item, {})[heard[stimulus.id].system] = stimulus.seconds
    for item, of in sorted(lengths.items()):
        if max(of.values()) - min(of.values()) > 0.001:
            short, long = min(of, key=lambda name: of[name]), max(of, key=lambda name: of[name])
            return [
                f"Loops are not of one length ({item}: {short} {of[short]:.3f} s, {long} {of[long]:.3f} s), which "
                "tells systems apart; give loops of the same tempo and bars."
            ]
    return []
