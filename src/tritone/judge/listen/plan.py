"""From sounds of systems to a folder that listeners can be let in: blind, balanced, of one loudness."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, log2
from pathlib import Path

import numpy as np

from tritone.errors import UserError
from tritone.judge.listen.design import EXCLUSION, ITEMS, Names, blocks_of, make_design, screen_seconds
from tritone.judge.listen.files import AUDIO_NAME, write_test
from tritone.judge.listen.material import Material, Progress, write_sounds
from tritone.judge.listen.orders import make_orders
from tritone.judge.listen.questions import QUALITY, ask
from tritone.judge.listen.sound import Form, common_form
from tritone.judge.listen.source import Source, Take
from tritone.judge.listen.test import Exclusion, Key, Kind, Test
from tritone.signal.files import audio_info
from tritone.training.atomic import whole_folder

AUDIBLE = -20.0
"""LU beside all of the sound from which on it is heard that the anchor lacks something."""


@dataclass(frozen=True)
class PlanOptions:
    """What the test shall be."""

    kind: Kind = "rating"
    questions: tuple[str, ...] = ()
    """Names of questions; () asks for audio quality, and of loops that are rated also for loopability."""
    items: int | None = None
    """How many sounds of each system; None for `ITEMS`, as far as there are."""
    seconds: float = 10.0
    """Longest sound; loops are whole."""
    minutes: float = 15.0
    """That a listener gives."""
    title: str = "Listening test"
    """Listeners see it."""
    exclusion: Exclusion | None = None
    """Who does not count; None for `EXCLUSION`."""
    seed: int | None = None
    """Makes the same test again, which whoever knows the seed can see through."""


@dataclass(frozen=True)
class Planned:
    """What was planned."""

    test: Test
    key: Key
    items: int
    """Sounds of each system in all."""
    per_listener: int
    """Sounds of each system that one listener hears."""
    notes: tuple[str, ...]
    """Sentences that whoever plans should read."""


def plan_test(
    source: Source, options: PlanOptions, out: Path, made: dict[str, str], progress: Progress = lambda done, total: None
) -> Planned:
    """Write a test of `source` as the folder `out`, which must be new; `made` is kept in the key.

    UserError where there are too few sounds, a file cannot be read, or `out` is taken.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is there already; give a test a new folder with --out.")
    names, kind = Names(options.seed), options.kind
    training, items, notes = _chosen(source, options, names)
    takes = [take for item in (training, *items) for take in source.row(item)]
    form = common_form(takes)
    questions = ask(options.questions or _default_questions(kind, form), kind)
    seconds = _typical_seconds(takes, form, options.seconds)
    screen = screen_seconds(kind, len(source.systems), len(questions), seconds, form.loop)
    parts = blocks_of(kind, len(source.systems), len(items), screen, options.minutes)
    each = len(items) // parts
    blocks = [items[part * each : (part + 1) * each] for part in range(parts)]
    design = make_design(kind, source.systems, blocks, training, names)
    with whole_folder(out) as folder:
        (folder / AUDIO_NAME).mkdir()
        material = Material(source, kind, form, options.seconds)
        written = write_sounds(material, design.sounds, folder, names.rng, progress)
        trials = sorted((*design.training, *(trial for block in design.blocks for trial in block)), key=lambda t: t.id)
        orders = make_orders(design.blocks, design.training)
        minutes = round(len(orders[0].screens) * screen / 60, 1)
        test = Test(names.new(), options.title, kind, questions, written.stimuli, tuple(trials), orders, minutes)
        told = questions[0].id == QUALITY and written.lacking >= AUDIBLE
        key = Key(test.id, written.heard, _exclusion(options, told), questions[0].id, made)
        write_test(folder, test, key)
    if any(take.loop for take in takes) and not form.loop:
        notes.append("Some sounds are loops and others are not; all are played once, so that it tells nothing apart.")
    if each * parts < len(items):
        notes.append(f"{each * parts} of {len(items)} sounds are used, so that every listener gets as many.")
    if written.lacking < AUDIBLE:
        notes.append("There is little above 3.5 kHz in the real sound, so that the anchor does not tell who listens.")
    notes += [*_too_few(len(source.systems), each * parts), *written.notes]
    return Planned(test, key, each * parts, each, tuple(notes))


def _chosen(source: Source, options: PlanOptions, names: Names) -> tuple[str, list[str], list[str]]:
    """An item for training, the items of the test, drawn by lot, and notes."""
    drawn = _fresh_first(source, [source.items[place] for place in names.rng.permutation(len(source.items))])
    if len(drawn) < 2:
        raise UserError("The systems have fewer than two sounds in common; a listening test needs at least two.")
    notes, spare = list(source.notes), len(drawn) > 2
    if not spare:
        notes.append("There are only two sounds of each system, so that training uses one of them.")
    wanted = options.items or ITEMS[options.kind]
    items = drawn[spare : wanted + spare]
    if options.items and len(items) < options.items:
        notes.append(f"There are {len(items)} sounds of each system for the test, not {options.items}.")
    return drawn[0], items, notes


def _fresh_first(source: Source, items: Sequence[str]) -> list[str]:
    """Items in their order, but those whose real sound is another's too come last."""
    seen: set[Path] = set()
    again = []
    for item in items:
        path = source.real[item].path
        if path in seen:
            again.append(item)
        seen.add(path)
    return [item for item in items if item not in again] + again


def _default_questions(kind: Kind, form: Form) -> tuple[str, ...]:
    return (QUALITY, "loopability") if kind == "rating" and form.loop else (QUALITY,)


def _typical_seconds(takes: Sequence[Take], form: Form, longest: float) -> float:
    """How long sounds last in the middle."""
    infos = [audio_info(take.path) for take in takes]
    typical = float(np.median([info.frames / info.rate for info in infos]))
    return typical if form.loop else min(typical, longest)


def _exclusion(options: PlanOptions, told: bool) -> Exclusion:
    """The rule of the plan, or the usual one. Where real sound and anchor cannot be `told` apart, because they sound
    alike or are asked about something else, nobody is left out for not doing so.
    """
    rule = options.exclusion or EXCLUSION[options.kind]
    if told:
        return rule
    return replace(rule, over_anchor=False, share=1.0 if options.kind == "preference" else rule.share)


def _too_few(systems: int, items: int) -> list[str]:
    """A note where even listeners who all agree could not show a difference that holds for other sounds too."""
    least = ceil(log2(2 * (systems + 1) * systems / 2 / 0.05))
    if items >= least:
        return []
    return [
        f"With {items} sounds of each system the test speaks of these sounds only; {least} is the least from which a "
        "difference can be shown to hold for other sounds of the systems."
    ]
