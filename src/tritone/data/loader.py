"""Batches for training, made in background threads so that training never waits."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import numpy as np
import torch

from tritone.data import draw
from tritone.data.augment import augment, change_speed, draw_speed, samples_for_speed
from tritone.data.batch import Batch, plain_batch
from tritone.data.config import AugmentConfig
from tritone.data.crops import Crops, validation_crops
from tritone.data.store import Dataset

_Key = tuple[int, int, int]


class Loader:
    """Random augmented crops of one split for one of `world` processes, `batch` of them for each step.

    Slot i of process `rank` is global slot `rank * batch + i`; everything random is a function of (seed, step, global
    slot), so two processes with half the batch each see what one process would, and a resumed run what an
    uninterrupted one would. Close it, or use it in a `with` block.
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
    ) -> None:
        if not 0 <= rank < world:
            raise ValueError(f"rank {rank} of {world} processes")
        self._crops = Crops(dataset, split, crop_samples, seed)
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
        """The same `count` held-out crops every time, spread over the files, not augmented, `batch` at a time."""
        crops = validation_crops(self._dataset, self._crops.crop_samples, count)
        seeds = [draw.hash64(draw.VALIDATION, index) >> 1 for index in range(count)]
        for first in range(0, count, batch):
            yield plain_batch(torch.from_numpy(crops[first : first + batch]), torch.tensor(seeds[first : first + batch]))

    def close(self) -> None:
        """Ends the background threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> "Loader":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _make(self, step: int, part: int, parts: int) -> Batch:
        first, last = (self._first_slot + self._batch * end // parts for end in (part, part + 1))
        samples = self._crops.crop_samples
        audio = np.empty((last - first, self._dataset.channels, samples), np.float32)
        for slot, out in zip(range(first, last), audio, strict=True):
            self._fill(step, slot, out)
        seeds = [draw.hash64(self._seed, step, slot, draw.NOISE) >> 1 for slot in range(first, last)]
        return plain_batch(torch.from_numpy(audio), torch.tensor(seeds, dtype=torch.int64))

    def _fill(self, step: int, slot: int, out: np.ndarray) -> None:
        if self._augment is None:
            self._crops.crop(step, slot, out)
            return
        rng = draw.generator(self._seed, step, slot, draw.AUGMENT)
        speed = draw_speed(self._augment, rng)
        samples = self._crops.crop_samples
        source = self._crops.crop(step, slot, samples=samples_for_speed(samples, speed))
        out[:] = augment(change_speed(source, speed, samples), self._augment, rng, self._dataset.sample_rate)
