"""WAV files that samplers and sequencers loop by themselves: loop points, tempo and beats as RIFF chunks.

`smpl` is laid out as in Microsoft's and IBM's Multimedia Programming Interface (1991) with its RIFF update of 1994;
`acid`, which its maker never published, as libsndfile describes and reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from struct import Struct
from struct import error as StructError
from typing import Any, BinaryIO

import numpy as np
import soundfile

from tritone.errors import UserError, unwritten
from tritone.signal.files import whole_file

MIDDLE_C = 60
"""MIDI note at which a sampler plays the loop as it is."""
STRETCHES = 0x04
"""Flag of `acid`: follows the tempo of the song. Without `ONE_SHOT` it is a loop."""
ONE_SHOT = 0x01
FORWARD, FOR_EVER = 0, 0

_HEADER = Struct("<4sI")
_SMPL = Struct("<9I")
"""Maker, product, nanoseconds a sample, note, its fraction, SMPTE format, SMPTE offset, loops, bytes of extras."""
_SMPL_LOOP = Struct("<6I")
"""Name, kind, first sample, last sample (it is played too), fraction of a sample, times."""
_ACID = Struct("<IHHfIHHf")
"""Flags, root note, always 0x8000, always 0, beats, the meter's lower and upper number, beats a minute."""
_LARGEST = 2**32 - 1
_MOST_CHUNKS = 10_000
"""A hole in a file reads as empty chunks without end."""


@dataclass(frozen=True)
class LoopInfo:
    """What the chunks of a WAV file say about looping; None or empty where they say nothing."""

    start: int | None = None
    """First sample of the loop."""
    end: int | None = None
    """Last sample of the loop, which is played too."""
    note: int | None = None
    """MIDI note at which the sound is played as it is."""
    bpm: float | None = None
    """Beats a minute."""
    beats: int | None = None
    """Beats of the whole file."""
    beats_per_bar: int | None = None
    """Upper number of the meter."""
    one_shot: bool = False
    """Not meant to be looped."""
    comment: str = ""
    """What was written about the sound."""


def write_loop(
    path: Path, audio: np.ndarray, rate: int, *, bars: float, bpm: float, beats_per_bar: int = 4, comment: str = ""
) -> None:
    """Write `audio (channels, time)` at `rate` as a 24-bit WAV file that loops from its first to its last sample.

    The file also holds its tempo `bpm`, its number of beats (`bars * beats_per_bar`) and `comment`, and appears whole
    or not at all. Raises UserError where it cannot be written.
    """
    path, samples = Path(path), np.atleast_2d(np.asarray(audio))
    if not samples.shape[-1]:
        raise UserError(f"{path} was not written, because the loop has no samples; make it at least one sample long.")
    if samples.size * 3 > _LARGEST - 2**16:
        raise UserError(f"{path} was not written, because a WAV file holds 4 GiB at most; make fewer bars.")
    buffer = BytesIO()
    soundfile.write(buffer, samples.T, rate, subtype="PCM_24", format="WAV")
    chunks = (
        _chunk(b"smpl", _sampler(samples.shape[-1], rate)),
        _chunk(b"acid", _tempo(max(1, round(bars * beats_per_bar)), beats_per_bar, bpm)),
        _chunk(b"LIST", b"INFO" + _text(b"ICMT", comment) + _text(b"ISFT", "Tritone")),
    )
    content = bytearray(buffer.getvalue())
    content += b"\0" * (len(content) % 2) + b"".join(chunks)
    content[: _HEADER.size] = _HEADER.pack(b"RIFF", len(content) - _HEADER.size)
    try:
        with whole_file(path) as part:
            part.write_bytes(content)
    except OSError as error:
        raise unwritten(path, error) from error


def read_loop_chunks(path: Path) -> LoopInfo:
    """What the chunks of a file say; an empty `LoopInfo` for files of other formats, and as far as they are whole."""
    found: dict[str, Any] = {}
    try:
        with open(path, "rb") as file:
            for name, size in _chunks(file):
                read = {b"smpl": _read_sampler, b"acid": _read_tempo, b"LIST": _read_comment}.get(name)
                if read and size < 2**20:
                    found.update(read(file.read(size)))
    except (OSError, StructError):
        pass  # what was found before the damage still holds
    return LoopInfo(**found)


def _sampler(samples: int, rate: int) -> bytes:
    """One endless forward loop over everything."""
    head = _SMPL.pack(0, 0, 10**9 // rate, MIDDLE_C, 0, 0, 0, 1, 0)
    return head + _SMPL_LOOP.pack(0, FORWARD, 0, samples - 1, 0, FOR_EVER)


def _tempo(beats: int, beats_per_bar: int, bpm: float) -> bytes:
    return _ACID.pack(STRETCHES, MIDDLE_C, 0x8000, 0.0, beats, 4, beats_per_bar, bpm)


def _text(name: bytes, text: str) -> bytes:
    """One text of a list, padded with zeros to an even length, for readers that forget to."""
    body = text.encode("utf-8", "replace") + b"\0"
    return _chunk(name, body + b"\0" * (len(body) % 2)) if text else b""


def _chunk(name: bytes, body: bytes) -> bytes:
    """Name, length and body; the next one starts at an even place."""
    return _HEADER.pack(name, len(body)) + body + b"\0" * (len(body) % 2)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and length of every chunk, the file standing at its body; nothing where it is no WAV file."""
    name, _ = _HEADER.unpack(file.read(_HEADER.size))
    if name != b"RIFF" or file.read(4) != b"WAVE":
        return
    place = file.tell()
    for _ in range(_MOST_CHUNKS):
        if len(head := file.read(_HEADER.size)) < _HEADER.size:
            return
        name, size = _HEADER.unpack(head)
        yield name, size
        place += _HEADER.size + size + size % 2
        file.seek(place)


def _read_sampler(body: bytes) -> dict[str, Any]:
    *_, note, _, _, _, loops, _ = _SMPL.unpack_from(body)
    if not loops:
        return {"note": note}
    _, _, start, end, _, _ = _SMPL_LOOP.unpack_from(body, _SMPL.size)
    return {"note": note, "start": start, "end": end}


def _read_tempo(body: bytes) -> dict[str, Any]:
    flags, _, _, _, beats, _, beats_per_bar, bpm = _ACID.unpack_from(body)
    return {"one_shot": bool(flags & ONE_SHOT), "beats": beats, "beats_per_bar": beats_per_bar, "bpm": bpm}


def _read_comment(body: bytes) -> dict[str, Any]:
    """The comment of a list of texts."""
    if body[:4] != b"INFO":
        return {}
    place = 4
    while place + _HEADER.size <= len(body):
        name, size = _HEADER.unpack_from(body, place)
        place += _HEADER.size
        if name == b"ICMT":
            return {"comment": body[place : place + size].rstrip(b"\0").decode("utf-8", "replace")}
        place += size + size % 2
    return {}
