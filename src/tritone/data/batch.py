"""What the data side hands to a training step."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Sounds with what is known about them.

    `audio` is float32 `(batch, channels, time)` in [-1, 1]. Crops fill it; whole loops of several lengths do so up to
    `lengths`, int64 `(batch,)`, and have zeros behind. `seeds` is int64 `(batch,)`, a pure function of (training seed,
    step, global slot): noise drawn from them is the same however the batch is split over processes. `labels`, int64
    `(batch,)`, counts in `Dataset.labels`, -1 where there is none; `tempos`, float32 `(batch,)`, is in beats a minute,
    0 where none is known.
    """

    audio: Tensor
    seeds: Tensor
    lengths: Tensor
    labels: Tensor
    tempos: Tensor

    def __len__(self) -> int:
        return self.audio.shape[0]

    def to(self, device: torch.device) -> "Batch":
        """The same batch on `device`."""
        parts = (self.audio, self.seeds, self.lengths, self.labels, self.tempos)
        return Batch(*(part.to(device, non_blocking=True) for part in parts))


def plain_batch(audio: Tensor, seeds: Tensor) -> Batch:
    """A batch of whole crops of which nothing else is known."""
    count = len(audio)
    lengths = torch.full((count,), audio.shape[-1], dtype=torch.int64)
    return Batch(audio, seeds, lengths, torch.full((count,), -1), torch.zeros(count))
