"""What is done to sounds before they are judged: turned by whole beats, made louder or softer. Differentiable.

What is drawn for a sound follows from its seed alone. Real and generated sounds are given different seeds.
"""

from math import log

import torch
from torch import Tensor

from tritone.nn.noise import sample_uniform

TURN, GAIN = 0x5C4D1E37, 0x2B7F9A65
"""What seeds are crossed with, so that the turn, the gain and whatever else a seed decides have nothing in common."""


def turn_by_beats(mel: Tensor, beats: int, seeds: Tensor, probability: float) -> Tensor:
    """Each row of `mel (batch, channels, mels, frames)` turned with this probability by one to `beats - 1` beats.

    A beat is `frames // beats` frames, which must come out even. A turn is circular and later in time. `seeds`, int64
    `(batch,)`, decide. At a probability of `1 - 1 / beats` every rotation is as likely as any other.
    """
    frames = mel.shape[-1]
    if frames % beats:
        raise ValueError(f"{frames} frames cannot be divided into {beats} beats")
    if beats == 1 or probability == 0:
        return mel
    chance, number = (sample_uniform(seeds ^ TURN, (2,)).double() / 2 + 0.5).unbind(1)
    shift = torch.where(chance < probability, 1 + (number * (beats - 1)).long(), 0) * (frames // beats)
    return turn(mel, shift.to(mel.device))


def turn(mel: Tensor, shift: Tensor) -> Tensor:
    """Row i of `mel (batch, channels, mels, frames)` turned by `shift[i]` frames: frame t goes to t + shift[i]."""
    frames = mel.shape[-1]
    source = (torch.arange(frames, device=mel.device) - shift[:, None]) % frames
    return mel.gather(-1, source[:, None, None, :].expand_as(mel))


def random_gain(log_mel: Tensor, seeds: Tensor, decibels: float) -> Tensor:
    """Each row of `log_mel (batch, channels, mels, frames)`, natural logarithm of magnitudes, louder or softer by up
    to so many decibels, uniformly; `seeds`, int64 `(batch,)`, decide.
    """
    if decibels == 0:
        return log_mel
    change = sample_uniform(seeds ^ GAIN, (1, 1, 1), log_mel.device) * (decibels * log(10) / 20)
    return log_mel + change.to(log_mel.dtype)
