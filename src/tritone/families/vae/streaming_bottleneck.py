"""The bottlenecks on blocks: from what the encoder gives to what is seen of it, and to what the decoder hears.

Along axes (`normal`, `wasserstein`) the rotation is part of the convolutions on either side, and what is heard is the
latent, what fills it up, and a channel of ones that carries the mean. Codes and angles are computed frame by frame.
"""

import torch
from torch import Tensor, nn

from tritone.families.vae.bottlenecks.base import Bottleneck
from tritone.families.vae.bottlenecks.on_axes import OnAxes
from tritone.families.vae.bottlenecks.quantised import Quantised
from tritone.families.vae.bottlenecks.spherical import Spherical
from tritone.families.vae.latent import LatentBasis
from tritone.nn.conv import Conv1d
from tritone.nn.streaming.twins import dense, with_weights


class Axes(nn.Module):
    """`dims` axes of a latent: seen as the encoder's twin gives them."""

    def __init__(self, fill_rows: int) -> None:
        super().__init__()
        self.fill_rows = fill_rows

    def seen(self, encoded: Tensor) -> Tensor:
        """Rows `(batch, n, dims)` as they are."""
        return encoded

    def heard(self, seen: Tensor, fill: Tensor | None) -> Tensor:
        """Rows `(batch, n, dims)`, with the others `(batch, n, fill_rows)` or zeros, and ones."""
        return torch.cat([seen, filled(seen, fill, self.fill_rows), torch.ones_like(seen[..., :1])], 2)


class Codes(nn.Module):
    """The first `levels` levels of a residual quantiser."""

    books: Tensor

    def __init__(self, bottleneck: Quantised, levels: int, fill_rows: int) -> None:
        super().__init__()
        self.levels, self.fill_rows = levels, fill_rows
        self.register_buffer("books", bottleneck.quantiser.books[:levels].clone())

    def seen(self, encoded: Tensor) -> Tensor:
        """Latents `(batch, n, latent)` to codes `(batch, n, levels)`, whole numbers in float."""
        rest, chosen = encoded, []
        for level in range(self.levels):
            book = self.books[level]
            code = (book.square().sum(1) - 2 * (rest @ book.T)).argmin(2)
            rest = rest - torch.embedding(book, code)
            chosen.append(code.to(encoded.dtype))
        return torch.stack(chosen, 2)

    def heard(self, seen: Tensor, fill: Tensor | None) -> Tensor:
        """The sum of the code vectors, and beside it `fill` or zeros. Numbers that are no codes become the nearest."""
        codes = seen.round().long().clamp(0, self.books.shape[1] - 1)
        latent = torch.embedding(self.books[0], codes[..., 0])
        for level in range(1, self.levels):
            latent = latent + torch.embedding(self.books[level], codes[..., level])
        return torch.cat([latent, filled(seen, fill, self.fill_rows)], 2)


class Angles(nn.Module):
    """Vectors of unit length, seen as angles (`tritone.nn.sphere`)."""

    def __init__(self, fill_rows: int) -> None:
        super().__init__()
        self.fill_rows = fill_rows

    def seen(self, encoded: Tensor) -> Tensor:
        """Vectors `(batch, n, latent)` of any length to angles `(batch, n, latent - 1)`."""
        vectors = encoded / encoded.square().sum(2, keepdim=True).sqrt().clamp(min=1e-12)
        squares = vectors.square().flip([2]).cumsum(2).flip([2])
        first = torch.atan2(squares[..., 1:-1].sqrt(), vectors[..., :-2])
        return torch.cat([first, torch.atan2(vectors[..., -1:], vectors[..., -2:-1])], 2)

    def heard(self, seen: Tensor, fill: Tensor | None) -> Tensor:
        """Angles to unit vectors, and beside them `fill` or zeros."""
        ones = torch.ones_like(seen[..., :1])
        sines = torch.cat([ones, seen.sin().cumprod(2)], 2)
        return torch.cat([sines * torch.cat([seen.cos(), ones], 2), filled(seen, fill, self.fill_rows)], 2)


def filled(seen: Tensor, fill: Tensor | None, rows: int) -> Tensor:
    """`fill`, or zeros in its place `(batch, n, rows)`."""
    return seen.new_zeros(seen.shape[0], seen.shape[1], rows) if fill is None else fill


def streaming_bottleneck(bottleneck: Bottleneck, dims: int, beside: int) -> Axes | Codes | Angles:
    """The twin of a bottleneck of which `dims` rows are seen, with so many channels of noise beside the latent."""
    if isinstance(bottleneck, OnAxes):
        return Axes(bottleneck.dims - dims + beside)
    if isinstance(bottleneck, Quantised):
        return Codes(bottleneck, dims, beside)
    if isinstance(bottleneck, Spherical):
        return Angles(beside)
    raise TypeError(f"a latent of {type(bottleneck).__name__} has no streaming form")


def reading(last: Conv1d, bottleneck: Bottleneck, basis: LatentBasis, dims: int) -> Conv1d:
    """An encoder's last convolution, of which only what is seen is computed: along axes with the rotation behind it."""
    weight = dense(last) if last.groups == 1 else last.weight.detach()
    weight, bias = weight[: basis.dims].double(), torch.zeros(basis.dims, dtype=torch.float64)
    if last.bias is not None:
        bias = last.bias.detach()[: basis.dims].double()
    if not isinstance(bottleneck, OnAxes):
        return with_weights(last, weight, bias)
    axes = basis.basis[:dims].double()
    return with_weights(last, torch.einsum("ji,ikt->jkt", axes, weight), axes @ (bias - basis.mean.double()))


def hearing(first: Conv1d, bottleneck: Bottleneck, basis: LatentBasis) -> Conv1d:
    """A decoder's first convolution, along axes with the rotation before it: reads what `Axes.heard` gives."""
    weight, bias = dense(first), None if first.bias is None else first.bias.detach()
    if not isinstance(bottleneck, OnAxes):
        return with_weights(first, weight, bias)
    latent, beside = weight.double().split([basis.dims, weight.shape[1] - basis.dims], 1)
    axes = torch.einsum("oit,ji->ojt", latent, basis.basis.double())
    mean = torch.einsum("oit,i->ot", latent, basis.mean.double())
    return with_weights(first, torch.cat([axes, beside, mean[:, None]], 1), bias)
