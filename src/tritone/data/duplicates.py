"""Sounds that are nearly the same: re-encodings, other gains, a few milliseconds of shift."""

import zlib
from collections.abc import Sequence
from math import ceil, log1p

import numpy as np

HOP_SECONDS, FRAMES, BANDS = 0.025, 256, 16
_FLOOR_DB = 40.0
_WINDOW = 6  # hops; overlapping so far, a shift by less than a hop changes little
_LAGS = 8
ALIKE = 0.98
"""Correlation of two fingerprints from which on sounds count as nearly the same."""


class Fingerprinter:
    """A coarse spectrogram of the first 6.4 s of a sound that comes in blocks `(channels, frames)`."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._hop = round(HOP_SECONDS * rate)
        self._parts: list[np.ndarray] = []
        self._missing = self._hop * (FRAMES + 1)

    def add(self, block: np.ndarray) -> None:
        """Takes in the next block."""
        if self._missing > 0:
            part = block[:, : self._missing].mean(axis=0)
            self._missing -= len(part)
            self._parts.append(part)

    def result(self) -> bytes:
        """The fingerprint, packed: decibels above a floor of 40 dB below the loudest, `(BANDS, frames)`, as bytes."""
        return zlib.compress(self._levels().tobytes(), 6)

    def _levels(self) -> np.ndarray:
        audio = np.concatenate(self._parts) if self._parts else np.zeros(0, np.float32)
        count = max(1, len(audio) // self._hop - 1)
        audio = np.pad(audio, (0, max(0, (count + 1) * self._hop - len(audio))))
        window = _WINDOW * self._hop
        audio = np.pad(audio, (window // 2 - self._hop, window // 2))
        frames = np.lib.stride_tricks.sliding_window_view(audio, window)[:: self._hop][:count]
        power = np.abs(np.fft.rfft(frames * np.hanning(window).astype(np.float32), axis=1)) ** 2
        bands = power @ _bands(power.shape[1], self._rate)
        decibels = 10 * np.log10(np.maximum(bands.T, 1e-12))
        decibels -= decibels.max(initial=-120.0)
        return np.rint(np.maximum(decibels + _FLOOR_DB, 0) * (255 / _FLOOR_DB)).astype(np.uint8)


def _bands(bins: int, rate: int) -> np.ndarray:
    """Rectangular bands, evenly wide on the mel scale from 40 Hz to 10 kHz (or the Nyquist frequency)."""
    low, high = (1127 * log1p(hertz / 700) for hertz in (40.0, min(10_000.0, rate / 2)))
    edges = 700 * np.expm1(np.linspace(low, high, BANDS + 1) / 1127)
    frequency = np.linspace(0, rate / 2, bins)
    member = (frequency[:, None] >= edges[:-1]) & (frequency[:, None] < edges[1:])
    return (member / np.maximum(member.sum(axis=0), 1)).astype(np.float32)


def unpack(fingerprint: bytes) -> np.ndarray:
    """A fingerprint as float32 `(BANDS, frames)`."""
    return np.frombuffer(zlib.decompress(fingerprint), np.uint8).reshape(BANDS, -1).astype(np.float32)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Largest correlation of two fingerprints over shifts of up to 0.2 s; 1 for the same sound at any gain."""
    best = -1.0
    for lag in range(-_LAGS, _LAGS + 1):
        a, b = one[:, max(lag, 0) :], other[:, max(-lag, 0) :]
        size = min(a.shape[1], b.shape[1])
        if size < max(1, 0.5 * max(one.shape[1], other.shape[1])):
            continue
        best = max(best, _correlation(a[:, :size], b[:, :size]))
    return best


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.vdot(a, b)) / scale if scale > 0 else 1.0


def near_duplicates(fingerprints: Sequence[bytes], seconds: Sequence[float]) -> list[tuple[int, int, float]]:
    """Pairs (i, j, likeness) of sounds of nearly equal length (5 % or 0.25 s) that are at least `ALIKE` alike.

    A summary that does not depend on shifts (mean spectrum, and the spectrum of each band's movement) picks the
    candidates, so that thousands of files take seconds.
    """
    unpacked = [unpack(fingerprint) for fingerprint in fingerprints]
    order = sorted(range(len(unpacked)), key=lambda index: seconds[index])
    if not order:
        return []
    summaries = np.stack([_summary(unpacked[index]) for index in order])
    durations = np.array([seconds[index] for index in order])
    ends = np.searchsorted(durations, np.maximum(durations * 1.05, durations + 0.25), side="right")
    pairs = []
    for at, end in enumerate(ends):
        close = summaries[at + 1 : end] @ summaries[at]
        for other in np.flatnonzero(close > 0.9) + at + 1:
            alike = likeness(unpacked[order[at]], unpacked[order[other]])
            if alike >= ALIKE:
                pairs.append((min(order[at], order[other]), max(order[at], order[other]), alike))
    return sorted(pairs)


def _summary(levels: np.ndarray) -> np.ndarray:
    """A unit vector: mean of each band, and magnitudes of the slow movements of each band."""
    mean = levels.mean(axis=1)
    movement = np.abs(np.fft.rfft(levels - mean[:, None], n=2 ** ceil(np.log2(FRAMES)), axis=1))[:, 1:33] / FRAMES
    parts = [part / (np.linalg.norm(part) + 1e-9) for part in (mean - mean.mean(), movement.ravel())]
    return (np.concatenate(parts) / 2**0.5).astype(np.float32)


def groups(count: int, pairs: Sequence[tuple[int, int, float]]) -> list[int]:
    """A group number for each of `count` sounds: the smallest index that it is connected with."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for one, other, _ in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return [root(index) for index in range(count)]
