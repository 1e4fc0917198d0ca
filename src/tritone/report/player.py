"""Players of a page: sound, spectrogram and waveform of each clip, ready for the template."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby

import numpy as np
import soundfile
from numpy.typing import NDArray

from tritone.errors import UserError
from tritone.report.picture import decibels, height_of, png, wave_png

_TICKS_HZ = ((100, "100"), (1000, "1k"), (10_000, "10k"))


@dataclass(frozen=True)
class Clip:
    """A sound on the page."""

    title: str
    audio: NDArray[np.float32]
    """`(channels, time)` in [-1, 1], at least one sample."""
    rate: int
    loop: bool = False
    """Whether the last sample leads into the first: the player then goes round without a gap."""
    note: str = ""
    group: str = ""
    """Neighbours of the same group stand in one row under this name, share a colour scale and play in step: the
    listener switches between them without losing the place."""


@dataclass(frozen=True)
class Player:
    """A clip as the template wants it."""

    clip: Clip
    id: str
    sound: str
    """A data URI; empty where the sound is on the page already."""
    same: str
    """Id of the player that has the sound, where this one has none."""
    picture: str
    wave: str
    seconds: float
    ticks: list[tuple[str, float]]


class Players:
    """Makes the players of a page. A sound that occurs again is not put into the page again."""

    def __init__(self) -> None:
        self._ids: dict[bytes, str] = {}
        self._count = 0

    def rows(self, clips: Sequence[Clip]) -> list[tuple[str, list[Player]]]:
        """Clips by row, under the name of each; a clip without a group has a row of its own."""
        keyed = [((clip.group or index), clip) for index, clip in enumerate(clips)]
        rows = []
        for _, members in groupby(keyed, key=lambda pair: pair[0]):
            row = [clip for _, clip in members]
            rows.append((row[0].group, self._row(row)))
        return rows

    def _row(self, row: Sequence[Clip]) -> list[Player]:
        for clip in row:
            if clip.audio.ndim != 2 or clip.audio.shape[1] == 0 or not np.isfinite(clip.audio).all():
                raise UserError(f"The sound {clip.title!r} cannot stand on a page: it is empty or not finite.")
        pictures = [decibels(clip.audio, clip.rate) for clip in row]
        top = max(float(picture.max()) for picture in pictures)
        return [self._player(clip, png(picture, top)) for clip, picture in zip(row, pictures, strict=True)]

    def _player(self, clip: Clip, picture: bytes) -> Player:
        self._count += 1
        own, body = f"clip-{self._count}", flac(clip)
        first = self._ids.setdefault(body, own)
        return Player(
            clip,
            own,
            _data("audio/flac", body) if first == own else "",
            "" if first == own else first,
            _data("image/png", picture),
            _data("image/png", wave_png(clip.audio)),
            clip.audio.shape[1] / clip.rate,
            [(name, 100 * height_of(hertz, clip.rate)) for hertz, name in _TICKS_HZ if hertz < 0.45 * clip.rate],
        )


def flac(clip: Clip) -> bytes:
    """The sound as a FLAC file of 16 bits, clipped to full scale."""
    file = BytesIO()
    whole = np.clip(np.round(clip.audio.T * 32768.0), -32768, 32767).astype(np.int16)
    soundfile.write(file, whole, clip.rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def page_bytes(clip: Clip) -> int:
    """How many bytes of the page a clip takes, about."""
    return len(flac(clip)) * 4 // 3 + 45_000


def _data(kind: str, body: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(body).decode()}"
