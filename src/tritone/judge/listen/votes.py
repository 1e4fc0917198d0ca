"""Answers as tables: who valued which sound of which system how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, REAL, REFERENCE, Answer, Heard, Key, Test, Trial


@dataclass(frozen=True)
class Votes:
    """Answers to one question."""

    question: str
    listeners: tuple[str, ...]
    items: tuple[str, ...]
    columns: tuple[str | tuple[str, str], ...]
    """Systems; in a preference test pairs of them."""
    values: NDArray[np.float64]
    """`(listeners, items, columns)`: the value, or how far the first of the pair was preferred (1, a half or 0). NaN
    where nobody was asked.
    """

    def of(self, column: str | tuple[str, str]) -> NDArray[np.float64]:
        """The values of one column, `(listeners, items)`."""
        return self.values[..., self.columns.index(column)]

    def without(self, listeners: Sequence[str]) -> "Votes":
        """The same less some listeners."""
        stay = [place for place, name in enumerate(self.listeners) if name not in set(listeners)]
        return replace(self, listeners=tuple(self.listeners[place] for place in stay), values=self.values[stay])


def systems_of(key: Key) -> tuple[str, ...]:
    """Systems under test, by name, then real sound and the anchors."""
    found = {heard.system for heard in key.stimuli.values()} - {REFERENCE}
    hidden = [name for name in (REAL, MID_ANCHOR, ANCHOR) if name in found]
    return (*sorted(found.difference(hidden)), *hidden)


def pairs_of(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """All pairs of systems that are held against each other: anchors are there to check listeners."""
    return tuple(combinations([name for name in names if name not in (ANCHOR, MID_ANCHOR)], 2))


def count_votes(test: Test, key: Key, answers: Sequence[Answer]) -> tuple[Votes, ...]:
    """Tables of all questions; training does not count."""
    trials = {trial.id: trial for trial in test.trials if not trial.training}
    listeners = tuple(sorted({answer.listener for answer in answers}))
    items = sorted({key.stimuli[name].item for trial in trials.values() for name in trial.stimuli})
    systems = systems_of(key)
    pairs: tuple[tuple[str, str], ...] = (*pairs_of(systems), (REAL, ANCHOR))
    columns = pairs if test.kind == "preference" else systems
    rows, stacks = ({name: place for place, name in enumerate(names)} for names in (listeners, items))
    places: dict[object, int] = {name: place for place, name in enumerate(columns)}
    tables = {question.id: np.full((len(listeners), len(items), len(columns)), np.nan) for question in test.questions}
    for answer in answers:
        if answer.trial in trials:
            column = _column(trials[answer.trial], key.stimuli, answer, places)
            if column is not None:
                item = stacks[key.stimuli[answer.stimulus].item]
                tables[answer.question][rows[answer.listener], item, column] = answer.value
    return tuple(Votes(name, listeners, tuple(items), columns, table) for name, table in tables.items())


def _column(trial: Trial, heard: Mapping[str, Heard], answer: Answer, places: Mapping[object, int]) -> int | None:
    """Where an answer stands; None for the second of a pair, which says what the first one says."""
    system = heard[answer.stimulus].system
    if len(trial.stimuli) != 2 or trial.reference:
        return places[system]
    other = next(heard[name].system for name in trial.stimuli if name != answer.stimulus)
    return places.get((system, other))
