"""Sound of which parts stay what they were: sample-exact there, and without a click where they end."""

from itertools import pairwise
from math import pi

import torch
from torch import Tensor

FADE_SECONDS = 0.005
"""Length of a crossfade."""


def splice(made: Tensor, given: Tensor, keep: Tensor, fade: int) -> Tensor:
    """`given` where `keep` is True, bit by bit; `made` elsewhere, after a crossfade of up to `fade` samples.

    `made` and `given` are `(batch, channels, time)`, `keep` bool `(batch | 1, 1, time)`. The crossfade has equal gain,
    lies wholly outside what is kept and takes up half of what was made at most. What it fades from is the mirror image
    of what is kept, so that nothing that stood in the gap before is heard again.
    """
    spliced = torch.where(keep, given, made)
    for row, kept in enumerate(keep[:, 0].expand(len(made), -1)):
        for start, end in _gaps(kept):
            room = min(fade, (end - start) // 2 if start and end < len(kept) else end - start)
            if start and (size := min(room, _run(kept[:start].flip(0)))):
                mirrored = given[row, :, start - size : start].flip(-1)
                part = spliced[row, :, start : start + size]
                part.lerp_(mirrored, _falling(size, made).expand_as(part))
            if end < len(kept) and (size := min(room, _run(kept[end:]))):
                mirrored = given[row, :, end : end + size].flip(-1)
                part = spliced[row, :, end - size : end]
                part.lerp_(mirrored, _falling(size, made).flip(0).expand_as(part))
    return spliced


def _gaps(kept: Tensor) -> list[tuple[int, int]]:
    """Start and end of every stretch of False."""
    changes = (torch.nonzero(kept[1:] != kept[:-1])[:, 0] + 1).tolist()
    return [(start, end) for start, end in pairwise([0, *changes, len(kept)]) if not kept[start]]


def _run(kept: Tensor) -> int:
    """Length of the stretch of True that it begins with."""
    gaps = torch.nonzero(~kept)
    return int(gaps[0]) if len(gaps) else len(kept)


def _falling(size: int, like: Tensor) -> Tensor:
    """From nearly 1 to nearly 0 as a squared cosine."""
    return torch.cos((torch.arange(size, device=like.device, dtype=like.dtype) + 0.5) / size * (pi / 2)).square()
