"""Which sounds make which trials, under which names, and how long that takes: a test without its sound."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil

import numpy as np

from tritone.errors import UserError
from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, REAL, REFERENCE, Exclusion, Kind, Trial

TRAINING = {"rating": 3, "preference": 3, "mushra": 1}
"""Screens that come first and do not count; one of "mushra" holds every system."""
EXCLUSION = {
    "rating": Exclusion(3.0, 0.25, over_anchor=True),
    "preference": Exclusion(0.5, 0.34),
    "mushra": Exclusion(90.0, 0.15, over_anchor=True),
}
"""Who does not count, unless the plan says otherwise. For "mushra" as BS.1534-3 (4.1.2) has it."""
ITEMS = {"rating": 20, "preference": 20, "mushra": 10}
"""Items of a test, unless the plan says otherwise."""
_QUESTION_SECONDS, _CHOICE_SECONDS, _SLIDER_SECONDS = 4.0, 4.0, 5.0

Sound = tuple[str, str, bool]
"""System, item, and whether it is for training."""


class Names:
    """Names that say nothing, and the chance that everything else hangs on.

    With a seed they are the same each time, and known to whoever knows the seed; without one they come from the
    system's own source of secrets.
    """

    def __init__(self, seed: int | None) -> None:
        self.rng = np.random.default_rng(secrets.randbits(128) if seed is None else seed)
        self._secret = seed is None

    def new(self) -> str:
        """32 random hexadecimal digits."""
        return secrets.token_hex(16) if self._secret else self.rng.bytes(16).hex()


@dataclass(frozen=True)
class Design:
    """Trials in blocks of items, of which every listener gets one."""

    sounds: Mapping[str, Sound]
    """What each stimulus is, by its id."""
    training: tuple[Trial, ...]
    blocks: tuple[tuple[Trial, ...], ...]


def members(kind: Kind, systems: Sequence[str]) -> tuple[str, ...]:
    """What there is of each item: the systems and what is hidden among them."""
    more = {"rating": (REAL, ANCHOR), "preference": (REAL, ANCHOR), "mushra": (REAL, ANCHOR, MID_ANCHOR, REFERENCE)}
    return (*systems, *more[kind])


def screen_seconds(kind: Kind, systems: int, questions: int, seconds: float, loop: bool) -> float:
    """About how long a screen takes with sounds of `seconds`; a loop is heard twice."""
    listening = 1 + (2 * seconds if loop else seconds)
    if kind == "rating":
        return listening + questions * _QUESTION_SECONDS
    if kind == "preference":
        return 2 * listening + _CHOICE_SECONDS
    return (systems + 4) * (listening + _SLIDER_SECONDS)


def screens_of(kind: Kind, systems: int, items: int) -> int:
    """Screens with so many items; pairs of real sound and anchor, which tell who listens, come with half of them."""
    if kind == "rating":
        return (systems + 2) * items
    return items if kind == "mushra" else (systems + 1) * systems // 2 * items + _traps(items)


def blocks_of(kind: Kind, systems: int, items: int, screen: float, minutes: float) -> int:
    """Into how many parts the items go, so that a listener with one of them is done in `minutes`.

    UserError where not even one item fits.
    """
    room = (60 * minutes - TRAINING[kind] * screen) / screen
    fits = max((count for count in range(1, items + 1) if screens_of(kind, systems, count) <= room), default=0)
    if not fits:
        least = (TRAINING[kind] + screens_of(kind, systems, 1)) * screen / 60
        raise UserError(
            f"One sound of each system alone takes about {least:.0f} minutes; allow more with --minutes, or ask less."
        )
    return ceil(items / fits)


def make_design(
    kind: Kind, systems: Sequence[str], items: Sequence[Sequence[str]], training: str, names: Names
) -> Design:
    """Trials of the `items` of each block, in an order that says nothing, and training with the item `training`."""
    sounds: dict[str, Sound] = {}
    blocks = []
    for block in items:
        trials: list[Trial] = []
        for number, item in enumerate(block):
            heard = {name: names.new() for name in members(kind, systems)}
            shown = _shown(kind, systems, trap=number < _traps(len(block)))
            trials += [_trial(names, [heard[name] for name in row], heard.get(REFERENCE, "")) for row in shown]
            used = {heard[name] for row in shown for name in row} | {heard.get(REFERENCE, "")}
            sounds |= {name: (system, item, False) for system, name in heard.items() if name in used}
        blocks.append(tuple(trials[place] for place in names.rng.permutation(len(trials))))
    first, heard = _training(kind, systems, names)
    sounds |= {name: (system, training, True) for system, name in heard.items()}
    return Design(sounds, first, tuple(blocks))


def _shown(kind: Kind, systems: Sequence[str], trap: bool) -> list[tuple[str, ...]]:
    """Members of an item that stand on a screen together."""
    if kind == "rating":
        return [(name,) for name in members(kind, systems)]
    if kind == "preference":
        return [*combinations((*systems, REAL), 2), *([(REAL, ANCHOR)] if trap else [])]
    return [tuple(name for name in members(kind, systems) if name != REFERENCE)]


def _training(kind: Kind, systems: Sequence[str], names: Names) -> tuple[tuple[Trial, ...], dict[str, str]]:
    """Screens that show how far the sounds of the test go: real sound, the anchor, and systems drawn by lot."""
    drawn = [systems[place] for place in names.rng.permutation(len(systems))]
    rows: dict[Kind, list[tuple[str, ...]]] = {
        "rating": [(REAL,), (ANCHOR,), (drawn[0],)],
        "preference": [(REAL, ANCHOR), (drawn[0], REAL), (drawn[-1], ANCHOR)],
        "mushra": _shown("mushra", systems, trap=False),
    }
    used = dict.fromkeys(name for row in rows[kind] for name in row) | ({REFERENCE: None} if kind == "mushra" else {})
    heard = {name: names.new() for name in used}
    reference = heard.get(REFERENCE, "")
    trials = (_trial(names, [heard[name] for name in row], reference, training=True) for row in rows[kind])
    return tuple(trials), heard


def _trial(names: Names, stimuli: Sequence[str], reference: str, training: bool = False) -> Trial:
    return Trial(names.new(), tuple(sorted(stimuli)), reference, training)


def _traps(items: int) -> int:
    return ceil(items / 2)
