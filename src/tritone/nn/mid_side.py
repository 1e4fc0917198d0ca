"""Stereo sound seen from the middle: what is the same on both sides and what is not."""

import torch
from torch import Tensor


def with_mid_and_side(audio: Tensor) -> Tensor:
    """`(batch, 2, time)` to `(batch, 4, time)`: left, right, (left + right) / 2, (left - right) / 2; mono unchanged.

    Spectrograms of left and right say nothing about how the two belong together; those of mid and side do.
    """
    if audio.shape[1] != 2:
        return audio
    left, right = audio.unbind(1)
    return torch.stack([left, right, (left + right) / 2, (left - right) / 2], 1)
