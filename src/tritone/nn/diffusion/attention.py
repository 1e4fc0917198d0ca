"""Attention of a sound to itself, with rotary positions, and to tokens, whose mask is honoured.

Rows are `(batch, time, channels)`; every attention is PyTorch's fused one.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOWEST = 10_000.0
"""Longest period of a rotary position, in radians a moment (arXiv 2104.09864, section 3.2.2)."""


class SelfAttention(nn.Module):
    """Every moment attends to every other; `(batch, time, width)` to the same shape.

    Queries and keys are normed (arXiv 2302.05442, section 2.1), which keeps bfloat16 stable, and turned by their
    position, so that attention depends on distances alone.
    """

    def __init__(self, width: int, *, heads: int, head_features: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * heads * head_features, bias=False)
        self.norm_q = nn.LayerNorm(head_features, bias=False)
        self.norm_k = nn.LayerNorm(head_features, bias=False)
        self.out = nn.Linear(heads * head_features, width)

    def forward(self, rows: Tensor, turns: Tensor) -> Tensor:
        """`turns` are the rotary positions of the rows, from `rotary`."""
        batch, time = rows.shape[:2]
        q, k, v = self.qkv(rows).view(batch, time, 3, self.heads, -1).unbind(2)
        q, k = turned(self.norm_q(q), turns), turned(self.norm_k(k), turns)
        return self.out(attend(q, k, v, None))


class CrossAttention(nn.Module):
    """Every moment attends to tokens `(batch, tokens, token_features)`; `(batch, time, width)` to the same shape.

    Zeros for a sound all of whose tokens are masked.
    """

    def __init__(self, width: int, *, heads: int, head_features: int, token_features: int) -> None:
        super().__init__()
        self.heads = heads
        inner = heads * head_features
        self.norm_tokens = nn.LayerNorm(token_features)
        self.q = nn.Linear(width, inner, bias=False)
        self.kv = nn.Linear(token_features, 2 * inner, bias=False)
        self.norm_q = nn.LayerNorm(head_features, bias=False)
        self.norm_k = nn.LayerNorm(head_features, bias=False)
        self.out = nn.Linear(inner, width, bias=False)

    def forward(self, rows: Tensor, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """`mask` is bool `(batch, tokens)`, True where there is a token; what stands elsewhere has no influence."""
        if mask is not None:
            tokens = tokens.masked_fill(~mask[..., None], 0.0)
        q = self.norm_q(self.q(rows).view(rows.shape[0], rows.shape[1], self.heads, -1))
        k, v = self.kv(self.norm_tokens(tokens)).view(tokens.shape[0], tokens.shape[1], 2, self.heads, -1).unbind(2)
        heard = self.out(attend(q, self.norm_k(k), v, mask))
        if mask is not None:
            heard = heard * mask.any(1)[:, None, None]
        return heard


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax attention of `q (batch, time, heads, features)` to `k` and `v (batch, tokens, heads, features)`.

    Result `(batch, time, heads * features)`. What a sound gets all of whose tokens are masked has no meaning, but is a
    number.
    """
    seen: Tensor | None = None
    if mask is not None:
        seen = (mask | ~mask.any(1, keepdim=True))[:, None, None]
    q, k, v = q.transpose(1, 2), k.to(v.dtype).transpose(1, 2), v.transpose(1, 2)
    heard = functional.scaled_dot_product_attention(q.to(v.dtype), k, v, seen)
    return heard.transpose(1, 2).flatten(2)


def rotary(time: int, features: int, circular: bool, device: torch.device, slowest: float = SLOWEST) -> Tensor:
    """Cosines and sines `(2, time, 1, features / 2)` by which `features` of a head are turned at each moment.

    On a circle every frequency is rounded to a whole number of turns around it, so that distances are counted around
    it too and a rolled sound is attended to as the sound itself.
    """
    pairs = features // 2
    frequencies = torch.exp(torch.arange(pairs, device=device) * (-math.log(slowest) / max(1, pairs)))
    if circular:
        frequencies = torch.round(frequencies * (time / (2 * math.pi))) * (2 * math.pi / time)
    angles = torch.arange(time, device=device)[:, None, None] * frequencies
    return torch.stack([angles.cos(), angles.sin()])


def turned(heads: Tensor, turns: Tensor) -> Tensor:
    """`(batch, time, heads, features)` with each pair of feature i and i + features / 2 turned by its angle."""
    cosine, sine = turns.to(heads.dtype).unbind(0)
    left, right = heads.chunk(2, -1)
    return torch.cat([left * cosine - right * sine, right * cosine + left * sine], -1)
