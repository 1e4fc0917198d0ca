"""Where the sound of a stream is kept: a file that is written as it comes, and is whole at the end."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from tritone.errors import UserError, unwritten
from tritone.signal.files import sound_writer

FORMATS = {".wav": "WAV", ".flac": "FLAC", ".w64": "W64", ".rf64": "RF64", ".caf": "CAF", ".aiff": "AIFF"}
"""Formats by file name ending."""
SUBTYPES = {"24": "PCM_24", "float": "FLOAT"}
"""Ways to store samples by what `--bits` says."""


def aligned(blocks: Iterable[np.ndarray], latency: int, length: Callable[[], int | None]) -> Iterator[np.ndarray]:
    """Output blocks without the first `latency` frames, then `length()` in all; as they come while that is None."""
    position = -latency
    for block in blocks:
        end = length()
        first = max(0, -position)
        last = block.shape[1] if end is None else min(block.shape[1], end - position)
        if first < last:
            yield block[:, first:last]
        position += block.shape[1]
        if end is not None and position >= end:
            return


def exactly(blocks: Iterable[np.ndarray], length: Callable[[], int | None], channels: int) -> Iterator[np.ndarray]:
    """The blocks, cut or filled up with silence to `length()` frames in all; as they come while that is None."""
    position = 0
    for block in blocks:
        end = length()
        kept = block if end is None else block[:, : max(0, end - position)]
        yield kept
        position += kept.shape[1]
    missing = (length() or 0) - position
    if missing > 0:
        yield np.zeros((channels, missing), np.float32)


def check_output(path: Path, bits: str) -> None:
    """UserError where `path` cannot become a file of sound."""
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"--output {path} names no format that can be written; end it in one of {', '.join(FORMATS)}.")
    if not soundfile.check_format(FORMATS[path.suffix.lower()], SUBTYPES[bits]):
        raise UserError(f"--output {path} cannot hold samples in {bits} form; use --bits 24, or a .wav file.")
    if path.is_dir():
        raise UserError(f"--output {path} is a folder; name a file in it.")


def write_stream(path: Path, blocks: Iterable[np.ndarray], *, channels: int, rate: int, bits: str) -> int:
    """Write blocks `(channels, frames)` as they come; returns how many frames there were.

    The file stands under its name when the blocks end, and not before. UserError where it cannot be written, and where
    there was no sound.
    """
    frames, kind = 0, FORMATS[path.suffix.lower()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritten(path, error) from error
    with sound_writer(path, rate, channels, kind=kind, subtype=SUBTYPES[bits]) as write:
        for block in blocks:
            write(block.T)
            frames += block.shape[1]
        if not frames:
            raise UserError(f"{path} was not written, because the stream ended before there was any sound.")
    return frames
