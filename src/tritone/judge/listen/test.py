"""A listening test as files: what listeners may see, and the key that says what they heard.

A test is a folder: `test.json` (a `Test`; served), `key.json` (a `Key`; never served, and not needed until the
analysis), `audio/ID.wav` (16 bit, all of one size in bytes), and `answers.sqlite`, which the server writes.
"""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["rating", "preference", "mushra"]
"""Each sound on a scale of five words (ITU-T P.800, ITU-R BS.1284); which of two; several beside a reference, 0 to 100
(ITU-R BS.1534)."""

REAL, ANCHOR = "real", "anchor"
"""Names of the hidden systems that every test has: real sound, and real sound without what lies above 3.5 kHz."""

MID_ANCHOR, REFERENCE = "anchor-7k", "reference"
"""What "mushra" has besides: real sound without what lies above 7 kHz; the open reference, which is never valued."""


@dataclass(frozen=True)
class Question:
    """What is asked of every sound (of every pair, in a preference test)."""

    id: str
    """Such as "audio-quality"."""
    text: str
    words: tuple[str, ...]
    """What the values mean, from the lowest (1) to the highest (5); in "mushra" the equal parts of the scale from 0 to
    100; () for pairs."""


@dataclass(frozen=True)
class Stimulus:
    """A sound under a name that says nothing."""

    id: str
    """32 random hexadecimal digits; the file is `audio/ID.wav`."""
    seconds: float
    """Of sound; what follows in the file is silence, so that all are of one size."""
    samples: int
    rate: int
    loop: bool


@dataclass(frozen=True)
class Trial:
    """What stands on one screen: one stimulus (rating), two (preference), or several (mushra)."""

    id: str
    stimuli: tuple[str, ...]
    reference: str = ""
    """The open reference of "mushra": a stimulus of its own."""
    training: bool = False
    """Comes first, and does not count."""


@dataclass(frozen=True)
class Order:
    """The screens of one listener, each with its stimuli in the order in which they stand there."""

    screens: tuple[tuple[str, tuple[str, ...]], ...]
    """(trial, stimuli) pairs; training trials first."""


@dataclass(frozen=True)
class Test:
    """All that the page needs; nothing in it tells systems apart."""

    id: str
    """Random; answers to another test are refused."""
    title: str
    kind: Kind
    questions: tuple[Question, ...]
    stimuli: tuple[Stimulus, ...]
    trials: tuple[Trial, ...]
    orders: tuple[Order, ...]
    """Listener number k (from 0, in the order of arrival) has `orders[k % len(orders)]`: balanced over as many."""
    minutes: float
    """How long it takes, about."""


@dataclass(frozen=True)
class Heard:
    """What a stimulus is."""

    system: str
    """Name of a run or folder, `REAL` or `ANCHOR`."""
    item: str
    """What systems share (a held-out sound, a seed); stimuli of one item are compared with each other."""
    source: str
    """The file or item that it was made of, to find it again."""
    gain: float
    """Decibels by which its loudness was changed."""


@dataclass(frozen=True)
class Exclusion:
    """When a listener does not count, fixed before anybody has listened."""

    real_below: float
    """A hidden real sound valued below this on the primary question is a miss (3 of 5, 90 of 100; in pairs a half, and
    only beside the anchor)..."""
    share: float
    """...and more than this share of misses excludes (ITU-R BS.1534-3, 4.1.2)."""
    over_anchor: bool = False
    """Whether a listener who does not value real sound above the anchor, on average, does not count either."""


@dataclass(frozen=True)
class Key:
    """What the stimuli are, and how answers will be analysed."""

    test: str
    """`Test.id`."""
    stimuli: dict[str, Heard]
    exclusion: Exclusion
    primary: str
    """Id of the question that decides; the others are secondary."""
    made: dict[str, str] = field(default_factory=dict)
    """Command, version, date, report."""


@dataclass(frozen=True)
class Answer:
    """One value that one listener gave. A choice between two is two answers: 1 and 0, or a half for each."""

    listener: str
    """Random name that the server gave."""
    trial: str
    question: str
    stimulus: str
    value: float
    heard_ms: int
    """How long the stimulus was played before the answer."""
    at: str
    """UTC, ISO 8601."""
