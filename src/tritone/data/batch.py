"""What the data side hands to a training step."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Crops of sound with the seeds that belong to them.

    `audio` is float32 `(batch, channels, time)` in [-1, 1]. `seeds` is int64 `(batch,)`, a pure function of
    (training seed, step, global slot): noise drawn from them is the same however the batch is split over processes.
    """

    audio: Tensor
    seeds: Tensor

    def __len__(self) -> int:
        return self.audio.shape[0]
