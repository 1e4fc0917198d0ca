"""Batches for training, made in background threads so that training never waits."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Literal, NamedTuple

import numpy as np
import torch

from tritone.data import draw
from tritone.data.augment import augment, draw_speed, samples_for_speed
from tritone.data.batch import Batch
from tritone.data.config import AugmentConfig
from tritone.data.crops import Crops
from tritone.data.loop_items import Loops
from tritone.data.store import Dataset, Item

Reading = Literal["crops", "loops"]
"""What a model learns from: random crops of one length, or whole loops."""

_Key = tuple[int, int, int]


class _Known(NamedTuple):
    """What a batch tells of one of its rows."""

    length: int
    label: int
    tempo: float
    caption: int
    start: float
    total: float


class Loader:
    """Random augmented crops (or loops) of one split for one of `world` processes, `batch` of them for each step.

    Slot i of process `rank` is global slot `rank * batch + i`; everything random is a function of (seed, step, global
    slot), so two processes with half the batch each see what one process would, and a resumed run what an
    uninterrupted one would. Close it, or use it in a `with` block.

    `reading` "crops" gives crops of `crop_samples`; "loops" gives whole loop items from their first sample on, with
    zeros behind the shorter ones, and has no use for `crop_samples`. A random speed changes the length and the tempo of
    a loop, which stays seamless.
    """

    def __init__(
        self,
        dataset: Dataset,
        split: str,
        crop_samples: int,
        seed: int,
        augment: AugmentConfig | None,
        batch: int,
        rank: int = 0,
        world: int = 1,
        workers: int = 1,
        reading: Reading = "crops",
    ) -> None:
        if not 0 <= rank < world:
            raise ValueError(f"rank {rank} of {world} processes")
        slowest = augment.pitch_range[0] if augment and augment.pitch else 1.0
        self._source: Crops | Loops = (
            Loops(dataset, split, seed, slowest) if reading == "loops" else Crops(dataset, split, crop_samples, seed)
        )
        self._dataset, self._augment, self._seed = dataset, augment, seed
        self._batch, self._first_slot = batch, rank * batch
        self._ahead = workers + 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="loader")
        self._made: dict[_Key, Future[Batch]] = {}
        self._lock = Lock()

    def batch(self, step: int, round: int = 0, rounds: int = 1) -> Batch:
        """The crops of a step, or part number `round` of `rounds` nearly equal parts of them (gradient accumulation).

        Made ahead where steps and rounds are asked for in order; any order is right. Asking again is cheap.
        """
        with self._lock:
            keys = [(step, round, rounds)]
            while len(keys) <= self._ahead:
                at, part, _ = keys[-1]
                keys.append((at, part + 1, rounds) if part + 1 < rounds else (at + 1, 0, rounds))
            for key in [key for key in self._made if key not in keys]:
                self._made.pop(key).cancel()
            for key in keys:
                if key not in self._made:
                    self._made[key] = self._pool.submit(self._make, *key)
            wanted = self._made[keys[0]]
        return wanted.result()

    def validation_batches(self, batch: int, count: int = 32) -> Iterator[Batch]:
        """The same `count` held-out crops every time, spread over the files, not augmented, `batch` at a time.

        Of whole loops each comes once, spread over the labels; there are fewer than `count` where the data has fewer.
        """
        places = self._source.held_out(count)
        seeds = [draw.hash64(draw.VALIDATION, index) >> 1 for index in range(len(places))]
        for first in range(0, len(places), batch):
            some = places[first : first + batch]
            audio = np.zeros((len(some), self._dataset.channels, self._source.row_samples), np.float32)
            for (item, start, samples), out in zip(some, audio, strict=True):
                self._dataset.read(item, start, samples, out[:, :samples])
            known = [self._known(item, start, samples, 1.0) for item, start, samples in some]
            yield _batch(audio, seeds[first : first + batch], known)

    def close(self) -> None:
        """Ends the background threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> "Loader":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _make(self, step: int, part: int, parts: int) -> Batch:
        first, last = (self._first_slot + self._batch * end // parts for end in (part, part + 1))
        audio = np.empty((last - first, self._dataset.channels, self._source.row_samples), np.float32)
        known = [self._fill(step, slot, out) for slot, out in zip(range(first, last), audio, strict=True)]
        seeds = [draw.hash64(self._seed, step, slot, draw.NOISE) >> 1 for slot in range(first, last)]
        return _batch(audio, seeds, known)

    def _fill(self, step: int, slot: int, out: np.ndarray) -> _Known:
        if self._augment is None:
            item, length = self._source.fill(step, slot, 1.0, out)
            return self._known(item, self._start(step, slot, 1.0), length, 1.0)
        rng = draw.generator(self._seed, step, slot, draw.AUGMENT)
        speed = draw_speed(self._augment, rng)
        item, length = self._source.fill(step, slot, speed, out)
        rate, circular = self._dataset.sample_rate, self._source.circular
        out[:, :length] = augment(out[:, :length], self._augment, rng, rate, circular)
        start = self._start(step, slot, speed)
        return self._known(item, start, length, item.frames / length if circular else speed)

    def _start(self, step: int, slot: int, speed: float) -> int:
        """The sample of its item at which `fill` begins."""
        if isinstance(self._source, Loops):
            return 0
        return self._source.place(step, slot, samples_for_speed(self._source.row_samples, speed))[1]

    def _known(self, item: Item, start: int, length: int, speed: float) -> _Known:
        dataset = self._dataset
        rate = dataset.sample_rate / dataset.ratio * speed
        return _Known(
            length=length,
            label=dataset.label_numbers[item.label],
            tempo=(item.bpm or 0.0) * speed,
            caption=dataset.caption_numbers[item],
            start=start / rate,
            total=item.frames / rate,
        )


def _batch(audio: np.ndarray, seeds: list[int], known: list[_Known]) -> Batch:
    whole, real = torch.int64, torch.float32
    return Batch(
        audio=torch.from_numpy(audio),
        seeds=torch.tensor(seeds, dtype=whole),
        lengths=torch.tensor([row.length for row in known], dtype=whole),
        labels=torch.tensor([row.label for row in known], dtype=whole),
        tempos=torch.tensor([row.tempo for row in known], dtype=real),
        captions=torch.tensor([row.caption for row in known], dtype=whole),
        starts=torch.tensor([row.start for row in known], dtype=real),
        totals=torch.tensor([row.total for row in known], dtype=real),
    )
