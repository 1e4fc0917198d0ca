"""Formats that soundfile does not read (m4a, aac, wma, sound of videos), through PyAV, the extra `[formats]`."""

from pathlib import Path
from typing import Any

import numpy as np

from tritone.errors import UserError

SUFFIXES = frozenset(
    {
        ".m4a", ".aac", ".mp4", ".m4b", ".mov", ".mkv", ".webm", ".wma", ".ac3", ".eac3", ".amr",
        ".ape", ".wv", ".tta", ".mka", ".3gp", ".avi", ".dts",
    }
)  # fmt: skip
"""File name endings that are read through PyAV."""


def info(path: Path) -> tuple[int, int, int, str]:
    """Sample rate, channels, frames (by the stated duration) and codec of the first audio stream."""
    with _open(path) as container:
        stream = _stream(path, container)
        if stream.duration is not None and stream.time_base is not None:
            seconds = float(stream.duration * stream.time_base)
        else:
            seconds = (container.duration or 0) / 1e6
        return stream.rate, stream.channels, round(seconds * stream.rate), stream.codec_context.name


def decode(path: Path) -> tuple[np.ndarray, int]:
    """The whole first audio stream as float32 `(channels, frames)`, and its sample rate."""
    with _open(path) as container:
        stream = _stream(path, container)
        av = _library(path)
        planar = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
        try:
            frames = [plane for frame in container.decode(stream) for plane in planar.resample(frame)]
            frames += planar.resample(None)
        except (av.error.FFmpegError, ValueError) as error:
            raise UserError(f"{path} cannot be decoded ({error}); it may be damaged.") from error
        if not frames:
            return np.zeros((stream.channels, 0), np.float32), stream.rate
        return np.concatenate([frame.to_ndarray() for frame in frames], axis=1), stream.rate


def _library(path: Path) -> Any:
    try:
        import av
    except ImportError as error:
        raise UserError(
            f"{path} is of a format ({path.suffix}) that needs PyAV; pip install 'tritone[formats]', or convert it."
        ) from error
    return av


def _open(path: Path) -> Any:
    av = _library(path)
    if not path.exists():
        raise UserError(f"{path} does not exist; check the name.")
    try:
        return av.open(str(path))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as audio ({error}); it may be damaged or of another format.") from error


def _stream(path: Path, container: Any) -> Any:
    if not container.streams.audio:
        raise UserError(f"{path} has no sound in it; leave it out or choose another file.")
    return container.streams.audio[0]
