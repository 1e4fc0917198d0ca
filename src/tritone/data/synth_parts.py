"""What the instruments play: bass lines, arpeggios, chords, leads, plucks and pads, as notes on sixteenths."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tritone.data.synth_theory import STEPS, Chord, Key, chord_at, opened, voicing

ACCENT, NORMAL, GHOST = 1.0, 0.75, 0.45


@dataclass(frozen=True)
class Note:
    """`start` and `length` in sixteenths, `pitch` as MIDI number, `velocity` up to 1; with `slide` the pitch comes from
    that of the note before.
    """

    start: float
    length: float
    pitch: int
    velocity: float
    slide: bool = False


_BASS = [
    "R-..R-..R-..R-..",
    "..R-..R-..R-..R-",
    "R.R.R.R.R.R.R.R.",
    "RRRRRRRRRRRRRRRR",
    "R.ORR.ORR.ORR.OR",
    "R--R--R---R-R---",
    "R-----R-F---S-O-",
    "R.RO.R.R.RO.R.FS",
    "R---------------",
    "R-------F-------",
    "R..R..R..R..R.O.",
    "R-.R-.R-.R.OS.F.",
    "..RR..RR..RR..RO",
    "R-T-F-A-R-T-F-A-",
    "R--.T--.F--.A--.",
    "R..OS..R..F.R.A.",
    "RR.R.RR.R.RR.R.O",
    "R.....RR..O.S.F.",
    ".RRR.RRR.RRR.RRR",
    "R---..R-..R-O-S-",
    "R..R....R..RO...",
    "O.R.R.O.R.R.O.R.",
    "R-------------A-",
    "R--RR--RR--RR-FO",
]
_STABS = [
    "X---------------",
    "X-------x-------",
    "X..X..X...X.X...",
    "..X-..X-..X-..X-",
    "X.......X.......",
    "X-----X---X-----",
    "X..x..x.X..x..x.",
    "X-.x-.x-.x-.x-x-",
    "X-x-..x-..X-..x-",
    "....X-......X-..",
    "X..X..X..X..X.X.",
    "X--x--x-----x---",
    "x.x.X.x.x.x.X.x.",
    "X-----------x-x-",
    "..X...X...X..oX.",
    "X---x---x---x---",
    "X..o..X..o..X.o.",
    "....X--x....X--x",
]
_PHRASES = [
    "X-x-x---X---....",
    "X---x-x-x---....",
    "..x-x-X-----x-x-",
    "X--x--x-X-------",
    "X-xxX-x-x---x---",
    "x-x-x-x-X-----..",
    "X-----x-x-x-x---",
    "....X-x-x--x--X-",
    "X--x--X--x--X-x-",
    "X.x.x.X.x.x.x.x.",
    "X-------x---x-x-",
    "x-X---..x-X---..",
]
_MASKS = ("x", "x", "x", "x.xx.xx.", "xx.xx.x.", "xxx.", "x.x.xx.x", "xx.x", "x..x..x.")
_ORDERS = ((0, 1, 2, 1), (0, 2, 1, 2), (0, 1, 2, 3), (3, 2, 1, 0), (0, 2, 1, 3), (0, 0, 1, 2), (0, 3, 1, 2, 3))


def bass(rng: np.random.Generator, key: Key, chords: list[Chord], bars: int) -> list[Note]:
    """One voice on the roots, with fifths, sevenths, octaves and tones that lead into the next chord."""
    pattern, other = (_BASS[i] for i in rng.integers(len(_BASS), size=2))
    low = -14 if key.root >= 4 else -7
    gate, slides = rng.uniform(0.6, 1.0), rng.random() < 0.25
    notes: list[Note] = []
    for bar in range(bars):
        played = other if bar % 2 and rng.random() < 0.5 else pattern
        for place, length, sign in _onsets(played):
            start = bar * STEPS + place
            degree = chord_at(chords, start).degree
            degree = degree - 7 if degree > 4 else degree
            above = {"R": 0, "T": 2, "F": 4, "S": 6, "O": 7, "A": -1}[sign]
            if rng.random() < 0.06:
                above += 7
            velocity = ACCENT if place % 4 == 0 else NORMAL
            notes.append(
                Note(start, length * gate, key.tone(low + degree + above), velocity, slides and rng.random() < 0.4)
            )
    return notes


def arp(rng: np.random.Generator, key: Key, chords: list[Chord], bars: int) -> list[Note]:
    """Broken chords: up, down, up and down, in a fixed order or at random, over one to three octaves."""
    step = float(rng.choice((1.0, 1.0, 1.0, 2.0, 4 / 3)))
    octaves, gate = int(rng.integers(1, 4)), rng.uniform(0.35, 1.0)
    mask, order = _MASKS[rng.integers(len(_MASKS))], _ORDERS[rng.integers(len(_ORDERS))]
    way, accent = int(rng.integers(5)), int(rng.choice((3, 4, 4, 8)))
    extras, centre = _extras(rng), rng.uniform(52, 64)
    notes = []
    for index in range(round(bars * STEPS / step)):
        chord = chord_at(chords, index * step)
        base = voicing(key, chord.degree, centre, extras)
        tones = [tone + 12 * octave for octave in range(octaves) for tone in base]
        turn = [*tones, *tones[-2:0:-1]]
        place = index % round(STEPS / step) if octaves < 3 else index
        pitches = (
            tones[place % len(tones)], tones[-1 - place % len(tones)], turn[place % len(turn)],
            tones[order[place % len(order)] % len(tones)], tones[int(rng.integers(len(tones)))],
        )  # fmt: skip
        if mask[index % len(mask)] == "x":
            velocity = ACCENT if index % accent == 0 else NORMAL
            notes.append(Note(index * step, step * gate, pitches[way], velocity))
    return notes


def stabs(rng: np.random.Generator, key: Key, chords: list[Chord], bars: int) -> list[Note]:
    """Chords in rhythm."""
    pattern = _STABS[rng.integers(len(_STABS))]
    extras, centre, gate = _extras(rng), rng.uniform(55, 66), rng.uniform(0.6, 1.0)
    wide, strum = rng.random() < 0.3, rng.uniform(0, 0.12) * (rng.random() < 0.2)
    notes = []
    for bar in range(bars):
        for place, length, sign in _onsets(pattern):
            start = bar * STEPS + place
            tones = voicing(key, chord_at(chords, start).degree, centre, extras)
            velocity = {"X": ACCENT, "x": NORMAL, "o": GHOST}[sign]
            for place_in, tone in enumerate(opened(tones) if wide else tones):
                notes.append(Note(start + strum * place_in, length * gate, tone, velocity))
    return notes


def lead(rng: np.random.Generator, key: Key, chords: list[Chord], bars: int) -> list[Note]:
    """A melody of one voice: a walk on the scale that lands on tones of the chord, its first half often repeated."""
    phrase, answer = (_PHRASES[i] for i in rng.integers(len(_PHRASES), size=2))
    steps = rng.choice((-3, -2, -1, 0, 1, 2, 3, 4), 16, p=(0.06, 0.14, 0.24, 0.12, 0.22, 0.12, 0.06, 0.04))
    low, slides = int(rng.choice((7, 7, 10, 14))), rng.random() < 0.5
    notes: list[Note] = []
    for bar in range(bars):
        played, degree = (answer if bar % 2 else phrase), low + int(rng.choice((0, 2, 4)))
        for number, (place, length, sign) in enumerate(_onsets(played)):
            start = bar * STEPS + place
            degree = int(np.clip(degree + steps[number % 16], low - 3, low + 9))
            if place % 4 == 0:
                degree = _nearest_tone(degree, chord_at(chords, start).degree)
            velocity = ACCENT if sign == "X" else NORMAL
            notes.append(Note(start, 0.95 * length, key.tone(degree), velocity, slides and rng.random() < 0.5))
    return notes


def pluck(rng: np.random.Generator, key: Key, chords: list[Chord], bars: int) -> list[Note]:
    """A figure of a few tones that goes round, sometimes against the bar, sometimes with a second voice."""
    size = int(rng.choice((3, 4, 5, 6, 8, 8, 16)))
    figure, dense = rng.integers(-1, 8, size), rng.uniform(0.45, 0.95)
    struck = rng.random(size) < dense
    struck[0] = True
    doubled, high = rng.random() < 0.25, int(rng.choice((0, 7)))
    step = int(rng.choice((1, 1, 2)))
    notes = []
    for index in range(bars * STEPS // step):
        start, place = index * step, (index % (STEPS // step)) % size
        if not struck[place]:
            continue
        degree = _nearest_tone(int(figure[place]) + high, chord_at(chords, start).degree)
        velocity = ACCENT if place == 0 else (NORMAL if rng.random() < 0.7 else GHOST)
        notes.append(Note(start, float(step), key.tone(degree), velocity))
        if doubled and place % 2 == 0:
            notes.append(Note(start, float(step), key.tone(degree + 4), GHOST))
    return notes


def pad(rng: np.random.Generator, key: Key, chords: list[Chord], bars: int) -> list[Note]:
    """Every chord held as long as it lasts, widely voiced, with its root below."""
    extras, centre = _extras(rng), rng.uniform(54, 66)
    wide, root = rng.random() < 0.6, rng.random() < 0.6
    notes = []
    for chord in chords:
        tones = voicing(key, chord.degree, centre, extras)
        tones = opened(tones) if wide else tones
        if root:
            tones = [key.tone(chord.degree - 7), *tones]
        notes += [Note(chord.start, float(chord.steps), tone, NORMAL) for tone in tones]
    return notes


PARTS: dict[str, Callable[[np.random.Generator, Key, list[Chord], int], list[Note]]] = {
    "bass": bass, "arp": arp, "chords": stabs, "lead": lead, "pluck": pluck, "pad": pad,
}  # fmt: skip
"""Instruments, and what they play."""


def _onsets(pattern: str) -> list[tuple[int, int, str]]:
    """(place, length, sign) of every letter of a pattern; `-` goes on, `.` rests."""
    found = []
    for place, sign in enumerate(pattern):
        if sign not in "-.":
            held = len(pattern[place + 1 :]) - len(pattern[place + 1 :].lstrip("-"))
            found.append((place, 1 + held, sign))
    return found


def _extras(rng: np.random.Generator) -> tuple[int, ...]:
    return ((), (), (6,), (6, 8), (8,), (3,))[int(rng.integers(6))]


def _nearest_tone(degree: int, chord: int) -> int:
    """The step of the scale nearest to `degree` that belongs to the triad on `chord`."""
    near = [each for each in range(degree - 3, degree + 4) if (each - chord) % 7 in (0, 2, 4)]
    return min(near, key=lambda each: (abs(each - degree), each))
