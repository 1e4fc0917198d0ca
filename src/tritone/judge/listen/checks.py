"""What counts as an answer: everything that listeners send is held against the test before it is kept."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tritone.judge.listen.test import Answer, Order, Question, Stimulus, Test

FIELDS = ("trial", "question", "stimulus", "value", "heard_ms")
"""What a listener sends for each answer; who answered and when is added by whoever takes it in."""
HEADPHONES = ("loudspeakers", "0/3", "1/3", "2/3", "3/3")
"""Outcomes of the headphones check: not taken, or how many of three rounds were right."""
_LONGEST_HEARD_MS = 24 * 3600 * 1000
_PAST_THE_SEAM, _LONG_ENOUGH, _GLANCE = 0.5, 10.0, 3.0


class Refused(Exception):
    """What was sent cannot be accepted; `str` is one sentence for whoever sent it."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status
        """HTTP status: 400 not understood, 403 not yours, 409 answered before, 413 too long, 422 not of this test."""


def needed_ms(test: Test, stimulus: Stimulus) -> int:
    """How long a stimulus must have been played before it may be judged, in milliseconds.

    A loop once through and half a second past its seam; another sound to its end, or ten seconds of it. Where several
    are compared with a reference, three seconds of each, since they are switched between while they play.
    """
    seconds = stimulus.samples / stimulus.rate
    if test.kind == "mushra":
        return int(1000 * min(seconds, _GLANCE))
    return int(1000 * (seconds + _PAST_THE_SEAM if stimulus.loop else min(seconds, _LONG_ENOUGH)))


def parsed(text: bytes | str) -> dict[str, Any]:
    """The object that JSON text holds; Refused for anything else, NaN and endless nesting included."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise Refused("The body is not a JSON object.")
    return value


def exactly(value: Mapping[str, Any], fields: Iterable[str]) -> None:
    """Refused unless an object has these fields and no other."""
    if set(value) != set(fields):
        raise Refused(f"The fields must be {', '.join(fields)}.")


def screen_answers(rows: object, test: Test, order: Order, *, listener: str, at: str) -> tuple[Answer, ...]:
    """The answers of one whole screen, checked: every question of every stimulus on it once, each in its range and
    each stimulus heard. Refused with one sentence otherwise.
    """
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refused("The answers must be a list of objects.")
    for row in rows:
        exactly(row, FIELDS)
    trial = rows[0]["trial"]
    stimuli = dict(order.screens).get(trial) if isinstance(trial, str) else None
    if stimuli is None:
        raise Refused("This listener has no such trial.", 422)
    answers = tuple(_answer(row, trial, stimuli, test, listener, at) for row in rows)
    wanted = {(question.id, stimulus) for question in test.questions for stimulus in stimuli}
    if len(answers) != len(wanted) or {(answer.question, answer.stimulus) for answer in answers} != wanted:
        raise Refused("A screen must be answered as a whole: every question of every sound, once.", 422)
    if test.kind == "preference":
        _choices(answers, test.questions)
    return answers


def count_of(test: Test, order: Order) -> int:
    """How many answers a listener with this order gives in all."""
    return len(test.questions) * sum(len(stimuli) for _, stimuli in order.screens)


def order_of(test: Test, number: int) -> Order:
    """The order of listener number `number`."""
    return test.orders[number % len(test.orders)]


def _answer(row: dict[str, Any], trial: str, stimuli: tuple[str, ...], test: Test, listener: str, at: str) -> Answer:
    question = next((known for known in test.questions if known.id == row["question"]), None)
    stimulus = next((known for known in test.stimuli if known.id == row["stimulus"]), None)
    if row["trial"] != trial:
        raise Refused("One screen at a time: the answers are of several trials.", 422)
    if question is None:
        raise Refused("This test has no such question.", 422)
    if stimulus is None or stimulus.id not in stimuli:
        raise Refused("This trial has no such sound.", 422)
    value, heard = row["value"], row["heard_ms"]
    if not _in_range(value, test, question):
        raise Refused(f"The value of {question.id!r} is outside its scale.", 422)
    if type(heard) is not int or not 0 <= heard <= _LONGEST_HEARD_MS:
        raise Refused("heard_ms must be a whole number of milliseconds, of a day at most.", 422)
    if heard < needed_ms(test, stimulus):
        raise Refused("A sound must be heard before it is judged.", 422)
    return Answer(listener, trial, question.id, stimulus.id, float(value), heard, at)


def _in_range(value: object, test: Test, question: Question) -> bool:
    if type(value) not in (int, float):  # True is an int to isinstance
        return False
    assert isinstance(value, int | float)
    if test.kind == "rating":
        return 1 <= value <= len(question.words) and value == int(value)
    if test.kind == "preference":
        return value in (0, 0.5, 1)
    return 0 <= value <= 100


def _choices(answers: tuple[Answer, ...], questions: tuple[Question, ...]) -> None:
    for question in questions:
        if sum(answer.value for answer in answers if answer.question == question.id) != 1:
            raise Refused("Of two sounds one is chosen (1 and 0), or neither (a half for each).", 422)


def _no_constant(text: str) -> float:
    raise ValueError(text)
