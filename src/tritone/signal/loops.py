"""Bars and beats: tempo from names and notes, exact loop lengths, cutting on the grid."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import PurePath

SLOWEST, FASTEST = 20.0, 400.0
_NUMBER = r"(\d{2,3}(?:[.,]\d{1,3})?)"
_AFTER = re.compile(rf"(?<![\d.,]){_NUMBER}[\s_-]*bpm(?![a-z])", re.IGNORECASE)
_BEFORE = re.compile(rf"(?<![a-z])(?:bpm|tempo)[\s_:=-]*{_NUMBER}(?!\d)", re.IGNORECASE)


def tempo_from_text(text: str) -> float | None:
    """Beats a minute named in a text ("arp 97 BPM", "bpm: 120", "kick_120bpm"), or None."""
    for pattern in (_AFTER, _BEFORE):
        for found in pattern.finditer(text):
            tempo = float(found.group(1).replace(",", "."))
            if SLOWEST <= tempo <= FASTEST:
                return tempo
    return None


def tempo_from_name(name: str) -> float | None:
    """Beats a minute named in a file name, without looking at its folders."""
    return tempo_from_text(PurePath(name).stem)


def exact_loop_length(bars: float, bpm: float, rate: int, beats_per_bar: int = 4) -> Fraction:
    """Length of a loop in samples, not rounded: bars · beats · 60 / bpm · rate."""
    return Fraction(str(bars)) * beats_per_bar * 60 * rate / Fraction(str(bpm))


def loop_length(bars: float, bpm: float, rate: int, beats_per_bar: int = 4) -> int:
    """Length of a loop in whole samples: `round(bars * beats_per_bar * 60 / bpm * rate)`."""
    return round(exact_loop_length(bars, bpm, rate, beats_per_bar))


def grid(frames: int, length: Fraction, missing: int = 0) -> Iterator[tuple[int, int]]:
    """Start and length in samples of every whole loop in a sound of `frames` samples.

    Loop k starts at `round(k * length)` with the exact length, so that nothing drifts, and every loop is
    `round(length)` samples long. The last one may lack up to `missing` samples.
    """
    size, start, k = round(length), 0, 0
    while start + size <= frames + missing and size > 0:
        yield start, size
        k += 1
        start = round(k * length)
