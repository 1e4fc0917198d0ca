"""Which sounds stand on the page: chosen by rule, and as many as fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.judged import leading
from tritone.judge.compare.manifest import REAL, Kind, Sound
from tritone.judge.compare.scores import ranked
from tritone.judge.compare.words import value_words
from tritone.report.player import Clip, page_bytes
from tritone.signal.files import read_audio

SECONDS = 10.0
"""Of a longer sound that is no loop, so much stands on the page."""
BUDGET = 11_000_000
"""Bytes of a page for sounds and their pictures."""
EXTREMES, PAIRS = 2, 3
"""Best and worst sounds of a system, and pairs with training sound, at most."""


@dataclass(frozen=True)
class Example:
    """A sound as the page shows it."""

    file: str
    """Below REPORT."""
    title: str
    group: str
    """Name of its row."""
    note: str = ""
    gain: float = 0.0
    loop: bool = False


@dataclass(frozen=True)
class Examples:
    """What the page plays, and how many rows of new and of reconstructed sound there would be in all."""

    new: tuple[Example, ...]
    extremes: tuple[Example, ...]
    through: tuple[Example, ...]
    near: tuple[Example, ...]
    rows: int
    """Rows that are shown of new, and of reconstructed sound, at most."""

    def every(self) -> tuple[Example, ...]:
        """All of them."""
        return self.new + self.extremes + self.through + self.near


def choose(report: Path, comparison: Comparison, rows: int, budget: int = BUDGET) -> Examples:
    """Up to `rows` rows of each kind, evenly spread and not picked, and fewer where the page would grow too large."""
    sizes: dict[str, int] = {}
    for fewer in range(rows, 0, -1):
        chosen = Examples(
            tuple(_new(comparison, fewer)),
            tuple(_extremes(comparison, min(EXTREMES, fewer))),
            tuple(_through(comparison, fewer)),
            tuple(_near(comparison, min(PAIRS, fewer))),
            fewer,
        )
        files = {example.file: example for example in chosen.every()}
        for file, example in files.items():
            if file not in sizes:
                sizes[file] = page_bytes(clip_of(report, example))
        if sum(sizes[file] for file in files) <= budget:
            break
    return chosen


def clip_of(report: Path, example: Example) -> Clip:
    """The example as the page plays it: at the loudness of all, its beginning where it is long."""
    audio, rate = read_audio(report / example.file)
    most, note = round(SECONDS * rate), example.note
    if not example.loop and audio.shape[-1] > most:
        audio = audio[:, :most]
        note = f"{note}{', ' if note else ''}the first {SECONDS:g} s"
    louder = (audio * np.float32(10 ** (example.gain / 20))).astype(np.float32)
    return Clip(example.title, louder, rate, example.loop, note, example.group)


def spread_evenly(total: int, wanted: int) -> list[int]:
    """At most `wanted` places of `total`."""
    count = min(total, wanted)
    return [place * total // count for place in range(count)]


def _new(comparison: Comparison, rows: int) -> Iterator[Example]:
    """Rows of a real sound and what each system made for it; files of other systems come in their order."""
    manifest = comparison.manifest
    systems = {name: manifest.of(name) for name in manifest.systems("generated")}
    real = manifest.of(REAL, "real")
    longest = max((len(sounds) for sounds in systems.values()), default=0)
    for place in spread_evenly(longest, rows):
        row = [sounds[place] for sounds in systems.values() if place < len(sounds)]
        asked = next((sound for sound in row if sound.real), None)
        beside = manifest.sound(asked.real) if asked else real[place % len(real)]
        name = _row_name(asked.item, beside) if asked else f"{place + 1} of {longest}"
        yield _example(beside, "real sound", name, beside.item)
        yield from (_example(sound, sound.system, name, "" if sound.real else sound.item) for sound in row)


def _through(comparison: Comparison, rows: int) -> Iterator[Example]:
    """Rows of a held-out sound and what came out of each system."""
    manifest = comparison.manifest
    outputs = [sound for name in manifest.systems("reconstructed") for sound in manifest.of(name, "reconstructed")]
    real = [sound for sound in manifest.of(REAL, "real") if any(output.real == sound.file for output in outputs)]
    for place in spread_evenly(len(real), rows):
        name = real[place].item
        yield _example(real[place], "what went in", name)
        for output in outputs:
            if output.real == real[place].file:
                yield _example(output, output.system, name)


def _extremes(comparison: Comparison, count: int) -> Iterator[Example]:
    """A row for each system: its best and its worst, by the leading figure."""
    kinds: tuple[Kind, ...] = ("generated", "reconstructed")
    for kind in kinds:
        judged = comparison.of(kind)
        metric = leading(judged)
        for one in judged if metric is not None else ():
            figure = one.figure(metric.key) if metric is not None else None
            if figure is None or not figure.by_file:
                continue
            sounds = {sound.item: sound for sound in comparison.manifest.of(one.system, kind)}
            order = ranked(figure)
            name = f"{one.system}, {'new sound' if kind == 'generated' else 'reconstructed'}"
            for item, score in order.best(count):
                yield _example(sounds[item], f"best: {item}", name, value_words(score))
            for item, score in reversed(order.worst(count)):
                yield _example(sounds[item], f"worst: {item}", name, value_words(score))


def _near(comparison: Comparison, pairs: int) -> Iterator[Example]:
    """A row for each pair of a new sound and the training sound that is most like it."""
    seen: dict[str, int] = {}
    for one in comparison.near:
        seen[one.system] = seen.get(one.system, 0) + 1
        if seen[one.system] > pairs:
            continue
        sound = comparison.manifest.sound(one.sample)
        name = f"{one.system}, pair {seen[one.system]}: likeness {value_words(one.copy.likeness)}"
        yield _example(sound, f"{one.system}, {sound.item}", name)
        yield Example(one.known, "training sound", name, one.copy.known, one.gain, one.loop)


def _example(sound: Sound, title: str, group: str, note: str = "") -> Example:
    return Example(sound.file, title, group, note, sound.gain, sound.loop)


def _row_name(item: str, real: Sound) -> str:
    """Such as "seed 3 · techno · 120 BPM"."""
    return " · ".join([item, *filter(None, [real.label, f"{real.bpm:g} BPM" if real.bpm else ""])])
