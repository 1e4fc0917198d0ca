"""Keys, chord progressions and voicings: what notes a loop may have."""

from dataclasses import dataclass

import numpy as np

NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
STEPS = 16
"""Sixteenths in a bar."""

_MINOR = ((0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10), (0, 1, 3, 5, 7, 8, 10))
_MAJOR = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 5, 7, 9, 10), (0, 2, 4, 6, 7, 9, 11))
_MINOR_WAYS = (
    (0, 5, 2, 6), (0, 6, 5, 6), (0, 3, 5, 4), (0, 3, 0, 6), (0, 2, 5, 6), (0, 5, 3, 4), (5, 6, 0, 0), (0, 0, 5, 6),
    (0, 4, 5, 3), (0, 6, 3, 3), (0, 0, 3, 3),
)  # fmt: skip
_MAJOR_WAYS = (
    (0, 4, 5, 3), (0, 5, 3, 4), (1, 4, 0, 0), (0, 3, 5, 4), (0, 3, 4, 3), (5, 3, 0, 4), (0, 0, 3, 4), (0, 2, 3, 4),
    (3, 4, 5, 5), (0, 1, 3, 0),
)  # fmt: skip


@dataclass(frozen=True)
class Key:
    """A root (0 is C) and a scale of seven tones, in semitones above it."""

    root: int
    scale: tuple[int, ...]

    @property
    def minor(self) -> bool:
        """Whether the third is a small one."""
        return self.scale[2] == 3

    @property
    def name(self) -> str:
        """As in "Am" or "Eb"."""
        return NAMES[self.root] + ("m" if self.minor else "")

    def tone(self, degree: int) -> int:
        """MIDI number of a step of the scale, counted from 0, the root below middle C or on it; negative ones lie
        below.
        """
        octave, step = divmod(degree, len(self.scale))
        return 48 + self.root + 12 * octave + self.scale[step]


@dataclass(frozen=True)
class Chord:
    """A chord on a step of the scale, from sixteenth `start` on, for `steps` sixteenths."""

    start: int
    steps: int
    degree: int


def draw_key(rng: np.random.Generator) -> Key:
    """A key: two of three are minor."""
    root = int(rng.integers(12))
    scales = _MINOR if rng.random() < 0.66 else _MAJOR
    return Key(root, scales[rng.integers(len(scales))])


def draw_chords(rng: np.random.Generator, key: Key, bars: int) -> list[Chord]:
    """Chords that fill the bars: one to four in a single bar, one or two a bar in longer loops."""
    ways = _MINOR_WAYS if key.minor else _MAJOR_WAYS
    way = ways[rng.integers(len(ways))]
    each = int(rng.choice((1, 2, 4), p=(0.45, 0.35, 0.2))) if bars == 1 else int(rng.choice((1, 2), p=(0.7, 0.3)))
    first = int(rng.choice((0, 0, 0, 2)))
    steps = STEPS // each
    return [Chord(i * steps, steps, way[(first + i) % len(way)]) for i in range(bars * each)]


def chord_at(chords: list[Chord], step: float) -> Chord:
    """The chord that sounds at a sixteenth."""
    return next(chord for chord in reversed(chords) if chord.start <= step)


def voicing(key: Key, degree: int, centre: float, extras: tuple[int, ...] = ()) -> list[int]:
    """The triad on `degree`, with more steps of the scale above it (6 a seventh, 8 a ninth), every tone moved by
    octaves to where it is nearest to `centre`, so that one chord leads into the next; lowest first.
    """
    tones = {key.tone(degree + above) % 12 for above in (0, 2, 4, *extras)}
    return sorted(tone + 12 * round((centre - tone) / 12) for tone in tones)


def opened(tones: list[int]) -> list[int]:
    """A wide voicing: every second tone from the top an octave lower."""
    return sorted(tone - 12 if place % 2 else tone for place, tone in enumerate(reversed(tones)))
