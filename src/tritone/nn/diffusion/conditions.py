"""What a denoiser is told beside the noisy signal."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional


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
        """The rows of both, one below the other. Both must be of the same kinds; fewer tokens are filled up, masked."""
        longest = max(0 if one.tokens is None else one.tokens.shape[1] for one in (self, other))
        mine, theirs = self._with_tokens(longest), other._with_tokens(longest)
        pairs = {field.name: (getattr(mine, field.name), getattr(theirs, field.name)) for field in fields(self)}
        if any((a is None) != (b is None) for a, b in pairs.values()):
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

    def _with_tokens(self, count: int) -> "Conditions":
        """The same with so many tokens, those behind its own masked."""
        if self.tokens is None or (self.mask is not None and self.tokens.shape[1] == count):
            return self
        own = torch.ones(self.tokens.shape[:2], dtype=torch.bool, device=self.tokens.device)
        missing = count - self.tokens.shape[1]
        tokens = functional.pad(self.tokens, (0, 0, 0, missing))
        return replace(self, tokens=tokens, mask=functional.pad(own if self.mask is None else self.mask, (0, missing)))


NOTHING = Conditions()
"""No condition of any kind."""
