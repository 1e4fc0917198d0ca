"""Band-limited oscillators: tables of one period whose harmonics all lie below half the sample rate.

A stack of tables is the same wave in several states (cut-off frequencies of a filter, strengths of a modulation); an
oscillator reads one period over and over while it moves through the stack. The harmonics are chosen for each pitch, so
nothing folds back, whatever the wave.
"""

from math import ceil, log2

import numpy as np

TOP = 0.95
"""Share of half the sample rate up to which harmonics reach."""
_LEAST_SIZE = 2_048
_READINGS = 16  # table entries for a period of the highest harmonic, so that straight lines between them do
_ROWS_AN_OCTAVE = 4


def harmonics_below(frequency: float, sample_rate: float) -> int:
    """How many harmonics of `frequency` (Hz) fit below `TOP` of half the sample rate; at least the first."""
    return max(1, int(TOP * sample_rate / 2 / frequency))


def partials(wave: str, count: int, shape: float) -> np.ndarray:
    """Amplitudes `(count,)` of the sines of a wave.

    saw, square and triangle by their Fourier series, pulse with `shape` (0 to 1) as share of its width, organ with
    drawbars and digital with random strengths that follow from `shape`.
    """
    k = np.arange(1, count + 1)
    if wave == "saw":
        return 1 / k
    if wave == "square":
        return k % 2 / k
    if wave == "triangle":
        return k % 2 / k**2 * (1 - 2 * (k // 2 % 2))
    if wave == "pulse":
        return np.sin(np.pi * k * (0.08 + 0.42 * shape)) / k
    rng = np.random.default_rng(int(shape * 2**32))
    if wave == "organ":
        bars = dict(zip((1, 2, 3, 4, 5, 6, 8), rng.uniform(0, 1, 7), strict=True)) | {1: 1.0}
        return np.array([bars.get(int(each), 0.0) for each in k])
    if wave == "digital":
        strength = np.exp(rng.normal(0, 1.0, 64)) * rng.choice((-1, 1), 64)
        return np.resize(strength, count) / k ** rng.uniform(0.9, 1.6)
    raise ValueError(f"there is no wave {wave}")


def modulated(count: int, carrier: int, modulator: int, strengths: np.ndarray) -> np.ndarray:
    """Complex spectra `(strengths, count)` of frequency modulation, sin(c x + I sin(m x)), as of Chowning (1973)."""
    size = 1024
    x = 2 * np.pi * np.arange(size) / size
    wave = np.sin(carrier * x + strengths[:, None] * np.sin(modulator * x))
    spectrum = np.fft.rfft(wave)[:, 1 : count + 1] / (-0.5j * size)
    return np.pad(spectrum, ((0, 0), (0, count - spectrum.shape[1])))


def low_pass(frequencies: np.ndarray, cutoff: np.ndarray | float, resonance: float) -> np.ndarray:
    """Gain of a fourth-order low-pass with a peak of `resonance` (its Q) at `cutoff` (Hz)."""
    ratio = (frequencies / cutoff) ** 2
    return 1 / np.sqrt(((1 - ratio) ** 2 + ratio / resonance**2) * (1 + ratio**2))


def cutoff_grid(octaves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut-off frequencies (Hz) that a table is made for, and where among them `octaves` (log2 of Hz) moves."""
    low, high = float(octaves.min()), float(octaves.max())
    rows = ceil((high - low) * _ROWS_AN_OCTAVE) + 1
    if high - low < 0.02:
        return np.array([2 ** ((low + high) / 2)]), np.zeros(1, np.float32)
    place = (octaves - low) * np.float32((rows - 1) / (high - low))
    return 2 ** np.linspace(low, high, rows), place.astype(np.float32)


def tables(spectra: np.ndarray) -> np.ndarray:
    """One period for each row of sine amplitudes `(rows, harmonics)`, as float32 `(rows, size + 1)`: the last entry is
    the first again. `size` is a power of two.
    """
    rows, count = spectra.shape
    size = max(_LEAST_SIZE, 2 ** ceil(log2(_READINGS * count)))
    spectrum = np.zeros((rows, size // 2 + 1), np.complex64)
    spectrum[:, 1 : count + 1] = -0.5j * size * spectra
    period = np.fft.irfft(spectrum, size)
    return np.concatenate([period, period[:, :1]], axis=1).astype(np.float32, copy=False)


def oscillate(stack: np.ndarray, phase: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Read a stack of `tables` at `phase` (uint32: a whole turn is 2^32) and `place` (row, between rows too; one number
    for a stack of one), float32 `(time,)`.
    """
    rows, width = stack.shape
    bits = (width - 1).bit_length() - 1
    index = (phase >> np.uint32(32 - bits)).astype(np.intp)
    fraction = (phase & np.uint32((1 << (32 - bits)) - 1)).astype(np.float32) * np.float32(2.0 ** (bits - 32))
    flat = stack.ravel()
    if rows == 1:
        return _between(flat, index, fraction)
    row = np.minimum(place.astype(np.intp), rows - 2)
    index += row * width
    near = _between(flat, index, fraction)
    near += (place - row).astype(np.float32) * (_between(flat, index + width, fraction) - near)
    return near


def _between(flat: np.ndarray, index: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    left = flat[index]
    left += fraction * (flat[index + 1] - left)
    return left
