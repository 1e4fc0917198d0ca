"""Drum loops of any number from single hits.

A loop is a pure function of (seed, index): its genre, kit, pattern, timing and mix never depend on how many loops are
made or on how many threads make them. `patterns` says what is played, `kits` with what, and `circular` how it is mixed
so that the last sample leads into the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from tritone.data import circular
from tritone.data.kits import KITS_PER_SHELF, SHELVES, Kit, OneShots
from tritone.data.loop import Loop
from tritone.data.patterns import GENRES, STEPS, Genre

_VELOCITY = {"X": 1.0, "x": 0.74, "o": 0.34, "?": 0.6, "r": 0.6}


@dataclass(frozen=True)
class _Sound:
    """How the sounds of one role are treated."""

    gain_db: float
    semitones: float
    """Largest change of pitch up or down."""
    decay: tuple[float, float]
    """Range of the time in which the sound is brought down by 60 dB, in seconds."""
    width: float
    """Largest distance from the middle, 0 to 1."""


_SOUNDS = {
    "kick": _Sound(0, 3, (0.25, 1.5), 0.05),
    "snare": _Sound(-2, 4, (0.15, 1.2), 0.15),
    "clap": _Sound(-4, 4, (0.15, 0.8), 0.3),
    "hat": _Sound(-9, 5, (0.06, 0.4), 0.45),
    "open_hat": _Sound(-10.5, 4, (0.3, 0.9), 0.45),
    "tom": _Sound(-4, 6, (0.2, 1.2), 0.6),
    "cymbal": _Sound(-12, 4, (0.6, 1.6), 0.5),
    "perc": _Sound(-8, 6, (0.1, 0.8), 0.7),
    "electronic": _Sound(-9, 9, (0.08, 0.7), 0.7),
    "tabla_low": _Sound(-1, 4, (0.3, 1.5), 0.2),
    "tabla_high": _Sound(-4, 4, (0.15, 1.0), 0.3),
}


def render_drum_loop(
    shots: OneShots,
    seed: int,
    index: int,
    *,
    bars: int = 1,
    bpm: float = 120.0,
    sample_rate: int = 44_100,
    channels: int = 2,
    shelves: Sequence[str] = SHELVES,
) -> Loop:
    """Loop `index` of a seed. `shots` must have been loaded at `sample_rate`.

    It is played to a length that is quick to work with, at most a little too long, and then fitted.
    """
    rng = np.random.default_rng((seed, index))
    genre = GENRES[(index + rng.integers(len(GENRES))) % len(GENRES)]
    chosen = shots.kit(shelves[int(rng.integers(len(shelves)))], int(rng.integers(KITS_PER_SHELF)))
    period = round(bars * 240.0 / bpm * sample_rate)
    dry = _perform(rng, genre, chosen, bars, circular.quick_period(period), sample_rate)
    mixed = circular.fit(_mix(rng, genre, dry, sample_rate), period)
    audio = (mixed if channels == 2 else mixed.mean(axis=0, keepdims=True)).astype(np.float32)
    audio *= 10 ** (-rng.uniform(0.5, 4.0) / 20) / np.abs(audio).max()
    return Loop(genre.name, f"kit{chosen.name}", bpm, audio, sample_rate)


def _perform(rng: np.random.Generator, genre: Genre, kit: Kit, bars: int, period: int, sample_rate: int) -> np.ndarray:
    """Play every voice of the genre onto a stereo circle `(2, period)`."""
    bus = np.zeros((2, period), dtype=np.float32)
    swing = rng.uniform(*genre.swing)
    fill = rng.random() < 0.15
    hat_starts: list[int] = []
    for place, (role, patterns) in enumerate(genre.voices.items()):
        if role not in kit.sounds or (place > 1 and rng.random() < 0.12):
            continue
        hard, soft = _treat(rng, role, kit.sounds[role], period, sample_rate)
        hits = _hits(rng, genre, role, patterns, bars, period, sample_rate, swing, fill)
        if role == "hat":
            hat_starts = [start for start, _ in hits]
        for start, velocity in hits:
            sound = velocity * hard + (1 - velocity) * soft if velocity < 0.9 else hard
            if role == "open_hat":
                sound = _choke(sound, start, hat_starts, period, sample_rate)
            circular.add_hit(bus, velocity * sound, start)
    return bus


def _hits(
    rng: np.random.Generator,
    genre: Genre,
    role: str,
    patterns: tuple[str, ...],
    bars: int,
    period: int,
    sample_rate: int,
    swing: float,
    fill: bool,
) -> list[tuple[int, float]]:
    """When (sample) and how hard (0 to 1) one voice is struck."""
    step = period / (bars * STEPS)
    tightness = 0.4 if role == "kick" else 1.0
    pattern = patterns[rng.integers(len(patterns))]
    hits = []
    for bar in range(bars):
        played = patterns[rng.integers(len(patterns))] if rng.random() < 0.25 else pattern
        if fill and bar == bars - 1 and role in ("snare", "tom", "perc", "tabla_high"):
            played = played[:12] + "".join(rng.choice(list("xxo.Xr"), 4))
        for place, sign in enumerate(played):
            if sign == "." or (sign == "?" and rng.random() < 0.5):
                continue
            late = (place % 2) * swing * step / 2
            human = np.clip(rng.normal(0, genre.looseness), -15, 15) * tightness * sample_rate / 1000
            start = (bar * STEPS + place) * step + late + human
            velocity = float(np.clip(_VELOCITY[sign] * rng.uniform(0.85, 1.12), 0.1, 1.0))
            hits.append((round(max(0.0, start)), velocity))
            if sign == "r":
                hits.append((round(max(0.0, start) + step / 2), 0.8 * velocity))
    return hits


def _treat(
    rng: np.random.Generator, role: str, sound: np.ndarray, period: int, sample_rate: int
) -> tuple[np.ndarray, np.ndarray]:
    """Tune, shorten, level and place one sound; returns it struck hard and struck softly (duller), each `(2, n)`."""
    how = _SOUNDS[role]
    speed = 2 ** (rng.uniform(-how.semitones, how.semitones) / 12)
    tuned = soxr.resample(sound, sample_rate * speed, sample_rate, quality="HQ")
    decay = min(np.exp(rng.uniform(*np.log(how.decay))), 1.2 * period / sample_rate)
    tuned = tuned[: int(1.1 * decay * sample_rate)]
    tuned = tuned * 10 ** (-3 * np.arange(len(tuned)) / (decay * sample_rate))
    end = min(64, len(tuned))
    tuned[len(tuned) - end :] *= np.linspace(1, 0, end)
    gain = 10 ** ((how.gain_db + rng.uniform(-3, 3)) / 20)
    angle = (1 + how.width * rng.uniform(-1, 1)) * np.pi / 4
    sides = gain * np.array([[np.cos(angle)], [np.sin(angle)]])
    dull = np.convolve(tuned, (0.1, 0.2, 0.4, 0.2, 0.1), "same")
    return sides * tuned, sides * dull


def _choke(sound: np.ndarray, start: int, others: list[int], period: int, sample_rate: int) -> np.ndarray:
    """Let the next stroke of the closed hi-hat, on the circle, shut an open one within 8 ms."""
    gaps = [gap for gap in ((other - start) % period for other in others) if gap > 0.02 * sample_rate]
    if not gaps or min(gaps) >= sound.shape[1]:
        return sound
    fade = int(0.008 * sample_rate)
    shut = sound[:, : min(gaps) + fade].copy()
    tail = shut.shape[1] - min(gaps)
    shut[:, min(gaps) :] *= np.linspace(1, 0, tail)
    return shut


def _mix(rng: np.random.Generator, genre: Genre, dry: np.ndarray, sample_rate: int) -> np.ndarray:
    """Room, bus compression, saturation and equaliser."""
    level = rng.uniform(*genre.reverb)
    seconds = np.exp(rng.uniform(np.log(0.2), np.log(1.4)))
    response = circular.room(rng, 2, sample_rate, seconds, rng.uniform(1500, 6000))
    wet = dry + np.float32(level) * circular.convolve(dry, response)
    glued = circular.glue(wet, sample_rate, rng.uniform(0.0, 0.5))
    driven = circular.saturate(glued, rng.uniform(*genre.drive))
    lowpass = np.exp(rng.uniform(np.log(5_000), np.log(20_000)))
    return circular.equalise(driven, sample_rate, rng.uniform(*genre.tilt_db), lowpass, rng.uniform(20, 45))
