"""Spectrogram pictures for the report page, from numpy alone: small PNG files with a palette."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

LOWEST_HZ = 40.0
RANGE_DB = 75.0
_WINDOW = 2048
_COLOURS = 64
_RAMP = (
    (0.00, (17, 19, 24)),
    (0.30, (33, 44, 66)),
    (0.55, (92, 74, 110)),
    (0.75, (205, 88, 66)),
    (0.90, (244, 168, 96)),
    (1.00, (255, 244, 220)),
)


def decibels(audio: NDArray[np.float32], rate: int, width: int = 640, height: int = 144) -> NDArray[np.float64]:
    """Spectrogram `(height, width)` in dB of `audio (channels, time)`, on a logarithmic frequency axis.

    Row 0 is `LOWEST_HZ`, the last row half the sample rate; columns are equally spaced over the whole sound; channels
    are averaged in power. Rows hold the power of their band, so that pink noise is even. A full-scale sine comes out at
    about 0 dB.
    """
    padded = np.pad(np.asarray(audio, np.float64), ((0, 0), (_WINDOW // 2, _WINDOW // 2)))
    starts = np.linspace(0, max(audio.shape[1] - 1, 0), width).astype(int)
    window = np.hanning(_WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=1)[:, starts] * window
    power = np.mean(np.abs(np.fft.rfft(frames) * 2 / window.sum()) ** 2, axis=0)
    return 10 * np.log10(np.maximum(power @ _log_bands(rate, height).T, 1e-12)).T


def height_of(hertz: float, rate: int) -> float:
    """Where a frequency lies on the picture: 0 at the bottom, 1 at the top."""
    return float(np.log(hertz / LOWEST_HZ) / np.log(rate / 2 / LOWEST_HZ))


def png(picture: NDArray[np.float64], top_db: float) -> bytes:
    """A PNG file of a picture in dB, lowest row at the bottom; `top_db` and above is the brightest colour."""
    level = np.clip((picture - top_db) / RANGE_DB + 1, 0, 1)
    pixels = np.round(level * (_COLOURS - 1)).astype(np.uint8)[::-1]
    places, colours = zip(*_RAMP, strict=True)
    steps = np.linspace(0, 1, _COLOURS)
    palette = np.stack([np.interp(steps, places, channel) for channel in zip(*colours, strict=True)], axis=1)
    return _file(pixels, np.round(palette).astype(np.uint8))


def wave_png(audio: NDArray[np.float32], width: int = 640, height: int = 48) -> bytes:
    """A PNG file of the waveform of `audio (channels, time)`: from the lowest to the highest sample of each column.

    The picture reaches from -1 to 1; the last row on a side is lit where a sample lies beyond.
    """
    columns = min(width, audio.shape[1])
    starts = np.linspace(0, audio.shape[1], columns, endpoint=False).astype(int)
    lowest = np.minimum.reduceat(audio.min(0), starts)
    highest = np.maximum.reduceat(audio.max(0), starts)
    rows = np.linspace(1, -1, height)[:, None]
    half = 1 / (height - 1)
    edge = 1 - half
    inside = (rows <= np.clip(highest, -edge, None) + half) & (rows >= np.clip(lowest, None, edge) - half)
    return _file(inside.astype(np.uint8), np.array([_RAMP[0][1], _RAMP[4][1]], np.uint8))


def _file(pixels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """A PNG file of numbers of colours `(height, width)`, its highest row first."""
    height, width = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels], axis=1)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", palette.tobytes()),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _log_bands(rate: int, height: int) -> NDArray[np.float64]:
    """Triangles `(height, bins)` a row apart in log frequency, never narrower than a bin, at most 1."""
    bins = np.fft.rfftfreq(_WINDOW, 1 / rate)
    edges = np.geomspace(LOWEST_HZ, rate / 2, height)
    ratio = edges[1] / edges[0]
    width = np.maximum(edges * (ratio - 1), bins[1])[:, None]
    return np.maximum(0, 1 - np.abs(bins - edges[:, None]) / width)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
