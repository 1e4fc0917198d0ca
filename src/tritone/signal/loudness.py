"""Loudness and true peak as broadcasting measures them: ITU-R BS.1770-5 (11/2023), at any sample rate.

The standard gives its K-weighting as two filters at 48 kHz. For other rates they are carried over by the bilinear
transform that made them, so that the analogue curve stays the same (exactly so at the corner of each filter).
"""

from functools import lru_cache
from math import ceil, log10, pi, tan

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
"""The head: numerator and denominator at 48 kHz (table 1)."""
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""The ear's deafness to bass (table 2)."""
CORNERS = (1682.0, 38.1)
"""Hertz at which the two filters turn."""
OFFSET = -0.691
"""LUFS of weighted sound with a mean square of 1 (equation 2); it makes a sine of 997 Hz what its level is."""
BLOCK_SECONDS, STEP_SECONDS = 0.4, 0.1
SILENCE = -70.0
"""LUFS under which a block is silence and does not count."""
GATE = -10.0
"""LU under the loudness of what is no silence, from which on a block counts."""
SETTLING_SECONDS = 0.5
"""The weighting has forgotten a sample so long after it (e^-119)."""
BLOCK_SAMPLES = 1 << 17
"""Longer sounds are transformed in pieces of about this size."""
OVERSAMPLING = 4

Samples = NDArray[np.floating]


def integrated_loudness(audio: Samples, rate: int) -> float | None:
    """Loudness in LUFS of mono or stereo sound `(channels, time)`, gated as in Annex 1 of BS.1770.

    -inf where every block is silence. None for sound shorter than one block of 400 ms, which has no loudness by the
    standard; see `level`. A mono sound is one loudspeaker: played on two it is 3 LU louder.
    """
    powers = _block_powers(_weighted(audio, rate), rate)
    if powers is None:
        return None
    heard = powers[_lufs(powers) > SILENCE]
    if not len(heard):
        return float("-inf")
    counted = heard[_lufs(heard) > _lufs(heard.mean()) + GATE]
    return float(_lufs(counted.mean()))


def level(audio: Samples, rate: int) -> float:
    """K-weighted level in LUFS of the whole of a sound `(channels, time)` of any length, without gates; -inf if silent.

    For sounds too short to have a loudness. It counts pauses and tails, which loudness does not, so that the two are
    not to be compared with each other.
    """
    weighted = _weighted(audio, rate, tail=True)
    return float(_lufs(np.square(weighted).sum() / max(1, audio.shape[-1])))


def true_peak(audio: Samples) -> float:
    """Largest magnitude in dBTP of the curve through the samples of `(channels, time)`, read at four times the rate.

    -inf for silence. Annex 2 of BS.1770, with an ideal interpolator in the place of its 48 taps.
    """
    time = audio.shape[-1]
    points = _fast_size(time + 64)
    spectrum = np.fft.rfft(np.asarray(audio, np.float64), points)
    fine = np.fft.irfft(spectrum, OVERSAMPLING * points) * OVERSAMPLING
    peak = float(np.abs(fine).max(initial=0.0))
    return 20 * log10(peak) if peak > 0 else float("-inf")


def _weighted(audio: Samples, rate: int, tail: bool = False) -> NDArray[np.float64]:
    """K-weighted sound, of the same length, or with what rings on after it. It is filtered in the frequency domain."""
    if audio.ndim != 2 or audio.shape[0] not in (1, 2):
        raise ValueError(f"sound must be (1 or 2 channels, time), not {audio.shape}")
    time, ringing = audio.shape[-1], ceil(SETTLING_SECONDS * rate)
    points = _fast_size(min(time, BLOCK_SAMPLES) + ringing)
    step = points - ringing
    weighted = np.zeros((audio.shape[0], time + points))
    for start in range(0, time, step):  # what rings on from one piece is added to the next
        spectrum = np.fft.rfft(np.asarray(audio[:, start : start + step], np.float64), points)
        weighted[:, start : start + points] += np.fft.irfft(spectrum * _response(points, rate), points)
    return weighted[:, : time + ringing if tail else time]


@lru_cache(maxsize=16)
def _response(points: int, rate: int) -> NDArray[np.complex128]:
    """Frequency response of both filters at the bins of a real transform of so many points."""
    z = np.exp(-2j * np.pi * np.arange(points // 2 + 1) / points)
    response = np.ones(len(z), np.complex128)
    for filtered, corner in zip((SHELF, HIGH_PASS), CORNERS, strict=True):
        above, below = (_carried(np.array(side), rate, corner) for side in filtered)
        response *= np.polyval(above[::-1], z) / np.polyval(below[::-1], z)
    return response


def _carried(coefficients: NDArray[np.float64], rate: int, corner: float) -> NDArray[np.float64]:
    """A polynomial of second order in 1/z at 48 kHz as one at `rate`, by way of u = (z - 1) / (z + 1).

    Both sides of a fraction get the same factor. At a frequency f, u is i tan(pi f / rate).
    """
    scale = tan(pi * corner / RATE) / tan(pi * corner / rate)
    first, second, third = coefficients
    in_u = np.array([first + second + third, 2 * (first - third), first - second + third])
    constant, linear, square = in_u * scale ** np.arange(3)
    return np.array([constant + linear + square, 2 * (constant - square), constant - linear + square])


def _block_powers(weighted: NDArray[np.float64], rate: int) -> NDArray[np.float64] | None:
    """Mean squares, summed over channels, of blocks of 400 ms that overlap by three quarters."""
    size = round(BLOCK_SECONDS * rate)
    if weighted.shape[-1] < size:
        return None
    count = int((weighted.shape[-1] - size) / (STEP_SECONDS * rate) + 1e-9) + 1
    starts = np.round(np.arange(count) * STEP_SECONDS * rate).astype(np.int64)
    total = np.concatenate([[0.0], np.cumsum(np.square(weighted).sum(0))])
    return (total[np.minimum(starts + size, weighted.shape[-1])] - total[starts]) / size


def _lufs(power: NDArray[np.float64] | np.float64 | float) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return OFFSET + 10 * np.log10(np.maximum(power, 0.0))


def _fast_size(least: int) -> int:
    """A size of at least so many that has only factors 2, 3 and 5 and is even."""
    power = 1 << max(5, (least - 1).bit_length())
    return min(size for size in (power, power // 4 * 3, power // 8 * 5, power // 16 * 15) if size >= least)
