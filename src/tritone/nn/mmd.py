"""Maximum mean discrepancy from a standard normal distribution (Wasserstein autoencoder, arXiv 1711.01558, section 3).

For the kernel k(x, y) = exp(-|x - y|^2 / 2 d) on d dimensions, MMD^2 is the mean over frequencies w ~ N(0, 1 / d) of
|E exp(i w x) - exp(-|w|^2 / 2)|^2, the distance of the two characteristic functions (Bochner; random features: Rahimi
and Recht, 2007). So written it needs no pairs of samples and no samples of the prior, whose part is known exactly,
and it is worked out from means alone, which several processes can take together.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from tritone.nn.noise import sample_normal

FREQUENCIES = 512
"""Frequencies drawn at each step."""


def discrepancy(latent: Tensor, seed: int, mean: Callable[[Tensor], Tensor], frequencies: int = FREQUENCIES) -> Tensor:
    """MMD^2 of all frames of `latent (batch, dims, frames)` and N(0, 1), a scalar at least 0.

    It counts every frame with itself, as a mean over all pairs does: n frames drawn from the prior are not at 0 but at
    about (1 - E k) / n. `mean` averages a detached tensor over processes; the sum of their gradients is that of all
    frames together. The frequencies follow from `seed`.
    """
    points = latent.float().transpose(1, 2).flatten(0, 1)
    dims = points.shape[1]
    waves = sample_normal([seed], (frequencies, dims), points.device)[0] / dims**0.5
    phases = points @ waves.T
    local = torch.stack([phases.cos().mean(0), phases.sin().mean(0)])
    prior = torch.stack([torch.exp(-waves.square().sum(1) / 2), torch.zeros(frequencies, device=points.device)])
    apart = mean(local.detach()) - prior
    through = 2 * apart * (local - local.detach())
    return (apart.square() + through).sum(0).mean()
