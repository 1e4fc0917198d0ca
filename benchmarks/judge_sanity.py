"""Does every metric move the right way? Real sound is damaged in known ways, and each metric must notice, or must not.

Sound: the recorded loops that ship, in pieces of a second, and rendered drum loops; every other one is the reference,
the rest is damaged. A row is a metric under a kind of damage: ours is its value on the damaged sounds with its 95 %
interval by files, the peer the same sounds before. "rises" holds where all of the interval lies above the value before
(or the value, where a metric has no interval), "falls" likewise, "stays" where the value before lies within it, or the
change is under a tenth of the largest that any damage makes. The weakest damage of each kind has no bar: it shows where
hearing begins.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from table import Row, arguments, finish, machine

from tritone.assets import LOOPS
from tritone.data.render import render_loops
from tritone.judge import damage
from tritone.judge.clips import Clip, Clips, clips_of_folder
from tritone.judge.copy_figures import copy_figures
from tritone.judge.embeddings import Embedding, load_embedding
from tritone.judge.feature_figures import feature_figures
from tritone.judge.figure import Figure
from tritone.judge.likeness import likeness_figures
from tritone.judge.loop_figures import loop_figures
from tritone.judge.prints import have_tempo
from tritone.judge.signal_figures import signal_figures
from tritone.judge.variety import variety_figures

RATE = 44_100
LOOPS_RENDERED = 200
ENOUGH_FOR_INFINITY = 100
"""Sounds from which on the Fréchet distance of endlessly many is held to a bar."""
LITTLE = 0.1
"""Part of the largest change of a metric that is no change."""


@dataclass(frozen=True)
class Situation:
    """What a metric is measured on."""

    reference: Clips
    samples: Clips
    before: Clips
    """The samples before they were damaged."""
    judges: Sequence[Embedding]
    distinct: bool
    """Whether they are whole loops, no two of one recording, so that copies can be told."""


def _likeness(now: Situation) -> list[Figure]:
    return likeness_figures(now.reference, now.samples, embeddings=now.judges)


def _copies(now: Situation) -> list[Figure]:
    if not now.distinct:
        return []
    by_beat = have_tempo([*now.reference.clips, *now.samples.clips])
    return copy_figures(now.reference.clips, now.samples, now.before, by_beat=by_beat)[0]


SOURCES: tuple[Callable[[Situation], list[Figure]], ...] = (
    _likeness,
    lambda now: variety_figures(now.reference, now.samples),
    lambda now: signal_figures(now.samples),
    lambda now: feature_figures(now.reference, now.samples),
    lambda now: loop_figures(now.reference, now.samples),
    _copies,
)
"""All that gives figures; another one is one more line."""

FAR = {"kd": "rises", "fd": "rises", "fd-inf": "rises"}
"""What every damage to the sound itself does to a distance."""
EXPECTED: Mapping[str, Mapping[str, str]] = {
    "noise": {**FAR, "coverage": "falls", "diversity": "falls", "w1-flatness": "rises", "silence": "falls"},
    "low-pass": {**FAR, "coverage": "falls", "density": "falls", "w1-centroid": "rises", "w1-bandwidth": "rises"},
    "clipping": {**FAR, "coverage": "falls", "clipping": "rises", "loudness": "rises"},
    "time shift": {"kd": "stays", "fd": "stays", "js": "rises", "off-grid": "rises", "loudness": "stays",
                   "clipping": "stays"},
    "mode collapse": {"kd": "rises", "recall": "falls", "coverage": "falls", "js": "rises", "ndb": "rises",
                      "diversity": "falls"},
    "copying": {"kd": "stays or falls", "fd": "stays or falls", "coverage": "stays or rises", "copies": "rises",
                "nearest-training": "rises"},
}  # fmt: skip
"""By kind of damage: which way metrics must go, by their key or the part of it before the judge's name."""


@dataclass(frozen=True)
class Damage:
    """A kind of damage in one strength."""

    kind: str
    strength: str
    mild: bool
    """Whether it is the weakest of its kind, of which nothing is asked."""
    do: Callable[[Clips, Clips], Clips]
    """From the real sounds and the reference to the damaged sounds."""


def damages(count: int) -> Iterator[Damage]:
    """Every kind in every strength, for sets of `count` sounds."""

    def graded(kind: str, unit: str, change: Callable[[Clips, float], Clips], *amounts: float) -> Iterator[Damage]:
        for place, amount in enumerate(amounts):
            yield Damage(kind, f"{amount:g} {unit}", place == 0, partial(_only, change, amount))

    yield from graded("noise", "dB below", damage.noisy, 30, 15, 0)
    yield from graded("low-pass", "Hz", damage.muffled, 8000, 4000, 1500)
    yield from graded("clipping", "dB too loud", damage.overdriven, 6, 18, 30)
    yield from graded("time shift", "of the length", damage.shifted, 1 / 64, 3 / 32)
    yield from graded(
        "mode collapse", "sounds", lambda clips, kinds: damage.collapsed(clips, int(kinds)), count // 2, 6, 2
    )
    yield Damage("copying", "all", False, damage.copied)


def _collapsed(clips: Clips, kinds: float) -> Clips:
    return damage.collapsed(clips, int(kinds))


def _only(change: Callable[[Clips, float], Clips], amount: float, clips: Clips, _: Clips) -> Clips:
    return change(clips, amount)


def recorded() -> tuple[Clips, Clips]:
    """Reference and held-out sounds: every other second of the recorded loops that ship."""
    pieces = []
    for clip in clips_of_folder(LOOPS, RATE, 1).clips:
        for start in range(0, clip.audio.shape[-1] - RATE + 1, RATE):
            pieces.append(Clip(f"{clip.name} {start // RATE}", clip.audio[:, start : start + RATE]))
    return _halves(pieces)


def rendered(count: int) -> tuple[Clips, Clips]:
    """As many rendered one-bar drum loops, all different, half as reference."""
    with tempfile.TemporaryDirectory() as folder:
        render_loops(Path(folder), count, channels=1, bpm=(80, 170), seed=7)
        return _halves(clips_of_folder(Path(folder), RATE, 1, loops=True).clips)


def _halves(clips: Sequence[Clip]) -> tuple[Clips, Clips]:
    whole = clips[: len(clips) // 2 * 2]
    return Clips("reference", RATE, tuple(whole[::2])), Clips("held out", RATE, tuple(whole[1::2]))


def rows_of(name: str, reference: Clips, real: Clips, judges: Sequence[Embedding], distinct: bool) -> Iterator[Row]:
    """A row for each metric of which something is expected, under each damage."""
    before = {
        key: figure.value for key, figure in _figures(Situation(reference, real, real, judges, distinct)).items()
    }  # fmt: skip
    found = []
    for one in damages(len(real)):
        print(f"{name}: {one.kind}, {one.strength}", flush=True)
        now = _figures(Situation(reference, one.do(real, reference), real, judges, distinct))
        found += [(one, key, figure) for key, figure in now.items() if key in before]
    largest = dict.fromkeys(before, 0.0)
    for _, key, figure in found:
        largest[key] = max(largest[key], abs(figure.value - before[key]))
    for one, key, figure in found:
        if expected := expectation(one.kind, key):
            what = f"{name}, {one.kind} {one.strength}: {figure.metric.name}"
            bar = expected if asked(one, figure, distinct) else ""
            yield row_of(what, figure, before[key], bar, LITTLE * largest[key])


def _figures(now: Situation) -> dict[str, Figure]:
    return {figure.metric.key: figure for source in SOURCES for figure in source(now)}


def expectation(kind: str, key: str) -> str:
    """Which way the metric of this key must go; nothing where nothing is asked."""
    names = EXPECTED[kind]
    parts = key.split("-")
    begun = ("-".join(parts[:size]) for size in range(len(parts), 0, -1))
    return next((names[part] for part in begun if part in names), "")


def asked(one: Damage, figure: Figure, distinct: bool) -> bool:
    """Whether the way of a metric is asked for: not under the weakest damage, not where sounds that begin anywhere are
    begun elsewhere, and not of an extrapolation from few sounds, which warns of itself.
    """
    key = figure.metric.key
    anywhere = one.kind == "time shift" and key == "js" and not distinct
    return not (one.mild or anywhere or (key.startswith("fd-inf") and figure.n < ENOUGH_FOR_INFINITY))


def row_of(what: str, figure: Figure, before: float, expected: str, little: float) -> Row:
    """A figure beside its value before; a change of `little` is none."""
    low, high = (figure.value if end is None else end for end in (figure.low, figure.high))
    stays = low <= before <= high or abs(figure.value - before) <= little
    went = {"rises": low > before, "falls": high < before, "stays": stays}
    holds = any(went[way] for way in expected.split(" or ")) if expected else None
    spread = "-" if figure.low is None else f"95 % {low:.3g} to {high:.3g}"
    return Row(what, figure.value, before, None, figure.metric.unit, figure.n, spread, expected or None, holds)


def main() -> None:
    args = arguments("Does every metric move the right way under known damage?")
    names = ("logmel",) if args.quick else ("logmel", "musicnn-mtt", "aisfx")
    judges = [load_embedding(name) for name in names]
    rows = list(rows_of("rendered", *rendered(LOOPS_RENDERED), judges, distinct=True))
    if not args.quick:
        rows += rows_of("recorded", *recorded(), judges, distinct=False)
    finish("judge_sanity", rows, machine(), args.json)


if __name__ == "__main__":
    main()
