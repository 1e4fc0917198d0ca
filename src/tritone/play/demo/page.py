"""The page that ends the demo: the best sound first, then all models side by side, then what the judge found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.page import sections_of
from tritone.play.demo import words
from tritone.play.demo.examples import beside, best_new, best_through, nearest, plain
from tritone.play.demo.first_sounds import Pair
from tritone.play.demo.fit import fitted
from tritone.play.demo.material import Source
from tritone.play.demo.models_table import models_table
from tritone.play.demo.place import COMPARISON, FRESH, WORK
from tritone.report.page import PAGE_BYTES, Clip, Command, Fact, Report, Section, made_by, write_report

ROWS = 2
"""Rows of unchosen sounds of each kind among what the judge found."""
SPARE = 800_000
"""Bytes for all that is no sound."""


@dataclass(frozen=True)
class Morph:
    """Sounds on the way from one held-out sound to another."""

    start: str
    end: str
    sounds: Sequence[np.ndarray]
    rate: int
    loop: bool


@dataclass(frozen=True)
class Heard:
    """What was played outside the comparison."""

    guitar: Sequence[Pair]
    morph: Morph


def write_page(
    out: Path, folder: Path, comparison: Comparison, heard: Heard, source: Source,
    log: Sequence[Mapping[str, float]], timings: Mapping[str, float],
) -> Path:  # fmt: skip
    """Write `out/index.html`; `folder` holds the comparison, `log` is that of the model that was trained. Its path."""
    own = source.own
    judged = sections_of(folder, comparison, ROWS, budget=PAGE_BYTES // 2, where=f"{WORK}/{COMPARISON}/sounds/")
    judged[0] = words.glance(judged[0], comparison, own)
    sections = [
        *(_own_first(folder, comparison) if own else _first(folder, comparison)),
        *_beside(folder, comparison, own),
        *([] if own else [_guitar(heard.guitar)]),
        _morph(heard.morph),
        Section("What each model is", words.models(own), tables=[models_table(comparison, own)]),
        *judged,
    ]
    report = Report(
        title=words.title(source),
        lead=words.lead(source, comparison),
        highlights=_highlights(comparison, log, timings),
        sections=fitted(sections, PAGE_BYTES - SPARE, f"{WORK}/{COMPARISON}/sounds/"),
        contents=True,
        facts=[*(Fact(f"Seconds of {name}", value, "s") for name, value in timings.items()),
               Fact("Sounds of each model that were judged", comparison.count),
               Fact("Held-out sounds", comparison.real.held_out)],
        commands=_commands(own),
        commands_title="Go on" if own else "With your own sound",
        made=made_by("tritone demo --sound …" if own else "tritone demo"),
    )  # fmt: skip
    return write_report(out, report)


def _highlights(comparison: Comparison, log: Sequence[Mapping[str, float]], timings: Mapping[str, float]) -> list[Fact]:
    facts = []
    if (found := nearest(comparison, "generated")) is not None:
        facts.append(
            Fact("New sound nearest to real", found.system, f"{found.metric.name} {words.rounded(found.value)}")
        )
    distances = [line["validation/distance"] for line in log if "validation/distance" in line]
    if len(distances) > 1:
        seconds = comparison.system(FRESH).cost
        spent = "" if seconds is None or seconds.seconds is None else f" in {seconds.seconds:.0f} s"
        facts.append(
            Fact("The new model learned", f"{distances[0]:.1f} → {distances[-1]:.1f}", f"held-out distance{spent}")
        )
    works = {system.name: work for system in comparison.systems if (work := system.compute.get("generated"))}
    if works:
        name = min(works, key=lambda name: works[name])
        facts.append(Fact("Makes new sound fastest", name, f"{1 / works[name]:.0f} × real time"))
    facts.append(Fact("All of it took", f"{sum(timings.values()) / 60:.1f} min", "on this computer"))
    return facts


def _first(folder: Path, comparison: Comparison) -> list[Section]:
    clips, system = best_new(folder, comparison)
    return [Section("Hear this first", words.first(system), clips)] if clips else []


def _own_first(folder: Path, comparison: Comparison) -> list[Section]:
    through = Section("Your sound through the new model", words.own_first(), best_through(folder, comparison, FRESH))
    clips, system = best_new(folder, comparison)
    return [through, Section("New sound", words.own_new(system), clips)] if clips else [through]


def _beside(folder: Path, comparison: Comparison, own: bool) -> list[Section]:
    recorded, rendered = beside(folder, comparison, ROWS)
    sections = []
    if recorded and not own:
        sections.append(Section("Recorded loops, and every model", words.recorded(), recorded))
    if rendered:
        title = "Held-out sounds, and every model" if own else "Loops with other drums, and every model"
        sections.append(Section(title, words.rendered(own), rendered))
    return sections


def _guitar(pairs: Sequence[Pair]) -> Section:
    clips = [clip for pair in pairs for clip in (pair.before, pair.after)]
    return Section("A drum loop as a guitar", words.guitar(), clips)


def _morph(morph: Morph) -> Section:
    clips = [
        Clip(_station(index, len(morph.sounds)), sound, morph.rate, morph.loop, group="morph")
        for index, sound in enumerate(morph.sounds)
    ]
    return Section("From one sound to another", words.morph(plain(morph.start), plain(morph.end)), clips)


def _station(index: int, count: int) -> str:
    return {0: "start", count - 1: "end"}.get(index, f"{index / (count - 1):.0%}")


def _commands(own: bool) -> list[Command]:
    first = [] if own else [Command("tritone demo --sound my-sounds --out my-report", "The same on your own folder.")]
    return [
        *first,
        Command("tritone prepare my-sounds --out my-data", "Your folder of sound becomes a dataset."),
        Command(
            "tritone train vae my-data --out my-run --preset vae-nano --minutes 60",
            "A model learns it, longer than here. Ctrl-C saves, the same command goes on.",
        ),
        Command("tritone reconstruct my-run a-sound.wav --out heard", "Any sound goes through the model and back."),
        Command("tritone generate demo:gan-drums --out loops --count 16", "New loops of a model that ships."),
        Command(
            "tritone compare my-run other=a-folder --reference my-data --out versus",
            "Runs, checkpoints and folders of sound from anywhere side by side.",
        ),
    ]
