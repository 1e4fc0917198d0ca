"""Random changes to crops, so that little sound goes further: the set that RAVE (arXiv 2111.05011) trains with."""

from math import ceil

import numpy as np
import soxr

from tritone.data.config import AugmentConfig

POLE_RADIUS = 0.99
_LOWEST_HZ, _HIGHEST_HZ = 20.0, 2_000.0
_RINGING = 2_048  # the all-pass has decayed to 0.99 ** 2048 = 1e-9 by then
_BLOCK = 64  # samples over which the compressor measures power
_QUANTUM = 1 / 32_768


def augment(
    audio: np.ndarray, config: AugmentConfig, rng: np.random.Generator, sample_rate: int, circular: bool = False
) -> np.ndarray:
    """Float32 `(channels, time)`, changed by everything but pitch (see `draw_speed`); never louder than full scale.

    `circular` takes the sound as one period of an endless loop, and gives one. Which numbers `rng` gives to one change
    does not depend on whether another one is switched on.
    """
    chance, amount = rng.random(4), rng.random(5)
    time, around = audio.shape[1], _RINGING if circular else 0
    if around:
        audio = np.take(audio, np.arange(-around, time + around), axis=1, mode="wrap")
    if chance[0] < config.compress:
        audio = compress(audio, sample_rate, threshold_db=-30 + 20 * amount[0], ratio=2 + 6 * amount[1])
    if chance[1] < config.phase_rotation:
        frequency = _LOWEST_HZ * (_HIGHEST_HZ / _LOWEST_HZ) ** amount[2]
        audio = rotate_phase(audio, frequency, sample_rate)
    audio = audio[:, around : around + time]
    if chance[2] < config.gain:
        low, high = config.gain_db
        audio = audio * np.float32(10 ** ((low + (high - low) * amount[3]) / 20))
    if chance[3] < config.mute:
        audio = np.zeros_like(audio)
    if config.dequantise:
        audio = dequantise(audio, rng)
    return within_full_scale(audio)


def draw_speed(config: AugmentConfig, rng: np.random.Generator) -> float:
    """The factor by which a crop is to be played faster (log-uniform), 1 where its pitch stays; before `augment`."""
    chance, amount = rng.random(2)
    low, high = config.pitch_range
    return low * (high / low) ** amount if chance < config.pitch else 1.0


def samples_for_speed(samples: int, speed: float) -> int:
    """How long a crop must be, so that `change_speed` can give `samples` samples."""
    return samples if speed == 1.0 else ceil(samples * speed) + 2


def change_speed(audio: np.ndarray, speed: float, samples: int) -> np.ndarray:
    """`audio` `(channels, samples_for_speed(samples, speed))` at `speed` times the speed, `samples` long."""
    if speed == 1.0:
        return audio[:, :samples]
    faster = soxr.resample(np.ascontiguousarray(audio.T), speed, 1.0, "HQ").T[:, :samples]
    return np.pad(faster, ((0, 0), (0, samples - faster.shape[1])))


def rotate_phase(audio: np.ndarray, frequency: float, sample_rate: int, radius: float = POLE_RADIUS) -> np.ndarray:
    """A second-order all-pass with poles at `radius` and `frequency` (Hz): levels stay, phases move.

    H(z) = (r² - 2 r cos w z⁻¹ + z⁻²) / (1 - 2 r cos w z⁻¹ + r² z⁻²). Applied in blocks by overlap-add of its response
    on the Fourier grid; as a recursion from rest to about 1e-6.
    """
    size = 4 * _RINGING
    hop = size - _RINGING
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    middle = 2 * radius * np.cos(2 * np.pi * frequency / sample_rate)
    response = (radius**2 - middle * delay + delay**2) / (1 - middle * delay + radius**2 * delay**2)
    channels, time = audio.shape
    blocks = -(-time // hop)
    padded = np.zeros((channels, blocks, size), np.float32)
    padded[:, :, :hop] = np.pad(audio, ((0, 0), (0, blocks * hop - time))).reshape(channels, blocks, hop)
    spectrum = np.fft.rfft(padded, axis=2)
    spectrum *= response.astype(np.complex64)
    filtered = np.fft.irfft(spectrum, size, axis=2).astype(np.float32, copy=False)
    filtered[:, 1:, :_RINGING] += filtered[:, :-1, hop:]
    return np.ascontiguousarray(filtered[:, :, :hop].reshape(channels, blocks * hop)[:, :time])


def compress(
    audio: np.ndarray, sample_rate: int, threshold_db: float, ratio: float, window_seconds: float = 0.02
) -> np.ndarray:
    """Feed-forward compression of dynamic range: what is louder than the threshold grows `ratio` times slower.

    The level is the power over `window_seconds`, centred, of all channels together; the gain acts on all alike. Make-up
    gain brings the peak back to where it was.
    """
    time = audio.shape[1]
    blocks = -(-time // _BLOCK)
    power = (
        np.square(np.pad(audio, ((0, 0), (0, blocks * _BLOCK - time))))
        .mean(axis=0)
        .reshape(blocks, _BLOCK)
        .mean(axis=1)
    )
    half = max(1, round(window_seconds * sample_rate / _BLOCK / 2))
    ends = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
    first, last = np.maximum(np.arange(blocks) - half, 0), np.minimum(np.arange(blocks) + half + 1, blocks)
    smooth = np.maximum((ends[last] - ends[first]) / (last - first), 1e-12)
    over_db = np.maximum(10 * np.log10(smooth) - threshold_db, 0)
    gain = 10 ** (-over_db * (1 - 1 / ratio) / 20)
    centres = (np.arange(blocks) + 0.5) * _BLOCK
    squeezed = audio * np.interp(np.arange(time), centres, gain).astype(np.float32)
    peak = float(np.abs(squeezed).max(initial=0.0))
    return squeezed * np.float32(np.abs(audio).max(initial=0.0) / peak) if peak > 0 else squeezed


def dequantise(audio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Adds triangular noise of one 16-bit step (between -1 and 1 step), so that silence is not exactly zero."""
    noise = rng.random((2, *audio.shape), dtype=np.float32)
    triangle = noise[0]
    triangle -= noise[1]
    triangle *= np.float32(_QUANTUM)
    triangle += audio
    return triangle


def within_full_scale(audio: np.ndarray) -> np.ndarray:
    """The same sound, turned down where its peak lies beyond full scale."""
    peak = max(float(audio.max(initial=0.0)), -float(audio.min(initial=0.0)))
    return audio * np.float32(1 / peak) if peak > 1 else audio
