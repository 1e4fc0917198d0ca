"""Answers from wherever they were given: the server's database, the page without a server, webMUSHRA, or raw data."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from tritone.errors import UserError
from tritone.judge.listen.downloaded import read_downloaded, read_downloaded_listener
from tritone.judge.listen.files import ANSWERS_NAME
from tritone.judge.listen.store import Listener, answers, listeners
from tritone.judge.listen.strict import Malformed, decode, said
from tritone.judge.listen.test import Answer, Key, Test
from tritone.judge.listen.webmushra import read_webmushra

RAW_MORE = ("system", "item", "training", "excluded")
"""What a line of raw data says besides the answer."""


@dataclass(frozen=True)
class Collected:
    """All answers to a test, each once."""

    answers: tuple[Answer, ...]
    listeners: tuple[Listener, ...]
    """Those of whom more is known than their answers."""
    notes: tuple[str, ...]
    """Sentences on what was left out."""


def collect(folder: Path, test: Test, key: Key, files: Sequence[Path] = ()) -> Collected:
    """The answers in the test's folder and in `files`: databases, downloaded answers (or folders of them), webMUSHRA's
    tables, and raw data that an earlier analysis wrote.

    UserError where there are none, or a file is none of these or belongs to another test.
    """
    paths = [folder / ANSWERS_NAME] if (folder / ANSWERS_NAME).is_file() else []
    for path in files:
        if not path.exists():
            raise UserError(f"{path} is not there; check the name of the file of answers.")
        paths += sorted(path.glob("*.json")) if path.is_dir() else [path]
    found: dict[tuple[str, ...], Answer] = {}
    people: dict[str, Listener] = {}
    other = 0
    for path in paths:
        rows, known = _read(path, test, key)
        people |= {listener.id: listener for listener in known}
        for row in rows:
            first = found.setdefault((row.listener, row.trial, row.question, row.stimulus), row)
            other += first.value != row.value
    if not found:
        raise UserError(
            f"There are no answers in {folder} yet; let listeners in with `tritone listen serve`, or name files of "
            "answers with --answers."
        )
    note = f"{other} answers were given a second time, otherwise; the first ones count."
    return Collected(tuple(found.values()), tuple(people.values()), (note,) if other else ())


def _read(path: Path, test: Test, key: Key) -> tuple[Sequence[Answer], Sequence[Listener]]:
    if path.suffix == ".json":
        return read_downloaded(path, test), [read_downloaded_listener(path, test)]
    if path.suffix == ".jsonl":
        return _raw(path, test), ()
    if path.suffix == ".csv":
        return read_webmushra(path, test, key), ()
    return answers(path, test.id), listeners(path, test.id)


def _raw(path: Path, test: Test) -> list[Answer]:
    trials = {trial.id: trial for trial in test.trials}
    questions = {question.id for question in test.questions}
    names = {spec.name for spec in fields(Answer)}
    rows = []
    for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
        try:
            values = json.loads(line)
            values = {name: value for name, value in values.items() if name not in RAW_MORE or name in names}
            row: Answer = decode(Answer, values, "answer")
        except (ValueError, AttributeError, RecursionError, Malformed) as error:
            raise UserError(
                f"Line {number} of {path} is no answer ({said(error)}); give it as it was written."
            ) from error
        if row.trial not in trials or row.stimulus not in trials[row.trial].stimuli or row.question not in questions:
            raise UserError(f"Line {number} of {path} belongs to another test.")
        if not _possible(test, row.value):
            raise UserError(f"Line {number} of {path} has a value that nobody can give: {row.value:g}.")
        rows.append(row)
    return rows


def _possible(test: Test, value: float) -> bool:
    low, high = {"rating": (1, 5), "preference": (0, 1), "mushra": (0, 100)}[test.kind]
    return math.isfinite(value) and low <= value <= high
