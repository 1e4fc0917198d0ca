"""From a folder of sound to a DATA folder."""

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from stat import S_ISREG
from typing import Any, Literal

import numpy as np

from tritone.data.config import PrepareConfig
from tritone.data.decode import Decoded, decode
from tritone.data.items import Entry, slack
from tritone.data.ledger import Ledger, Record, write_atomically
from tritone.data.report import Report, readme
from tritone.data.scan import Skipped, Source, printable, scan
from tritone.data.shards import ShardWriter
from tritone.data.store import FORMAT, Dataset
from tritone.data.summarise import arrange, pack_fingerprint
from tritone.errors import FULL, UserError


def prepare(
    sounds: Sequence[Path],
    out: Path,
    *,
    sample_rate: int = 44_100,
    channels: int = 1,
    dtype: Literal["int16", "float32"] = "int16",
    lazy: bool = False,
    bars: float | None = None,
    bpm: float | None = None,
    beats_per_bar: int = 4,
    validation: float = 0.1,
    seed: int = 0,
    licence: str = "not stated",
    workers: int = 0,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Decodes all sound below the folders `sounds` into the DATA folder `out`, and reports what was found.

    The options are those of `PrepareConfig`; `workers` is the number of threads (0: one for each processor) and `show`
    is called with (done, total) after each file. Files that cannot be used are left out and listed. Killed and called
    again it goes on; called again after files were changed, added or removed it redoes only those. Nothing is written
    outside `out`.

    Raises UserError where the options contradict each other or those of an earlier call, where `out` lies in a sound
    folder or is full, and where nothing usable is found.
    """
    config = PrepareConfig(
        sample_rate, channels, dtype, lazy, bars, bpm, beats_per_bar, validation, seed, licence
    )  # fmt: skip
    sounds, out = [Path(sound) for sound in sounds], Path(out)
    sources, skipped = scan(sounds, out)
    if not sources:
        raise UserError(
            f"No sound files were found in {_listed(sounds)}; give a folder with WAV, FLAC, OGG, MP3 or the like."
        )
    try:
        return _Preparation(config, sounds, out).run(sources, skipped, workers or os.cpu_count() or 1, show)
    except OSError as error:
        what = "the disk is full" if error.errno in FULL else str(error.strerror or error)
        raise UserError(
            f"{out} could not be written ({what}); mend that and run the same command again: it goes on."
        ) from error


class _Preparation:
    def __init__(self, config: PrepareConfig, sounds: Sequence[Path], out: Path) -> None:
        self._config, self._out = config, out
        self._options = {name: value for name, value in asdict(config).items() if name != "licence"}
        self._options["sounds"] = [_relative(sound, out) for sound in sounds]
        self._ledger = Ledger(out, self._options)
        self._shards = ShardWriter(out, config.dtype, config.channels, self._ledger.records)
        self._known = {r.name: r for r in self._ledger.records if config.lazy or (r.extents and self._shards.whole(r))}
        self._places = {r.content: r.extents for r in self._known.values()}

    def run(
        self, sources: Sequence[Source], skipped: Sequence[Skipped], workers: int, show: Callable[[int, int], None]
    ) -> Report:
        entries, left_out = [], list(skipped)
        try:
            for done, (source, result) in enumerate(self._results(sources, workers), 1):
                if isinstance(result, Skipped):
                    left_out.append(result)
                else:
                    entries.append(Entry(source, result if isinstance(result, Record) else self._keep(source, *result)))
                show(done, len(sources))
            return self._finish(entries, left_out)
        finally:
            self._ledger.close()

    def _results(self, sources: Sequence[Source], workers: int) -> Iterator[tuple[Source, Any]]:
        """What `_examine` says of every file, in order, with a few files decoded ahead."""
        with ThreadPoolExecutor(workers, thread_name_prefix="prepare") as pool:
            ahead: deque[tuple[Source, Future[Any]]] = deque()
            try:
                for source in sources:
                    ahead.append((source, pool.submit(_examine, source, self._config, self._known.get(source.name))))
                    if len(ahead) > 2 * workers:
                        first, future = ahead.popleft()
                        yield first, future.result()
                while ahead:
                    first, future = ahead.popleft()
                    yield first, future.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _keep(self, source: Source, found: Decoded, status: os.stat_result, file_hash: str) -> Record:
        """Stores the samples (once for each content), then notes the file as done."""
        extents: tuple[tuple[int, int, int], ...] = ()
        if found.samples is not None:
            if found.content not in self._places:
                silence = np.zeros((slack(self._config), self._config.channels), found.samples.dtype)
                self._places[found.content] = self._shards.append(np.concatenate([found.samples, silence]))
            extents = self._places[found.content]
        record = Record(
            name=source.name, path=_relative(source.path, self._out), size=status.st_size, mtime_ns=status.st_mtime_ns,
            file_hash=file_hash, content=found.content, fingerprint=pack_fingerprint(found.fingerprint),
            rate=found.rate, channels=found.channels, frames=found.frames, extents=extents, peak=found.measures.peak,
            rms_db=found.measures.rms_db, dc=found.measures.dc, clips=found.measures.clips, overs=found.overs,
        )  # fmt: skip
        self._ledger.append(record)
        return record

    def _finish(self, entries: Sequence[Entry], skipped: Sequence[Skipped]) -> Report:
        if not entries:
            raise UserError(f"None of the {len(skipped)} files can be used; the first: {_first(skipped)}.")
        records = [entry.record for entry in entries]
        shards = self._shards.table(records)
        sound = Dataset(self._out, {"options": self._options, "summary": {}, "shards": shards, "items": []})
        items, report = arrange(entries, skipped, self._config, self._out, sound.audible)
        if not items:
            raise UserError(f"No file can be used; the first: {_first(report.skipped)}.")
        report = replace(
            report, reused=sum(r is self._known.get(r.name) for r in records),
            bytes=sum(int(shard["bytes"]) for shard in shards), unused_bytes=self._shards.unused_bytes(records),
        )  # fmt: skip
        index = {
            "format": FORMAT, "options": self._options, "summary": report.summary(), "shards": shards,
            "items": [asdict(item) for item in items],
        }  # fmt: skip
        self._ledger.finish(self._options, records)
        write_atomically(self._out / "README.md", readme(report))
        write_atomically(self._out / "index.json", json.dumps(index, indent=None) + "\n")
        return report


def _examine(source: Source, config: PrepareConfig, known: Record | None) -> Any:
    """The known record where the file has not changed, `(Decoded, stat, hash)` where it had to be decoded, or Skipped.

    Whatever goes wrong with one file, a defect of a decoder included, must not stop the others.
    """
    try:
        status = os.stat(source.path)
        if not S_ISREG(status.st_mode):
            return Skipped(source.name, "is a pipe or a device, not a file")
        if known and (known.size, known.mtime_ns) == (status.st_size, status.st_mtime_ns):
            return known
        file_hash = _hash(source.path)
        if known and known.file_hash == file_hash:
            return known
        return decode(source, config), status, file_hash
    except UserError as error:
        return Skipped(source.name, str(error).removeprefix(str(source.path)).strip())
    except OSError as error:
        return Skipped(source.name, f"cannot be opened ({error.strerror or error})")
    except Exception as error:
        return Skipped(source.name, f"cannot be decoded ({type(error).__name__}: {error})")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _relative(path: Path, out: Path) -> str:
    """The path as seen from the DATA folder, so that both can move together; absolute where there is no such path."""
    try:
        return Path(os.path.relpath(os.path.realpath(path), os.path.realpath(out))).as_posix()
    except ValueError:
        return Path(os.path.realpath(path)).as_posix()


def _listed(sounds: Sequence[Path]) -> str:
    return ", ".join(printable(str(sound)) for sound in sounds)


def _first(skipped: Sequence[Skipped]) -> str:
    return "; ".join(f"{printable(skip.name)}: {skip.reason.rstrip('.')}" for skip in skipped[:3])
