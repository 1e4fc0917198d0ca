"""What a book of code vectors does: find the nearest, learn from what it is asked for, and bring dead codes back.

All of it follows from means over a batch, which several processes take together, and from fixed seeds, so that books
are equal everywhere. Vectors are `(n, dims)`, codes `(codes, dims)`; `usage (codes,)` is the share of all vectors that
each code serves.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from tritone.nn.noise import sample_normal

Mean = Callable[[Tensor], Tensor]

ROUNDS = 6
"""Rounds of k-means once all codes that can be are in use."""
FULL = 4.0
"""At the start a code is split as long as it serves so many times its fair part."""


def nearest(vectors: Tensor, codes: Tensor) -> Tensor:
    """For each vector the number of the code at the least Euclidean distance, int64 `(n,)`."""
    return (codes.square().sum(1) - 2 * (vectors @ codes.T)).argmin(1)


def shares(vectors: Tensor, chosen: Tensor, codes: int, mean: Mean) -> tuple[Tensor, Tensor]:
    """Share of the vectors that chose each code `(codes,)`, and their sum over the number of all `(codes, dims)`."""
    chose = functional.one_hot(chosen, codes).to(vectors)
    both = mean(torch.cat([chose.mean(0)[:, None], chose.T @ vectors / len(vectors)], 1))
    return both[:, 0], both[:, 1:]


def spread(vectors: Tensor, given: Tensor, mean: Mean) -> Tensor:
    """Root mean square, over vectors and dimensions, of what is left between `vectors` and what they were `given`."""
    return mean((vectors - given).square().mean()).sqrt()


def revive(codes: Tensor, usage: Tensor, distance: Tensor, seed: int, least: float, full: float) -> tuple[Tensor, ...]:
    """Codes that serve less than `least` are moved beside the busiest ones, and share their work.

    The deadest goes to the busiest, and so on, as far as there are codes that serve at least `full`. It comes to lie
    `distance` away in every dimension, in a direction that follows from `seed` (splitting: Linde, Buzo and Gray, 1980).
    Returns new codes, new usage, and whether each code was moved, bool `(codes,)`.
    """
    order = usage.argsort(descending=True, stable=True)
    half = len(order) // 2
    busy, idle = order[:half], order.flip(0)[:half]
    moves = (usage[idle] < least) & (usage[busy] >= full)
    aside = codes[busy] + distance * sample_normal([seed], (half, codes.shape[1]), codes.device)[0]
    codes, usage, moved = codes.clone(), usage.clone(), torch.zeros_like(usage, dtype=torch.bool)
    codes[idle] = torch.where(moves[:, None], aside, codes[idle])
    divided = usage[busy] / 2
    usage[idle] = torch.where(moves, divided, usage[idle])
    usage[busy] = torch.where(moves, divided, usage[busy])
    moved[idle] = moves
    return codes, usage, moved


def k_means(vectors: Tensor, codes: int, mean: Mean, seed: int, least: float) -> tuple[Tensor, Tensor]:
    """Code vectors and their usage, fitted to vectors: from one cloud at their mean on, split until all are in use."""
    centre = mean(vectors.mean(0))
    distance = spread(vectors, centre, mean)
    book = centre + distance * sample_normal([seed], (codes, vectors.shape[1]), vectors.device)[0]
    rounds = (codes - 1).bit_length() + ROUNDS
    for turn in range(rounds):
        chosen = nearest(vectors, book)
        usage, sums = shares(vectors, chosen, codes, mean)
        distance = spread(vectors, book[chosen], mean)
        book = torch.where(usage[:, None] > 0, sums / usage[:, None].clamp_min(1e-30), book)
        if turn < rounds - 1:
            book, _, _ = revive(book, usage, distance / 2, seed + turn + 1, least, FULL / codes)
    return book, usage
