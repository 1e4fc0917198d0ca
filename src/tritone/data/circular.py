"""Mixing and effects on a circle: time wraps round, so whatever rings past the end is already there at the start.

Everything here takes and gives float arrays `(channels, time)` that stand for one period of an endless loop. Filters
and reverb multiply spectra of exactly that length, which is circular convolution: the loop point cannot be heard.
"""

import numpy as np
import soxr

_FIT_REACH = 512  # samples that soxr's filter may reach over where the lengths are about the same
_EARLY_REFLECTIONS = 7


def add_hit(bus: np.ndarray, hit: np.ndarray, start: int) -> None:
    """Add `hit` `(channels, n)` to `bus` `(channels, time)` from sample `start` on, in place, wrapping round."""
    period = bus.shape[1]
    position, done = start % period, 0
    while done < hit.shape[1]:
        run = min(period - position, hit.shape[1] - done)
        bus[:, position : position + run] += hit[:, done : done + run]
        position, done = 0, done + run


def wrap(tail: np.ndarray, period: int) -> np.ndarray:
    """Fold a sound `(channels, n)` of any length onto one period."""
    folded = np.zeros((tail.shape[0], period), dtype=tail.dtype)
    add_hit(folded, tail, 0)
    return folded


def convolve(audio: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Circular convolution of `audio` `(channels, time)` with a response `(channels, n)`."""
    period = audio.shape[1]
    spectrum = np.fft.rfft(audio) * np.fft.rfft(wrap(response, period))
    return np.fft.irfft(spectrum, period)


def resample(audio: np.ndarray, samples: int) -> np.ndarray:
    """The same period in another number of samples, exactly band-limited: its spectrum is cut off or padded."""
    period = audio.shape[1]
    spectrum = np.fft.rfft(audio)[:, : samples // 2 + 1]
    return np.fft.irfft(spectrum, samples) * np.float32(samples / period)


def quick_period(samples: int) -> int:
    """The least length from `samples` on without a prime factor above 7: spectra of it are quick to work out."""
    while True:
        rest = samples
        for prime in (2, 3, 5, 7):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return samples
        samples += 1


def fit(audio: np.ndarray, samples: int) -> np.ndarray:
    """The same period in about as many samples, whatever their number, in the time domain: as precise as soxr's "HQ"
    (100 dB), quick for lengths that spectra are slow for, and late by less than a sample.
    """
    period = audio.shape[1]
    if period == samples:
        return audio
    around = np.take(audio, np.arange(-_FIT_REACH, period + _FIT_REACH), axis=1, mode="wrap")
    fitted = soxr.resample(np.ascontiguousarray(around.T), period, samples, quality="HQ").T
    first = round(_FIT_REACH * samples / period)
    return fitted[:, first : first + samples]


def room(rng: np.random.Generator, channels: int, sample_rate: float, seconds: float, damping_hz: float) -> np.ndarray:
    """Impulse response `(channels, n)` of a small room: a few early reflections, then noise that darkens as it dies.

    `seconds` is the time in which the tail falls by 60 dB; highs above `damping_hz` fall three times as fast. The
    response has unit energy.
    """
    length = max(64, int(seconds * sample_rate))
    time = np.arange(length, dtype=np.float32) / sample_rate
    noise = rng.standard_normal((channels, length), dtype=np.float32)
    frequency = np.fft.rfftfreq(length, 1 / sample_rate).astype(np.float32)
    low = np.fft.irfft(np.fft.rfft(noise) / (1 + (frequency / damping_hz) ** 2), length)
    tail = low * 10 ** (-3 * time / seconds) + (noise - low) * 10 ** (-9 * time / seconds)
    tail *= np.minimum(1, time / 0.015)
    response = tail / np.sqrt(np.mean(np.sum(tail**2, axis=1)))
    for delay in np.sort(rng.uniform(0.004, 0.03, _EARLY_REFLECTIONS)):
        strength = 0.25 * np.exp(-delay / 0.02) * rng.choice((-1, 1))
        side = rng.uniform(0.5, 1.0, channels)
        response[:, min(length - 1, int(delay * sample_rate))] += strength * side
    return (response / np.sqrt(np.mean(np.sum(response**2, axis=1)))).astype(np.float32)


def echo(spectrum: np.ndarray, period: int, delay: float, feedback: float, damping: float) -> np.ndarray:
    """Echoes every `delay` samples, without the sound itself, of the spectrum `(channels, bins)` of a period, as its
    spectrum: each `feedback` times as strong as the one before and duller (by a first-order low-pass at `damping`
    cycles a sample), from side to side where there are two channels. On a circle they have always been going on.
    """
    frequency = np.fft.rfftfreq(period).astype(np.float32)
    late = np.exp(np.complex64(-2j * np.pi) * frequency * np.float32(delay))
    turn = late / (1 + np.complex64(1j / damping) * frequency)
    once = spectrum * turn
    turn *= np.float32(feedback)
    across = once[::-1] if len(spectrum) == 2 else once
    return (once + turn * across) / (1 - turn**2)


def chorus(audio: np.ndarray, sample_rate: float, depth: float, cycles: int) -> np.ndarray:
    """The sound as heard through a delay that swings by `depth` milliseconds around 12, `cycles` times a period, and
    otherwise in each channel; without the sound itself. Read between samples by a cubic (Catmull-Rom).
    """
    channels, period = audio.shape
    place = np.arange(period)
    heard = np.empty_like(audio)
    for channel in range(channels):
        swing = np.sin(2 * np.pi * (cycles * place / period + 0.25 * channel))
        at = place - (12 + depth * swing) * sample_rate / 1000
        whole = np.floor(at).astype(np.intp)
        t = (at - whole).astype(np.float32)
        a, b, c, d = (audio[channel].take(whole + offset, mode="wrap") for offset in (-1, 0, 1, 2))
        heard[channel] = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return heard


def smooth(curve: np.ndarray, samples: int) -> np.ndarray:
    """A curve `(time,)` without corners: its mean, weighted by a Hann window of about so many samples."""
    window = np.hanning(max(3, samples) + 2)[1:-1].astype(np.float32)
    around = wrap((window / window.sum())[None], len(curve))
    return np.roll(convolve(curve[None].astype(np.float32), around)[0], -(len(window) // 2))


def equalise(
    audio: np.ndarray, sample_rate: float, tilt_db: float, lowpass_hz: float, highpass_hz: float
) -> np.ndarray:
    """Tilt of the spectrum and second-order Butterworth high-pass and low-pass, all in one multiplication.

    `tilt_db` is the gain at 10 kHz relative to 100 Hz, on a straight line over the logarithm of frequency.
    """
    period = audio.shape[1]
    return np.fft.irfft(np.fft.rfft(audio) * equaliser(period, sample_rate, tilt_db, lowpass_hz, highpass_hz), period)


def equaliser(period: int, sample_rate: float, tilt_db: float, lowpass_hz: float, highpass_hz: float) -> np.ndarray:
    """What `equalise` multiplies the spectrum of a period by, complex64 `(bins,)`."""
    frequency = np.fft.rfftfreq(period, 1 / sample_rate).astype(np.float32)
    octaves = np.log2(np.maximum(frequency, 20.0) / 100.0)
    slope = np.clip(octaves / float(np.log2(100.0)), -0.5, 1.1)
    gain = 10 ** (float(tilt_db) / 20 * slope)
    high = np.complex64(1j / highpass_hz) * frequency
    low = np.complex64(1j / lowpass_hz) * frequency
    return gain * high**2 / (1 + np.sqrt(2) * high + high**2) / (1 + np.sqrt(2) * low + low**2)


def saturate(audio: np.ndarray, drive: float) -> np.ndarray:
    """Soft clipping at twice the sample rate (so that less folds back), with the peak left where it was.

    `drive` 0 changes nothing; 1 pushes the peak 15 dB into a hyperbolic tangent.
    """
    peak = float(np.abs(audio).max())
    if drive <= 0 or peak == 0:
        return audio
    period = audio.shape[1]
    push = float(10 ** (15 * drive / 20))
    fine = np.fft.irfft(np.fft.rfft(audio / peak), 2 * period) * 2
    bent = np.tanh(push * fine) / float(np.tanh(push))
    return np.fft.irfft(np.fft.rfft(bent)[:, : period // 2 + 1], period) / 2 * peak


def glue(audio: np.ndarray, sample_rate: float, amount: float, release_seconds: float = 0.12) -> np.ndarray:
    """Bus compression: a gain that follows the level of all channels together, circularly smoothed.

    `amount` 0 changes nothing; 1 flattens the smoothed level altogether.
    """
    period = audio.shape[1]
    decay = np.exp(
        -np.arange(min(period, int(5 * release_seconds * sample_rate)), dtype=np.float32)
        / (release_seconds * sample_rate)
    )
    power = convolve(np.mean(audio**2, axis=0, keepdims=True), (decay / decay.sum())[None])
    level = np.sqrt(np.maximum(power, 1e-12))
    return audio * (level / level.max() + 1e-2) ** -amount
