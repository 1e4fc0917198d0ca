"""Snake: an activation that repeats itself, for signals that do (Ziyin et al., arXiv 2006.08195, equation 3)."""

import torch
from torch import Tensor, nn

LEAST = 1e-9
"""Added to the frequency where it divides, so that a frequency of 0 gives the identity."""


class Snake(nn.Module):
    """x + sin(a x)^2 / a on `(batch, channels, time)`, with a frequency `alpha` to be learned for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(channels, 1))

    def forward(self, signal: Tensor) -> Tensor:
        return signal + torch.sin(self.alpha * signal).square() / (self.alpha + LEAST)

    def by_rows(self) -> "RowSnake":
        """The same on `(batch, time, channels)`."""
        return RowSnake(self.alpha.detach()[:, 0])


class RowSnake(nn.Module):
    """x + sin(a x)^2 / a on `(batch, time, channels)`, with the frequencies `(channels,)`, for streaming."""

    alpha: Tensor
    share: Tensor

    def __init__(self, alpha: Tensor) -> None:
        super().__init__()
        self.register_buffer("alpha", alpha.clone())
        self.register_buffer("share", 1 / (alpha + LEAST))

    def forward(self, signal: Tensor) -> Tensor:
        return signal + torch.sin(self.alpha * signal).square() * self.share
