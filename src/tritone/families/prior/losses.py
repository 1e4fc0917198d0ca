"""What a prior is taught by: how little the next frame surprised it, and how near its mean was."""

import torch
from torch import Tensor

from tritone.families.prior.heads import MixtureHead


def shifted(frames: Tensor) -> Tensor:
    """What the network has heard before each frame: the one before, and the mean (0) before the first."""
    return torch.cat([torch.zeros_like(frames[:, :1]), frames[:, :-1]], 1)


def surprise(head: MixtureHead, said: Tensor, frames: Tensor) -> Tensor:
    """Negative log likelihood of frames `(batch, frames, dims)` in nats an axis, `(batch, frames)`; in float32."""
    with torch.autocast(said.device.type, enabled=False):
        return -head.log_likelihood(said.float(), frames) / frames.shape[-1]


def miss(head: MixtureHead, said: Tensor, frames: Tensor) -> Tensor:
    """Mean square between frames and the mean of what was said of them, `(batch, frames)`; in float32.

    Least at the conditional mean, where likelihood alone wants it too. But likelihood divides by the variance that it
    predicts and so learns hits last, whose means then stay too small; this counts them as they sound.
    """
    with torch.autocast(said.device.type, enabled=False):
        return (frames - head.expected(said.float())).square().mean(-1)
