"""Reading and writing audio files: any rate, depth and channel count."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import numpy as np
import soundfile

from tritone.errors import UserError, unwritten
from tritone.signal import containers

SOUNDFILE_SUFFIXES = frozenset(
    {
        ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".caf",
        ".w64", ".rf64", ".au", ".snd", ".bwf", ".voc", ".sf", ".nist", ".sph", ".svx", ".pvf",
    }
)  # fmt: skip
"""File name endings that soundfile (libsndfile) reads."""

READABLE_SUFFIXES = SOUNDFILE_SUFFIXES | containers.SUFFIXES
"""File name endings that are looked at as audio."""


SLOWEST_RATE, FASTEST_RATE = 1_000, 10_000_000
"""Rates in Hz beyond which a header lies: at 1 Hz, a few kilobytes would be hours of sound at a usual rate."""


@dataclass(frozen=True)
class AudioInfo:
    """What an audio file is: samples a second, channels, samples per channel and the way samples are stored."""

    rate: int
    channels: int
    frames: int
    subtype: str


def audio_info(path: Path) -> AudioInfo:
    """What the file is, without decoding it; `frames` of formats read through PyAV follows from their stated duration.

    Raises UserError where the file is missing, unreadable or not audio.
    """
    path = Path(path)
    if _through_av(path):
        return AudioInfo(*containers.info(path))
    with _open(path) as file:
        return AudioInfo(file.samplerate, file.channels, file.frames, file.subtype)


def read_audio(path: Path, start: int = 0, frames: int = -1) -> tuple[np.ndarray, int]:
    """Sound of a file as float32 `(channels, frames)`, and its sample rate.

    Reads `frames` samples from sample `start` on (fewer at the end of the file), or everything where `frames` is -1.
    Integer formats are scaled to [-1, 1); float formats are given as they stand. Raises UserError where the file is
    missing, unreadable, damaged or not audio.
    """
    path = Path(path)
    if _through_av(path):
        whole, rate = containers.decode(path)
        return np.ascontiguousarray(whole[:, start : None if frames < 0 else start + frames]), rate
    with _open(path) as file:
        try:
            if start:
                file.seek(min(start, file.frames))
            audio = file.read(frames, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
            raise _damaged(path, error) from error
        except (MemoryError, ValueError) as error:
            raise UserError(
                f"{path} states {file.frames} samples, more than memory holds; it is damaged, or has to be cut."
            ) from error
        return np.ascontiguousarray(audio.T), file.samplerate


def read_blocks(path: Path, block: int = 1 << 20) -> tuple[int, int, Iterator[np.ndarray]]:
    """Sample rate, channels and an iterator over float32 blocks `(channels, up to block)`: long files in little memory.

    Raises UserError as `read_audio` does, also while the blocks are read.
    """
    path = Path(path)
    if _through_av(path):
        whole, rate = containers.decode(path)
        return rate, whole.shape[0], (whole[:, at : at + block] for at in range(0, whole.shape[1], block))
    file = _open(path)
    return file.samplerate, file.channels, _blocks(path, file, block)


def _blocks(path: Path, file: soundfile.SoundFile, block: int) -> Iterator[np.ndarray]:
    with file:
        while True:
            try:
                audio = file.read(block, dtype="float32", always_2d=True)
            except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
                raise _damaged(path, error) from error
            if not len(audio):
                return
            yield np.ascontiguousarray(audio.T)


def write_wav(path: Path, audio: np.ndarray, rate: int, subtype: str = "PCM_24") -> None:
    """Writes `audio` `(channels, frames)` or `(frames,)` as a WAV file (RF64 from 4 GiB on), whole or not at all.

    The file appears under its name only when it is complete. Raises UserError where it cannot be written.
    """
    path = Path(path)
    samples = np.atleast_2d(np.asarray(audio)).T
    if not len(samples):
        raise UserError(f"{path} was not written, because the sound has no samples; make it at least one sample long.")
    kind = "RF64" if samples.size * 8 >= 2**32 else "WAV"
    with sound_writer(path, rate, samples.shape[1], kind=kind, subtype=subtype) as write:
        write(samples)


@contextmanager
def sound_writer(
    path: Path, rate: int, channels: int, *, kind: str, subtype: str
) -> Iterator[Callable[[np.ndarray], None]]:
    """Gives a function that writes blocks `(frames, channels)` to a new sound file of soundfile's format `kind`.

    The file stands under its name at the end, or nothing is left of it. Raises UserError where it cannot be written.
    """
    try:
        with whole_file(path) as part, part.open("wb", buffering=0) as target:
            kept = _Kept(target)
            with soundfile.SoundFile(kept, "w", rate, channels, subtype, format=kind) as file:

                def write(block: np.ndarray) -> None:
                    file.write(block)
                    kept.check()

                yield write
            kept.check()
    except (soundfile.LibsndfileError, OSError) as error:
        raise unwritten(path, error) from error


class _Kept:
    """A file for libsndfile, which says that writing failed but not why: keeps the error until it is asked for."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._error: OSError | None = None
        self.seek, self.tell = file.seek, file.tell

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while len(rest) and self._error is None:
            try:
                rest = rest[self._file.write(rest) :]
            except OSError as error:
                self._error = error
        return len(data)

    def check(self) -> None:
        """Raises the first error there was."""
        if self._error is not None:
            raise self._error


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives a path beside `path` to write to; afterwards the file stands under its name, or nothing is left of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _name(path: Path) -> bytes | str:
    """The name as soundfile takes it, also where it is not valid unicode."""
    return str(path) if sys.platform == "win32" else os.fsencode(path)


def _through_av(path: Path) -> bool:
    return path.suffix.lower() in containers.SUFFIXES


def _open(path: Path) -> soundfile.SoundFile:
    if not path.exists():
        raise UserError(f"{path} does not exist; check the name.")
    if path.is_dir():
        raise UserError(f"{path} is a folder, not an audio file; name a file.")
    if not path.is_file():
        raise UserError(f"{path} is a pipe or a device, not an audio file; name a file.")
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise UserError(f"{path} is empty (0 bytes); copy it again from where it came.")
        file = soundfile.SoundFile(_name(path))
    except OSError as error:
        raise UserError(f"{path} cannot be opened ({_reason(error)}); check its permissions.") from error
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise _damaged(path, error) from error
    if not SLOWEST_RATE <= file.samplerate <= FASTEST_RATE:
        file.close()
        raise UserError(f"{path} states a rate of {file.samplerate} Hz, which no sound has; it may be damaged.")
    return file


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(f"{path} cannot be read as audio ({_reason(error)}); it may be damaged or of another format.")


_OWN_WORDS = ("Internal", "File does not exist")
"""How libsndfile begins what only its makers understand; the second for an MP3 file without sound."""


def _reason(error: Exception) -> str:
    if isinstance(error, soundfile.LibsndfileError):
        said = str(error.error_string).rstrip(". ")
        return "its header makes no sense" if said.startswith(_OWN_WORDS) else said
    if isinstance(error, OSError) and error.errno is not None:
        return str(error.strerror)
    return str(error).rstrip(". ")
