"""What samplers work with: an estimate of the clean signal, noise from seeds, and an account of how far they are."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tritone.nn.noise import sample_normal

Denoise = Callable[[Tensor, Tensor], Tensor]
"""`denoise(x, sigma)`: the clean signal estimated from x = clean + sigma · noise; sigma is `(batch,)`."""
Noise = Callable[[int], Tensor]
"""`noise(use)`: standard normal numbers shaped like the signal, others for each number of use."""
Show = Callable[[int, int], None]
"""`show(done, total)` after each evaluation of the network."""


def seeded_noise(seeds: Tensor | Sequence[int], shape: Sequence[int], device: torch.device | str = "cpu") -> Noise:
    """Noise `(batch, *shape)` of which each row follows from its own seed and the number of use alone.

    Use 0 has the very numbers of `sample_normal(seeds, shape)`. Uses are told apart in the upper half of the seed,
    which reaches the generator mixed.
    """
    numbers = [int(seed) for seed in (seeds.tolist() if isinstance(seeds, Tensor) else seeds)]
    return lambda use: sample_normal([number ^ (use << 32) for number in numbers], shape, device)


def estimate(denoise: Denoise, x: Tensor, sigma: float) -> Tensor:
    """The clean signal where every row has the same noise."""
    return denoise(x, x.new_full((x.shape[0],), sigma))


def counted(denoise: Denoise, total: int, show: Show) -> Denoise:
    """The same estimates, with `show` called after each."""
    done = 0

    def tell(x: Tensor, sigma: Tensor) -> Tensor:
        nonlocal done
        clean = denoise(x, sigma)
        done += 1
        show(done, total)
        return clean

    return tell
