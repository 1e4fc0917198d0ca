"""Which sounds of the comparison the demo's page shows: the best by the judge's score, and rows of every model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.examples import Example, clip_of, spread_evenly
from tritone.judge.compare.judged import Judged, leading
from tritone.judge.compare.manifest import REAL, Kind, Sound
from tritone.judge.compare.scores import ranked
from tritone.judge.figure import Figure, Metric
from tritone.play.demo.rendered_sound import RECORDED
from tritone.report.page import Clip

BEST = 4
"""Best sounds that are played."""


@dataclass(frozen=True)
class Nearest:
    """The system that is nearest to real sound."""

    system: str
    metric: Metric
    value: float


def nearest(comparison: Comparison, kind: Kind) -> Nearest | None:
    """By the figure that stands for all; None where there is none."""
    judged = comparison.of(kind)
    metric = leading(judged)
    if metric is None:
        return None
    values = {one.system: figure.value for one in judged if (figure := one.figure(metric.key)) is not None}
    system = (max if metric.better == "higher" else min)(values, key=lambda name: values[name])
    return Nearest(system, metric, values[system])


def best_new(report: Path, comparison: Comparison) -> tuple[list[Clip], str]:
    """The new sounds with the best scores, of the system nearest to real sound, and its name; else none."""
    found = nearest(comparison, "generated")
    figure = _figure(comparison.of("generated"), found)
    if found is None or figure is None:
        return [], ""
    sounds = {sound.item: sound for sound in comparison.manifest.of(found.system)}
    best = [sounds[item] for item, _ in ranked(figure).best(BEST)]
    return [_clip(report, sound, _asked(sound), f"new loops of {found.system}") for sound in best], found.system


def best_through(report: Path, comparison: Comparison, system: str) -> list[Clip]:
    """Rows of held-out sounds that went through `system`, those with the best scores."""
    found = nearest(comparison, "reconstructed")
    own = [one for one in comparison.of("reconstructed") if one.system == system]
    figure = _figure(own, found and Nearest(system, found.metric, found.value))
    if figure is None:
        return []
    through = {sound.item: sound for sound in comparison.manifest.of(system, "reconstructed")}
    rows = [through[item] for item, _ in ranked(figure).best(BEST - 1)]
    clips = []
    for sound in rows:
        real = comparison.manifest.sound(sound.real)
        clips += [
            _clip(report, real, "what went in", plain(sound.item)),
            _clip(report, sound, system, plain(sound.item)),
        ]
    return clips


def beside(report: Path, comparison: Comparison, rows: int) -> tuple[list[Clip], list[Clip]]:
    """Rows of a held-out sound, what every model that takes sound makes of it, and what all others made for its length
    and tempo: of recorded loops, and of all other sounds.
    """
    real = comparison.manifest.of(REAL, "real")
    recorded = [sound for sound in real if sound.item.startswith(RECORDED)]
    others = [sound for sound in real if sound not in recorded]
    return _rows(report, comparison, recorded, rows), _rows(report, comparison, others, rows)


def _rows(report: Path, comparison: Comparison, real: Sequence[Sound], rows: int) -> list[Clip]:
    chosen = [real[place] for place in spread_evenly(len(real), rows)]
    return [clip for sound in chosen for clip in _row(report, comparison, sound)]


def _row(report: Path, comparison: Comparison, real: Sound) -> Iterator[Clip]:
    """What took the sound apart stands beside it, and what made new ones in a row below."""
    name, manifest = plain(real.item), comparison.manifest
    yield _clip(report, real, "what went in", name)
    able = manifest.systems("reconstructed")
    for system in able:
        for sound in manifest.of(system, "reconstructed"):
            if sound.real == real.file:
                yield _clip(report, sound, system, name)
    for system in manifest.systems("generated"):
        made = [sound for sound in manifest.of(system) if sound.real == real.file]
        if system not in able and made:
            yield _clip(report, made[0], system, f"{name}: new ones of its length")


def plain(name: str) -> str:
    """What a sound of a dataset is called on the page: without folders and endings, with the number of its piece."""
    path, _, number = name.partition("#")
    stem, at, where = path.partition(" at ")
    return PurePosixPath(stem).stem + (f" #{number}" if number else "") + at + where


def _clip(report: Path, sound: Sound, title: str, row: str) -> Clip:
    return clip_of(report, Example(sound.file, title, row, gain=sound.gain, loop=sound.loop))


def _asked(sound: Sound) -> str:
    return f"seed {sound.seed}" + (f", {sound.label}" if sound.label else "")


def _figure(judged: Sequence[Judged], found: Nearest | None) -> Figure | None:
    """The figure of the system that was found, where its files have scores of their own."""
    one = next((one for one in judged if found is not None and one.system == found.system), None)
    figure = one.figure(found.metric.key) if one is not None and found is not None else None
    return figure if figure is not None and figure.by_file else None
