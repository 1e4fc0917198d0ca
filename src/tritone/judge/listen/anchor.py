"""The anchors of a listening test: real sound without its high frequencies."""

import numpy as np
from numpy.typing import NDArray

STOP = 8 / 7
"""Where the stop band begins, as a multiple of the edge of the pass band: 4 kHz for 3.5 kHz."""
DECIBELS = 60.0
"""Of attenuation there. ITU-R BS.1534-3 (5.1) asks for 25 dB at 4 kHz, 50 dB at 4.5 kHz, and ±0.1 dB below 3.5 kHz."""


def low_pass(audio: NDArray[np.floating], rate: int, hz: float, loop: bool) -> NDArray[np.float32]:
    """`audio` `(channels, time)` without what lies above `hz`, of the same length and without delay.

    A symmetric Kaiser-windowed sinc. A loop is filtered as the endless sound that it is, so that it still loops; before
    and after other sound is silence.
    """
    taps = _kernel(rate, hz)
    half, time = len(taps) // 2, audio.shape[-1]
    points = time if loop else time + len(taps)
    kernel = np.zeros(points)
    np.add.at(kernel, np.arange(-half, half + 1) % points, taps)
    spectrum = np.fft.rfft(np.asarray(audio, np.float64), points) * np.fft.rfft(kernel)
    return np.fft.irfft(spectrum, points)[..., :time].astype(np.float32)


def _kernel(rate: int, hz: float) -> NDArray[np.float64]:
    """An odd number of taps whose sum is 1 (J. F. Kaiser's formulas for length and window). Nothing is cut where the
    rate has no room for the stop band.
    """
    stop = STOP * hz
    if stop >= rate / 2:
        return np.ones(1)
    half = int(np.ceil((DECIBELS - 7.95) / (2.285 * 2 * np.pi * (stop - hz) / rate) / 2))
    middle = (hz + stop) / rate
    beta = 0.1102 * (DECIBELS - 8.7)
    taps = middle * np.sinc(middle * np.arange(-half, half + 1)) * np.kaiser(2 * half + 1, beta)
    return taps / taps.sum()
