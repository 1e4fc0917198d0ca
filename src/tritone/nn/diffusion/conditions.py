"""What a denoiser is told beside the noisy signal."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Conditions:
    """Conditions of a batch; None where a model is told nothing of the kind. Row i belongs to row i of the signal."""

    channels: Tensor | None = None
    """`(batch, channels, time)`, laid beside the noisy signal as further channels."""
    context: Tensor | None = None
    """`(batch, channels, frames)`, laid beside the maps of one level of a U-Net."""
    vector: Tensor | None = None
    """`(batch, features)`, of the whole sound (label, tempo, length); added to the embedded time."""
    tokens: Tensor | None = None
    """`(batch, tokens, features)`, attended to (text)."""
    mask: Tensor | None = None
    """bool `(batch, tokens)`, True where there is a token; all True where None."""

    def joined(self, other: "Conditions") -> "Conditions":
        """The rows of both, one below the other. Both must be of the same kinds."""
        pairs = {field.name: (getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        if any((mine is None) != (theirs is None) for mine, theirs in pairs.values()):
            raise ValueError("conditions of different kinds cannot be joined")
        return Conditions(**{name: None if a is None else torch.cat([a, b]) for name, (a, b) in pairs.items()})

    def rows(self, chosen: Tensor | Sequence[int] | slice) -> "Conditions":
        """The chosen rows."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return Conditions(**{name: None if part is None else part[chosen] for name, part in parts.items()})

    def to(self, device: torch.device | str) -> Self:
        """The same conditions on `device`."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(**{name: None if part is None else part.to(device) for name, part in parts.items()})


NOTHING = Conditions()
"""No condition of any kind."""
