"""What the data side hands to a training step."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Sounds with what is known about them.

    `audio` is float32 `(batch, channels, time)` in [-1, 1]. Crops fill it; whole loops of several lengths do so up to
    `lengths`, int64 `(batch,)`, and have zeros behind. `seeds` is int64 `(batch,)`, a pure function of (training seed,
    step, global slot): noise drawn from them is the same however the batch is split over processes. `labels`, int64
    `(batch,)`, counts in `Dataset.labels` and `captions`, int64 `(batch,)`, in `Dataset.captions`, -1 where there is
    none; `tempos`, float32 `(batch,)`, is in beats a minute, 0 where none is known.

    `starts` and `totals`, float32 `(batch,)`, tell in seconds where in its item the audio begins and how long the whole
    item is, at the speed at which it is heard; 0 both where that is not known. `starts` is negative where a short item
    begins later than its crop, and 0 for whole loops.
    """

    audio: Tensor
    seeds: Tensor
    lengths: Tensor
    labels: Tensor
    tempos: Tensor
    captions: Tensor
    starts: Tensor
    totals: Tensor

    def __len__(self) -> int:
        return self.audio.shape[0]

    def to(self, device: torch.device) -> "Batch":
        """The same batch on `device`."""
        return Batch(*(getattr(self, field.name).to(device, non_blocking=True) for field in fields(self)))


def plain_batch(audio: Tensor, seeds: Tensor) -> Batch:
    """A batch of whole crops of which nothing else is known."""
    count = len(audio)
    return Batch(
        audio=audio,
        seeds=seeds,
        lengths=torch.full((count,), audio.shape[-1], dtype=torch.int64),
        labels=torch.full((count,), -1),
        tempos=torch.zeros(count),
        captions=torch.full((count,), -1),
        starts=torch.zeros(count),
        totals=torch.zeros(count),
    )
