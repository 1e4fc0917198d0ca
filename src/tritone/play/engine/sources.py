"""Where sound comes from when it does not come from a sound card: files, a sine, noise, silence."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from tritone.errors import UserError
from tritone.signal.files import audio_info, read_blocks
from tritone.signal.resample import resample_blocks

CHUNK = 4096
SINE_HERTZ = 220.0
LEVEL = 0.25
SYNTHETIC = ("sine", "noise", "silence")
"""Names of the sources that need no file."""


class Source:
    """Sound in pieces of any size, `(channels, frames)` at one rate, followed by silence without end.

    `blocks` are what it consists of, of any sizes; `limit` cuts it to so many frames, and `stopping` ends it early.
    """

    def __init__(
        self,
        blocks: Iterable[np.ndarray],
        *,
        channels: int,
        limit: int | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._blocks, self._limit, self._stopping = iter(blocks), limit, stopping
        self._rest = np.zeros((channels, 0), np.float32)
        self._given = 0
        self.length: int | None = None
        """Frames of sound before the silence, known once its end was read."""

    def read(self, frames: int) -> np.ndarray:
        """The next `frames` frames, a new array; silence after the end."""
        if self.length is None and self._stopping():
            self._rest, self.length = self._rest[:, :0], self._given
        while self.length is None and self._rest.shape[1] < frames:
            block = next(self._blocks, None)
            if block is None:
                self.length = self._given + self._rest.shape[1]
            else:
                self._rest = np.concatenate((self._rest, block), 1)
        if self._limit is not None and self._given + frames >= self._limit:
            self._rest = self._rest[:, : max(0, self._limit - self._given)]
            self.length = min(self._limit, self._given + self._rest.shape[1])
        out = np.zeros((len(self._rest), frames), np.float32)
        taken = self._rest[:, :frames]
        out[:, : taken.shape[1]] = taken
        self._rest = self._rest[:, frames:]
        self._given += taken.shape[1]
        return out


class FileBlocks:
    """A sound file as blocks `(channels, frames)` at `rate`, again and again with `loop`.

    One channel is given to all, several are averaged to one where one is wanted. Raises UserError for a file that
    cannot be read, that is empty, that holds samples which are not finite, or has other channels still.
    """

    def __init__(self, path: Path, *, channels: int, rate: int, loop: bool = False) -> None:
        self._path, self._channels, self._rate, self._loop = path, channels, rate, loop
        info = audio_info(path)
        if channels not in (1, info.channels) and info.channels != 1:
            raise UserError(f"{path} has {info.channels} channels, but the model {channels}; mix it down first.")
        self.file_rate, self.file_channels = info.rate, info.channels
        self.file_frames: int | None = None
        """Frames in the file, at its own rate, once its end was read."""

    def __iter__(self) -> Iterator[np.ndarray]:
        while True:
            yield from resample_blocks(self._read(), self._channels, self.file_rate, self._rate)
            if not self._loop:
                return

    def _read(self) -> Iterator[np.ndarray]:
        count = 0
        for block in read_blocks(self._path, CHUNK)[2]:
            count += block.shape[1]
            yield _fitted(block, self._channels, self._path)
        if not count:
            raise UserError(f"{self._path} holds no sound; give a file that is longer than nothing.")
        self.file_frames = count


def _fitted(block: np.ndarray, channels: int, path: Path) -> np.ndarray:
    if not np.isfinite(block).all():
        raise UserError(f"{path} holds samples that are not numbers (NaN or infinity); export it again.")
    if len(block) == channels:
        return block
    return np.broadcast_to(block.mean(0, dtype=np.float32), (channels, block.shape[1]))


def synthetic_blocks(kind: str, *, channels: int, rate: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Endless blocks of a `sine` (220 Hz), of white `noise` that follows from `seed`, or of `silence`."""
    generator = np.random.default_rng(seed)
    start = 0
    while True:
        block = np.zeros((channels, CHUNK), np.float32)
        if kind == "sine":
            cycles = SINE_HERTZ * (start + np.arange(CHUNK)) / rate
            block[:] = LEVEL * np.sin(2 * np.pi * (cycles % 1.0))
        elif kind == "noise":
            block[:] = (LEVEL / 2) * generator.standard_normal(block.shape)
        start += CHUNK
        yield block
