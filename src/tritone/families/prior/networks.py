"""The causal network: what the frames so far say of the next one.

Dilated causal convolutions (WaveNet, arXiv 1609.03499) with gated residual blocks, each a few matrix products. Signals
are `(batch, frames, channels)`.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.families.base import Precision

FLOOR = 1.0
"""What the mean square is taken to be more than, in every normalisation: a smaller signal keeps its size."""
LIMIT = 8.0
"""Frames, of deviation 1, are taken to be at most so far from their mean."""


class Block(nn.Module):
    """One residual block: this frame and those `dilation`, 2 `dilation`, ... before it, gated.

    y = x + W2 (a · silu(b)), (a, b) = W1 [n(t - (kernel - 1) dilation), ..., n(t)], n = x / sqrt(mean(x²) + FLOOR)
    times a gain: bounded, and yet a loud frame and a quiet one differ. Frames before the first are zeros.
    """

    def __init__(self, width: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.kernel, self.dilation = kernel, dilation
        self.past = (kernel - 1) * dilation
        self.norm = nn.RMSNorm(width, eps=FLOOR)
        self.gate = nn.Linear(kernel * width, 2 * width)
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        """All frames at once, `(batch, frames, width)`."""
        frames = x.shape[1]
        seen = functional.pad(self.norm(x), (0, 0, self.past, 0))
        taps = [seen[:, tap * self.dilation : tap * self.dilation + frames] for tap in range(self.kernel)]
        return self._gated(x, torch.cat(taps, -1))

    @torch.jit.export
    def step(self, x: Tensor, history: Tensor) -> tuple[Tensor, Tensor]:
        """One frame `(batch, width)` after the `history (batch, past, width)`, and the history that comes with it."""
        seen = torch.cat([history, self.norm(x)[:, None]], 1)
        taps = seen[:, :: self.dilation].flatten(1)
        return self._gated(x, taps), seen[:, 1:]

    def _gated(self, x: Tensor, taps: Tensor) -> Tensor:
        value, gate = self.gate(taps.to(self.gate.weight.dtype)).chunk(2, -1)
        return x + self.out(self.dropout(value * functional.silu(gate)))

    def use_precision(self, precision: Precision) -> None:
        """The products in float32 or in bf16, for playing."""
        for layer in (self.gate, self.out):
            layer.to(torch.float32 if precision == "float32" else torch.bfloat16)


class CausalNetwork(nn.Module):
    """Frames `(batch, frames, dims)` to what they say of the next ones `(batch, frames, says)`.

    Frame t of the result follows from frames t - `reach` to t, and from what it is told, `(batch, width)`. It holds the
    blocks' result, normalised, and frame t itself, whose size the norm would lose; both are bounded, and so is all that
    can be drawn from them, however long it goes on.
    """

    def __init__(self, dims: int, width: int, kernel: int, dilations: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        self.says, self.limit = width + dims, LIMIT
        self.enter = nn.Linear(dims, width)
        self.blocks = nn.ModuleList(Block(width, kernel, dilation, dropout) for dilation in dilations)
        self.leave = nn.RMSNorm(width, eps=FLOOR)
        self.width, self.pasts = width, [(kernel - 1) * dilation for dilation in dilations]
        self.reach = sum(self.pasts)

    def use_precision(self, precision: Precision) -> None:
        """The blocks' products in float32 or in bf16, for playing. Rounded weights stay so."""
        for block in self.modules():
            if isinstance(block, Block):
                block.use_precision(precision)

    def forward(self, frames: Tensor, told: Tensor) -> Tensor:
        """All frames at once."""
        x = self.enter(frames) + told[:, None]
        for block in self.blocks:
            x = block(x)
        return torch.cat([self.leave(x), frames.clamp(-self.limit, self.limit)], -1)

    @torch.jit.export
    def step(self, frame: Tensor, told: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """One frame `(batch, dims)`; the state of the blocks before and after it."""
        x = self.enter(frame) + told
        after: list[Tensor] = []
        for index, block in enumerate(self.blocks):
            x, history = block.step(x, state[index])  # type: ignore[operator]
            after.append(history)
        return torch.cat([self.leave(x), frame.clamp(-self.limit, self.limit)], -1), after

    @torch.jit.export
    def initial_state(self, batch: int) -> list[Tensor]:
        """Nothing was heard yet: one history `(batch, past, width)` a block, of zeros."""
        like = self.enter.weight
        return [like.new_zeros(batch, past, self.width) for past in self.pasts]
