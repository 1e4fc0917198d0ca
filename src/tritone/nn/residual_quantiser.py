"""Residual vector quantisation (SoundStream, arXiv 2107.03312, section III-C): every level codes what the last left.

Code vectors are moving averages of what they serve (VQ-VAE, arXiv 1711.00937, appendix A.1), start by k-means on the
first batch, and come back to life where nothing asks for them (`nn.codebooks`). Gradients pass straight through.
"""

from typing import Any

import torch
from torch import Tensor, nn

from tritone.nn.codebooks import Mean, k_means, nearest, revive, shares, spread


class ResidualQuantiser(nn.Module):
    """`levels` books of `codes` vectors of `dims` numbers. What it learns lies in buffers, nothing has a gradient.

    `books` (levels, codes, dims); `usage` (levels, codes), the share of frames that each code serves, averaged over
    updates with weight `decay`; `updates`, how often it has learned. A code that serves less than `dead` of its fair
    part is brought back to life.
    """

    books: Tensor
    usage: Tensor
    updates: Tensor

    def __init__(self, dims: int, levels: int, codes: int, decay: float, dead: float) -> None:
        super().__init__()
        self.dims, self.levels, self.codes, self.decay = dims, levels, codes, decay
        self.least = dead / codes
        self.register_buffer("books", torch.randn(levels, codes, dims) * dims**-0.5)
        self.register_buffer("usage", torch.full((levels, codes), 1 / codes))
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def encode(self, latent: Tensor) -> Tensor:
        """Latents `(batch, dims, frames)` to codes, int64 `(batch, levels, frames)`: the nearest at every level."""
        chosen = []
        with torch.autocast(latent.device.type, enabled=False):
            rest = _rows(latent)
            for book in self.books:
                chosen.append(nearest(rest, book))
                rest = rest - book[chosen[-1]]
        return torch.stack(chosen).unflatten(1, (len(latent), -1)).transpose(0, 1)

    def vectors(self, codes: Tensor) -> Tensor:
        """Codes `(batch, levels, frames)`, perhaps of the first levels only, to `(batch, levels, dims, frames)`."""
        each = [book[chosen] for book, chosen in zip(self.books, codes.unbind(1), strict=False)]
        return torch.stack(each, 1).transpose(2, 3)

    def decode(self, codes: Tensor) -> Tensor:
        """Codes `(batch, levels, frames)`, perhaps of the first levels only, to `(batch, dims, frames)`."""
        return summed(self.vectors(codes))

    @torch.no_grad()
    def learn(self, latent: Tensor, mean: Mean) -> Tensor:
        """The vectors of `latent (batch, dims, frames)`, as `vectors` gives them; the books then take the latent in.

        The first time, the books start from it, so that it is quantised from the beginning. `mean` averages a tensor
        over processes.
        """
        with torch.autocast(latent.device.type, enabled=False):
            if int(self.updates) == 0:
                self._start(_rows(latent), mean)
            codes = self.encode(latent)
            vectors = self.vectors(codes)
            rest = _rows(latent)
            for level in range(self.levels):
                given = self.books[level][codes[:, level].flatten()]
                self._update(level, rest, codes[:, level].flatten(), given, mean)
                rest = rest - given
            self.updates += 1
        return vectors

    def in_use(self) -> Tensor:
        """Share of all codes that are alive."""
        return (self.usage >= self.least).float().mean()

    def facts(self, frame_rate: float) -> dict[str, Any]:
        """Bits a second as codes are stored, and as they would be if each took what its usage is worth (entropy)."""
        share = self.usage.double() / self.usage.double().sum(1, keepdim=True)
        entropy = -torch.special.xlogy(share, share).sum() / torch.log(torch.tensor(2.0, dtype=torch.float64))
        return {
            "levels": self.levels,
            "codes": self.codes,
            "codes_in_use": int((self.usage >= self.least).sum()),
            "bits_per_second": self.levels * (self.codes - 1).bit_length() * frame_rate,
            "bits_per_second_by_usage": float(entropy) * frame_rate,
        }

    def _start(self, rest: Tensor, mean: Mean) -> None:
        for level in range(self.levels):
            self.books[level], self.usage[level] = k_means(rest, self.codes, mean, level << 8, self.least)
            rest = rest - self.books[level][nearest(rest, self.books[level])]

    def _update(self, level: int, rest: Tensor, chosen: Tensor, given: Tensor, mean: Mean) -> None:
        share, total = shares(rest, chosen, self.codes, mean)
        before = self.usage[level]
        usage = torch.lerp(share, before, self.decay)
        sums = torch.lerp(total, self.books[level] * before[:, None], self.decay)
        book = torch.where(usage[:, None] > 0, sums / usage[:, None].clamp_min(1e-30), self.books[level])
        seed = (int(self.updates) + 1 << 16) + (level << 8)
        self.books[level], self.usage[level], _ = revive(
            book, usage, spread(rest, given, mean) / 2, seed, self.least, full=1 / self.codes
        )


class StraightThrough(torch.autograd.Function):
    """The quantised value, exactly; its gradient goes to the latent as it is (Bengio et al., arXiv 1308.3432)."""

    @staticmethod
    def forward(ctx: Any, latent: Tensor, quantised: Tensor) -> Tensor:
        return quantised.clone()

    @staticmethod
    def backward(ctx: Any, upper: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return upper, None


def summed(vectors: Tensor, kept: Tensor | None = None) -> Tensor:
    """`(batch, levels, dims, frames)` added up level by level; of sound i only the first `kept[i]` levels, if given."""
    total = torch.zeros_like(vectors[:, 0])
    for level, each in enumerate(vectors.unbind(1)):
        total = total + (each if kept is None else each * (kept > level).to(each)[:, None, None])
    return total


def commitment(latent: Tensor, vectors: Tensor) -> Tensor:
    """Mean square of what each level leaves of `latent`, averaged over levels. Its gradient goes to the latent alone.

    `latent (batch, dims, frames)`, `vectors (batch, levels, dims, frames)` as its codes have them.
    """
    left = []
    rest = latent
    for each in vectors.detach().unbind(1):
        rest = rest - each
        left.append(rest.square().mean())
    return torch.stack(left).mean()


def _rows(latent: Tensor) -> Tensor:
    """`(batch, dims, frames)` to float32 vectors `(batch * frames, dims)`, sound by sound."""
    return latent.detach().float().transpose(1, 2).flatten(0, 1)
