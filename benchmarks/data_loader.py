"""Random training crops a second on one core: ours from the page cache, beside reading them from audio files.

The peer is what a loader without preparation does: open the file, seek, read, with soundfile (libsndfile). Crops are
131,072 samples, mono, float32, at the same places, from 12 files of a minute of noise bursts at 44.1 kHz.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from table import Row, arguments, finish, in_turn, machine, median_spread

from tritone.data.config import AugmentConfig
from tritone.data.crops import Crops
from tritone.data.loader import Loader
from tritone.data.prepare import prepare
from tritone.data.store import Dataset

CROP, RATE, FILES, SECONDS = 131_072, 44_100, 12, 60
BAR = 10_000.0


def sounds(folder: Path) -> dict[str, list[Path]]:
    """The same sound as WAV (16 bit), FLAC and OGG, a folder each."""
    found: dict[str, list[Path]] = {}
    for index in range(FILES):
        rng = np.random.default_rng(index)
        gates = np.repeat(rng.uniform(0, 0.6, SECONDS * 10), RATE // 10)
        audio = (rng.standard_normal(SECONDS * RATE) * 0.2 * gates).clip(-1, 1)
        for suffix in ("wav", "flac", "ogg"):
            path = folder / suffix / f"{index:02d}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            with soundfile.SoundFile(path, "w", RATE, 1) as file:
                for second in np.split(
                    audio, SECONDS
                ):  # libsndfile's Vorbis encoder overflows its stack on more at once
                    file.write(second)
            found.setdefault(suffix, []).append(path)
    return found


def crops_a_second(read: Callable[[int], object], count: int, clock: Callable[[], float] = time.thread_time) -> float:
    """How many of `count` calls a second of one core (the thread's own time, so that other programs weigh less)."""
    begin = clock()
    for step in range(count):
        read(step)
    return count / (clock() - begin)


def from_file(crops: Crops, paths: dict[str, Path]) -> Callable[[int], object]:
    """Reads the crop of a step from the audio file itself."""

    def read(step: int) -> object:
        item, start = crops.place(step, 0, CROP)
        with soundfile.SoundFile(paths[item.name.split(".")[0]]) as file:
            file.seek(start)
            return file.read(CROP, dtype="float32")

    return read


def raw(dataset: Dataset, crops: Crops) -> Callable[[int], object]:
    """Reads the crop of a step as the stored integers, without conversion to float32."""
    shard, out = np.memmap(dataset.path / "shards" / "00000.pcm", "<i2", "r"), np.empty(CROP, np.int16)

    def read(step: int) -> object:
        item, start = crops.place(step, 0, CROP)
        out[:] = shard[item.offset + start : item.offset + start + CROP]
        return out

    return read


def rate_row(what: str, ours: list[float], peer: list[float] | None, bar: float | None = None) -> Row:
    """A row for a speed (higher is better); the bar, where there is one, is on our own figure."""
    mine, spread = median_spread(ours)
    theirs, their_spread = median_spread(peer) if peer else (None, "-")
    ratio = mine / theirs if theirs else None
    text, holds = (f">= {bar:g} crops/s", mine >= bar) if bar else (None, None)
    return Row(what, mine, theirs, ratio, "crops/s", len(ours), f"{spread} | {their_spread}", text, holds)


def main() -> None:
    """Prepare, measure in turn, print."""
    options = arguments(__doc__ or "")
    torch.set_num_threads(1)
    repeats, count = (5, 1_000) if options.quick else (15, 3_000)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        files = sounds(Path(name))
        for dtype in ("int16", "float32"):
            prepare([Path(name) / "wav"], Path(name) / dtype, sample_rate=RATE, dtype=dtype)
        stored = {dtype: Dataset.open(Path(name) / dtype) for dtype in ("int16", "float32")}
        readers = {dtype: Crops(dataset, "train", CROP, 0) for dtype, dataset in stored.items()}
        out = np.empty((1, CROP), np.float32)
        for suffix, few in (("wav", count // 10), ("flac", count // 20), ("ogg", count // 40)):
            peer = from_file(readers["int16"], {path.stem: path for path in files[suffix]})
            ours = lambda step: readers["int16"].crop(step, 0, out)  # noqa: E731
            speeds = in_turn(
                repeats, lambda o=ours: crops_a_second(o, count), lambda p=peer, n=few: crops_a_second(p, n)
            )
            rows.append(rate_row(f"int16 shards, float32 out; peer soundfile {suffix}", *speeds, bar=BAR))
        for what, read in (
            ("float32 shards, float32 out", lambda step: readers["float32"].crop(step, 0, out)),
            ("int16 shards, int16 out (no conversion)", raw(stored["int16"], readers["int16"])),
        ):
            rows.append(rate_row(what, [crops_a_second(read, count) for _ in range(repeats)], None))
        for what, augment in (("not augmented", None), ("augmented by default", AugmentConfig())):
            rows.append(replace(batches(stored["int16"], augment, repeats), what=f"Loader, batch 8, 1 thread, {what}"))
    finish("data_loader", rows, machine(["soundfile", "numpy", "soxr"]), options.json)


def batches(dataset: Dataset, augment: AugmentConfig | None, repeats: int) -> Row:
    """Crops a second through the whole loader, by the clock on the wall."""
    with Loader(dataset, "train", CROP, 0, augment, batch=8) as loader:
        loader.batch(0)
        speeds = [
            8 * crops_a_second(lambda step, r=r: loader.batch(20 * r + step), 20, time.perf_counter)
            for r in range(repeats)
        ]
    return rate_row("", speeds, None)


if __name__ == "__main__":
    main()
