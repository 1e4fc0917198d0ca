"""Changing the sample rate, with an exact rule for lengths."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

QUALITY = "HQ"


def resampled_frames(frames: int, from_rate: int, to_rate: int) -> int:
    """Length after resampling: `round(frames * to_rate / from_rate)`, in exact arithmetic, halves upwards."""
    return (2 * frames * to_rate + from_rate) // (2 * from_rate)


def resample(audio: np.ndarray, from_rate: int, to_rate: int) -> np.ndarray:
    """`audio` `(channels, frames)` at another rate, float32, without delay, exactly `resampled_frames(...)` long."""
    if from_rate == to_rate:
        return np.asarray(audio, np.float32)
    wanted = resampled_frames(audio.shape[-1], from_rate, to_rate)
    if not audio.shape[-1]:
        return np.zeros((audio.shape[0], 0), np.float32)
    samples = np.ascontiguousarray(audio.T, np.float32)
    return _fit(soxr.resample(samples, from_rate, to_rate, QUALITY).T, wanted)


def resample_blocks(blocks: Iterable[np.ndarray], channels: int, from_rate: int, to_rate: int) -> Iterator[np.ndarray]:
    """The same for sound in blocks `(channels, frames)`; the blocks that it yields have that length together."""
    if from_rate == to_rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality=QUALITY)
    taken = given = 0
    for block in blocks:
        taken += block.shape[1]
        out = stream.resample_chunk(np.ascontiguousarray(block.T, np.float32)).reshape(-1, channels).T
        given += out.shape[1]
        yield out
    rest = stream.resample_chunk(np.zeros((0, channels), np.float32), last=True).reshape(-1, channels).T
    yield _fit(rest, max(0, resampled_frames(taken, from_rate, to_rate) - given))


def _fit(audio: np.ndarray, frames: int) -> np.ndarray:
    """Cut or zero-padded to exactly `frames` (the resampler's own rounding differs by a sample at most)."""
    audio = audio[:, :frames]
    return np.ascontiguousarray(np.pad(audio, ((0, 0), (0, frames - audio.shape[1]))), np.float32)
