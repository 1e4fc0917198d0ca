"""Writing samples into shards: raw files of at most 1 GiB, only ever appended to."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from tritone.data.ledger import Record

SHARD_BYTES = 1 << 30
FOLDER = "shards"


class ShardWriter:
    """Appends sounds `(frames, channels)`. What lies behind the last recorded sound (a torn write) is cut off first."""

    def __init__(
        self, folder: Path, dtype: str, channels: int, records: Iterable[Record], limit: int = SHARD_BYTES
    ) -> None:
        self._folder = folder / FOLDER
        self._frame_bytes = np.dtype(dtype).itemsize * channels
        self._capacity = max(1, limit // self._frame_bytes)
        self._ends: dict[int, int] = {}
        for record in records:
            for shard, offset, frames in record.extents:
                self._ends[shard] = max(self._ends.get(shard, 0), offset + frames)
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.glob("*.pcm"):
            end = self._ends.get(int(path.stem), 0) * self._frame_bytes if path.stem.isdecimal() else 0
            if end == 0:
                path.unlink()
            elif path.stat().st_size > end:
                _truncate(path, end)

    def whole(self, record: Record) -> bool:
        """Whether all samples of a record are there."""
        return all(
            self._size(shard) >= (offset + frames) * self._frame_bytes for shard, offset, frames in record.extents
        )

    def append(self, samples: np.ndarray) -> tuple[tuple[int, int, int], ...]:
        """Where the samples now lie, as (shard, offset, frames); more than one place only where a shard is too small.

        Raises OSError where the disk is full; the shard is then as it was before.
        """
        extents, at = [], 0
        while at < len(samples):
            shard = max(self._ends, default=0)
            room = self._capacity - self._ends.get(shard, 0)
            if room < min(len(samples) - at, self._capacity):
                shard, room = shard + 1, self._capacity
            size = min(room, len(samples) - at)
            self._write(shard, samples[at : at + size])
            extents.append((shard, self._ends.get(shard, 0), size))
            self._ends[shard] = self._ends.get(shard, 0) + size
            at += size
        return tuple(extents)

    def table(self, used: Sequence[Record]) -> list[dict[str, str | int]]:
        """For the index: file and least size of every shard, in order."""
        ends = [0] * (1 + max((shard for record in used for shard, _, _ in record.extents), default=-1))
        for record in used:
            for shard, offset, frames in record.extents:
                ends[shard] = max(ends[shard], offset + frames)
        return [
            {"file": f"{FOLDER}/{shard:05d}.pcm", "bytes": end * self._frame_bytes}
            for shard, end in enumerate(ends)
            if end
        ]

    def unused_bytes(self, used: Sequence[Record]) -> int:
        """Bytes that belong to files that have changed or gone since."""
        extents = {extent for record in used for extent in record.extents}
        return (sum(self._ends.values()) - sum(frames for _, _, frames in extents)) * self._frame_bytes

    def _path(self, shard: int) -> Path:
        return self._folder / f"{shard:05d}.pcm"

    def _size(self, shard: int) -> int:
        path = self._path(shard)
        return path.stat().st_size if path.exists() else 0

    def _write(self, shard: int, samples: np.ndarray) -> None:
        path = self._path(shard)
        start = self._ends.get(shard, 0) * self._frame_bytes
        try:
            with path.open("r+b" if path.exists() else "wb") as file:
                file.seek(start)
                file.write(np.ascontiguousarray(samples).data)
        except OSError:
            _truncate(path, start)
            raise


def _truncate(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
