"""Prototype low-pass filters for the cosine-modulated filter bank, in float64 and numpy alone.

Kaiser: one cutoff, searched so that the filter's autocorrelation nearly vanishes at multiples of twice the bands (Lin
and Vaidyanathan, A Kaiser window approach for the design of prototype filters of cosine modulated filterbanks, IEEE SPL
1998).
Refined: the filter with the least stop-band energy among those that reconstruct perfectly, by successive quadratic
programmes (Nguyen, Digital filter bank design quadratic-constrained formulation, IEEE TSP 1995; the conditions are
equation 8.1.29 of Vaidyanathan, Multirate Systems and Filter Banks, 1993: polyphase components l and l + bands of the
prototype are power complementary).
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GOLDEN = (5**0.5 - 1) / 2
DAMPING = np.geomspace(1e-3, 1e-7, 12)
"""Weight on the length of each refining step: careful first, then nearly free."""
PROJECTIONS = 2
"""Minimum-norm steps onto the conditions at the end, where the stop band no longer counts."""


@lru_cache(maxsize=32)
def kaiser(bands: int, taps: int, attenuation_db: float) -> Array:
    """Symmetric low-pass of `taps` coefficients, cutoff near pi / (2 bands), scaled to reconstruct with unit gain."""
    beta = 0.1102 * (attenuation_db - 8.7)
    time = np.arange(taps) - (taps - 1) / 2
    window = np.kaiser(taps, beta)

    def design(cutoff: float) -> Array:
        return cutoff * np.sinc(cutoff * time) * window

    def overlap(cutoff: float) -> float:
        correlation = np.correlate(design(cutoff), design(cutoff), "full")[taps - 1 :: 2 * bands]
        return float(np.abs(correlation[1:]).max() / correlation[0])

    prototype = design(_golden_section(overlap, 0.3 / bands, 0.9 / bands))
    return _unit_gain(prototype, bands)


@lru_cache(maxsize=32)
def refined(bands: int, taps: int, attenuation_db: float) -> Array:
    """Kaiser prototype of even length moved onto the perfect-reconstruction conditions, keeping a deep stop band.

    `taps` is a multiple of 2 * bands. Each step solves for the change that lowers the energy beyond pi / bands under
    the linearised conditions.
    """
    half = taps // 2
    energy = _stop_band_energy(bands, taps)
    coefficients = kaiser(bands, taps, attenuation_db)[:half].copy()
    for damping in (*DAMPING, *[np.inf] * PROJECTIONS):
        prototype = np.concatenate([coefficients, coefficients[::-1]])
        error, jacobian = _conditions(prototype, bands)
        jacobian = jacobian[:, :half] + jacobian[:, : half - 1 : -1]
        if np.isinf(damping):
            coefficients = coefficients - np.linalg.lstsq(jacobian, error, rcond=None)[0]
            continue
        metric = 2 * energy + damping * np.eye(half)
        solved = np.linalg.solve(metric, np.column_stack([jacobian.T, 2 * energy @ coefficients]))
        towards, descent = solved[:, :-1], solved[:, -1]
        multipliers = np.linalg.solve(jacobian @ towards, error - jacobian @ descent)
        coefficients = coefficients - descent - towards @ multipliers
    return np.concatenate([coefficients, coefficients[::-1]])


def _golden_section(cost: Callable[[float], float], low: float, high: float, tolerance: float = 1e-9) -> float:
    """Where a function with one valley between `low` and `high` is smallest."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = cost(left), cost(right)
    while high - low > tolerance:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = cost(right)
    return (low + high) / 2


def _unit_gain(prototype: Array, bands: int) -> Array:
    return prototype / np.sqrt(2 * bands * (prototype @ prototype))


def _stop_band_energy(bands: int, taps: int) -> Array:
    """Matrix E with half' E half = energy of the symmetric prototype between pi / bands and pi."""
    lag = np.arange(taps)
    correlation = -np.sinc(lag / bands) / bands
    correlation[0] += 1
    full = correlation[np.abs(lag[:, None] - lag)]
    half = taps // 2
    return 2 * (full[:half, :half] + full[:half, : half - 1 : -1])


def _conditions(prototype: Array, bands: int) -> tuple[Array, Array]:
    """How far the prototype is from perfect reconstruction, and the derivative by its coefficients.

    For each pair of polyphase components (l, l + bands), l < bands / 2, and each lag r: the sum of their
    autocorrelations at r, less 1 / (2 bands^2) at r = 0. The pairs from bands / 2 on repeat these by symmetry.
    """
    rows = prototype.reshape(-1, 2 * bands)
    count, pairs = len(rows), bands // 2
    error = np.zeros((count, pairs))
    jacobian = np.zeros((count, pairs, count, 2 * bands))
    pair = np.arange(pairs)
    for lag in range(count):
        product = (rows[: count - lag] * rows[lag:]).sum(0)
        error[lag] = product[:pairs] + product[bands : bands + pairs]
        for phase in (pair, pair + bands):
            jacobian[lag, pair, : count - lag, phase] += rows[lag:, phase].T
            jacobian[lag, pair, lag:, phase] += rows[: count - lag, phase].T
    error[0] -= 1 / (2 * bands**2)
    return error.ravel(), jacobian.reshape(count * pairs, -1)
