"""Sounds that are nearly the same: re-encodings, other gains, a few milliseconds of shift."""

import zlib
from collections.abc import Sequence
from math import ceil, log1p, log2

import numpy as np

HOP_SECONDS, FRAMES, BANDS = 0.025, 256, 16
_FLOOR_DB = 40.0
_WINDOW = 6  # hops; overlapping so far, a shift by less than a hop changes little
_LAGS = 8
_CANDIDATE = 0.96
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
    """Largest correlation of two fingerprints over shifts of up to 0.2 s in steps of half a hop; 1 for the same sound
    at any gain.
    """
    between = (one[:, 1:] + one[:, :-1]) / 2
    return max(_best(one, other), _best(between, other) if between.shape[1] > 1 else -1.0)


def _best(one: np.ndarray, other: np.ndarray) -> float:
    """Largest correlation over whole shifts; products by Fourier transform, sums over the overlaps by running sums."""
    long, short = one.shape[1], other.shape[1]
    lags = np.arange(-_LAGS, _LAGS + 1)
    first, second = np.maximum(-lags, 0), np.maximum(lags, 0)
    size = np.minimum(long - first, short - second)
    allowed = size >= max(1, 0.5 * max(long, short))
    if not allowed.any():
        return -1.0
    first, second, size, lags = first[allowed], second[allowed], size[allowed], lags[allowed]
    points = 2 ** ceil(log2(long + short))
    spectrum = np.einsum("bf,bf->f", np.fft.rfft(one, points).conj(), np.fft.rfft(other, points))
    product = np.fft.irfft(spectrum, points)[lags]
    one_sum, one_power = _running(one, first, size)
    other_sum, other_power = _running(other, second, size)
    count = BANDS * size
    variance = (one_power - one_sum**2 / count) * (other_power - other_sum**2 / count)
    covariance = product - one_sum * other_sum / count
    flat = variance < 1e-6 * count**2
    return float(np.where(flat, 0.0, covariance / np.sqrt(np.where(flat, 1.0, variance))).max())


def _running(levels: np.ndarray, start: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and sum of squares of all bands over frames `start` to `start + size`, for every start."""
    totals = [np.concatenate([[0.0], np.cumsum(x.sum(axis=0, dtype=np.float64))]) for x in (levels, levels * levels)]
    return totals[0][start + size] - totals[0][start], totals[1][start + size] - totals[1][start]


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
        for other in np.flatnonzero(close > _CANDIDATE) + at + 1:
            alike = likeness(unpacked[order[at]], unpacked[order[other]])
            if alike >= ALIKE:
                pairs.append((min(order[at], order[other]), max(order[at], order[other]), alike))
    return sorted(pairs)


def _summary(levels: np.ndarray) -> np.ndarray:
    """A unit vector: mean of each band, and magnitudes of the slow movements of each band."""
    mean = levels.mean(axis=1)
    movement = np.abs(np.fft.rfft(levels - mean[:, None], n=FRAMES, axis=1))[:, 1:33] / FRAMES
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
