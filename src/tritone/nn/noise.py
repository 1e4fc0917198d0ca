"""Random numbers that depend on each sample's own seed, never on how a batch was put together."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Draw = Callable[[tuple[int, ...], torch.Generator], Tensor]


def _draw(draw: Draw, seeds: Tensor | Sequence[int], shape: Sequence[int], device: torch.device | str) -> Tensor:
    numbers = [int(seed) for seed in (seeds.tolist() if isinstance(seeds, Tensor) else seeds)]
    if not numbers:
        return torch.empty((0, *shape), device=device)
    rows = [draw(tuple(shape), torch.Generator().manual_seed(_folded(number))) for number in numbers]
    return torch.stack(rows).to(device)


def _folded(seed: int) -> int:
    """A seed of 64 bits in 32: torch's CPU generator looks at no more, and seeds that differ above would be one."""
    return (seed ^ ((seed >> 32) * 0x9E3779B1)) & 0xFFFFFFFF


def sample_normal(seeds: Tensor | Sequence[int], shape: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
    """Standard normal numbers `(batch, *shape)`; row i depends on `seeds[i]` alone.

    Drawn on the CPU and moved, so that every device gets the same numbers. `seeds` holds one integer for each row.
    """
    return _draw(lambda size, generator: torch.randn(size, generator=generator), seeds, shape, device)


def sample_uniform(seeds: Tensor | Sequence[int], shape: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
    """Numbers uniform in [-1, 1), `(batch, *shape)`; row i depends on `seeds[i]` alone. See `sample_normal`."""
    return _draw(lambda size, generator: torch.rand(size, generator=generator) * 2 - 1, seeds, shape, device)
