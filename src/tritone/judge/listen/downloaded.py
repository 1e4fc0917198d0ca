"""Answers that the page without a server gave as a file: read back as if each had been sent to a server."""

from dataclasses import fields
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from tritone.errors import UserError
from tritone.judge.listen.checks import FIELDS, HEADPHONES, Refused, exactly, parsed, screen_answers
from tritone.judge.listen.files import is_id
from tritone.judge.listen.store import Listener
from tritone.judge.listen.test import Answer, Order, Test

FORMAT = "tritone-listen-answers"
_LISTENER = ("id", "order", "browser", "headphones", "expert", "started", "finished")
_MOST_BYTES = 16_000_000


def read_downloaded(path: Path, test: Test) -> list[Answer]:
    """The answers in a file that the page gave, in the order in which they were given.

    UserError where it is no such file, where it belongs to another test, where anything in it could not have come from
    the page, or where a screen of the listener's order lacks an answer.
    """
    return _read(path, test)[1]


def read_downloaded_listener(path: Path, test: Test) -> Listener:
    """Who gave the answers in a file; errors as `read_downloaded`. `number` is the order that was drawn."""
    return _read(path, test)[0]


def _read(path: Path, test: Test) -> tuple[Listener, list[Answer]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Refused("It is too large.")
        return _checked(parsed(path.read_bytes()), test)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    except Refused as error:
        raise UserError(f"{path} is not counted: {error}") from error


def _checked(content: dict[str, Any], test: Test) -> tuple[Listener, list[Answer]]:
    exactly(content, ("format", "version", "test", "listener", "answers"))
    if content["format"] != FORMAT or content["version"] != 1:
        raise Refused("This is no file of answers of version 1.")
    if content["test"] != test.id:
        raise Refused("These are answers to another test.")
    who, rows = content["listener"], content["answers"]
    if not isinstance(who, dict) or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused("The listener must be an object, and the answers a list of objects.")
    exactly(who, _LISTENER)
    listener = _listener(who, test)
    return listener, _answers(rows, test, test.orders[listener.number], listener.id)


def _listener(who: dict[str, Any], test: Test) -> Listener:
    if not isinstance(who["id"], str) or not is_id(who["id"]):
        raise Refused("The listener's id must be 32 hexadecimal digits.")
    if type(who["order"]) is not int or not 0 <= who["order"] < len(test.orders):
        raise Refused("This test has no such order.")
    if who["headphones"] not in HEADPHONES or not isinstance(who["expert"], bool):
        raise Refused(f"headphones must be one of {', '.join(HEADPHONES)}, and expert true or false.")
    if not isinstance(who["browser"], str):
        raise Refused("The browser must be named by a string.")
    times = (_time(who["started"]), _time(who["finished"]))
    return Listener(
        who["id"], who["id"], who["order"], times[0], who["browser"][:300], who["headphones"], who["expert"], times[1]
    )


def _answers(rows: list[dict[str, Any]], test: Test, order: Order, listener: str) -> list[Answer]:
    for row in rows:
        exactly(row, [field.name for field in fields(Answer)])
        if row["listener"] != listener or not isinstance(row["trial"], str):
            raise Refused("An answer is of another listener, or of no trial.")
    answers: list[Answer] = []
    for trial, screen in groupby(rows, key=lambda row: row["trial"]):
        together = list(screen)
        if any(answer.trial == trial for answer in answers):
            raise Refused("A screen is answered twice.")
        at = _time(together[0]["at"])
        bare = [{name: row[name] for name in FIELDS} for row in together]
        answers += screen_answers(bare, test, order, listener=listener, at=at)
    if {answer.trial for answer in answers} != {trial for trial, _ in order.screens}:
        raise Refused("It is not complete: some screens have no answer.")
    return answers


def _time(text: object) -> str:
    """A time in UTC, ISO 8601, as it stands."""
    try:
        if not isinstance(text, str) or datetime.fromisoformat(text).utcoffset() is None:
            raise ValueError
    except ValueError:
        raise Refused("Times must be in UTC, ISO 8601.") from None
    return text
