"""A transformer over the frames of a latent (DiT, Peebles and Xie, arXiv 2212.09748), in one dimension.

Each block is modulated by the embedded time and starts as the identity (adaLN-Zero, section 3.2). Ours: rotary
positions, normed queries and keys, and a gated MLP (SwiGLU, arXiv 2002.05202).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.diffusion.attention import CrossAttention, SelfAttention, rotary
from tritone.nn.diffusion.config import TransformerConfig
from tritone.nn.diffusion.embedding import TimeEmbedding
from tritone.nn.diffusion.rows import layer_norm, patched


class Mlp(nn.Module):
    """SwiGLU with the parameters of an MLP four times as wide as its input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = 8 * width // 3
        self.widen = nn.Linear(width, 2 * inner)
        self.narrow = nn.Linear(inner, width)

    def forward(self, rows: Tensor) -> Tensor:
        gate, value = self.widen(rows).chunk(2, -1)
        return self.narrow(functional.silu(gate) * value)


class Block(nn.Module):
    """Attention and MLP, each behind a modulated norm and a gate that starts closed; tokens, where told, between."""

    def __init__(self, width: int, *, heads: int, features: int, tokens: int) -> None:
        super().__init__()
        self.modulation = nn.Linear(features, 6 * width)
        self.attention = SelfAttention(width, heads=heads, head_features=width // heads)
        self.mlp = Mlp(width)
        self.cross_norm: nn.LayerNorm | None = None
        self.cross: CrossAttention | None = None
        if tokens:
            self.cross_norm = nn.LayerNorm(width)
            self.cross = CrossAttention(width, heads=heads, head_features=width // heads, token_features=tokens)
            nn.init.zeros_(self.cross.out.weight)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(
        self, rows: Tensor, embedded: Tensor, turns: Tensor, tokens: Tensor | None, mask: Tensor | None
    ) -> Tensor:
        scale, shift, gate, mlp_scale, mlp_shift, mlp_gate = self.modulation(embedded).to(rows.dtype).chunk(6, -1)
        heard = self.attention(layer_norm(rows, 1 + scale, shift), turns)
        rows = torch.addcmul(rows, heard.to(rows.dtype), gate[:, None])
        if self.cross is not None and self.cross_norm is not None and tokens is not None:
            rows = rows + self.cross(self.cross_norm(rows), tokens, mask)
        made = self.mlp(layer_norm(rows, 1 + mlp_scale, mlp_shift))
        return torch.addcmul(rows, made.to(rows.dtype), mlp_gate[:, None])


class Transformer(nn.Module):
    """Noisy `(batch, inputs, time)` at `time` of diffusion to `(batch, outputs, time)`; time is a multiple of `patch`.

    Context comes in beside the input, at every frame. On a circle, distances are counted around it: a sound rolled by
    a multiple of `patch` gives the result so rolled. The last layer starts at zero. Plain tensors only:
    `torch.jit.script` takes it. `networks.Network` brings any length and the conditions into this shape.
    """

    def __init__(
        self,
        config: TransformerConfig,
        *,
        inputs: int,
        outputs: int,
        context: int = 0,
        vector: int = 0,
        tokens: int = 0,
    ) -> None:
        super().__init__()
        width, self.patch, self.outputs = config.width, config.patch, outputs
        self.head_features = width // config.heads
        self.embedding = TimeEmbedding(config.features, vector)
        self.entry = nn.Linear(config.patch * inputs, width)
        self.context = nn.Linear(context, width) if context else None
        self.blocks = nn.ModuleList(
            Block(width, heads=config.heads, features=config.features, tokens=tokens) for _ in range(config.depth)
        )
        self.last_modulation = nn.Linear(config.features, 2 * width)
        self.head = nn.Linear(width, config.patch * outputs)
        for layer in (self.last_modulation, self.head):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        x: Tensor,
        time: Tensor,
        context: Tensor | None = None,
        vector: Tensor | None = None,
        tokens: Tensor | None = None,
        mask: Tensor | None = None,
        circular: bool = False,
    ) -> Tensor:
        """`context` is `(batch, time / patch, channels)`; see `Conditions` for the others."""
        embedded = self.embedding(time, vector)
        rows = self.entry(patched(x.transpose(1, 2), self.patch * x.shape[1]))
        if self.context is not None and context is not None:
            rows = rows + self.context(context)
        turns = rotary(rows.shape[1], self.head_features, circular, rows.device)
        for block in self.blocks:
            rows = block(rows, embedded, turns, tokens, mask)
        scale, shift = self.last_modulation(embedded).chunk(2, -1)
        return patched(self.head(layer_norm(rows, 1 + scale, shift)), self.outputs).transpose(1, 2)
