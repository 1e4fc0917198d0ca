"""Adversarial losses over a list of sub-discriminators, each a list of feature maps whose last is the score.

Hinge loss: Lim and Ye, Geometric GAN, arXiv 1705.02894, equations 13 and 14. Feature matching: Larsen et al.,
arXiv 1512.09300; relative form: divided by the mean magnitude of the real features, as RAVE version 2 does.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

Features = Sequence[Sequence[Tensor]]


def identity(value: Tensor) -> Tensor:
    """The mean over processes where there is only one."""
    return value


def hinge_discriminator(real: Features, fake: Features) -> Tensor:
    """Sum over sub-discriminators of mean max(0, 1 - D(real)) + mean max(0, 1 + D(fake))."""
    return torch.stack(
        [functional.relu(1 - r[-1]).mean() + functional.relu(1 + f[-1]).mean() for r, f in zip(real, fake, strict=True)]
    ).sum()


def hinge_generator(fake: Features) -> Tensor:
    """Sum over sub-discriminators of -mean D(fake)."""
    return -torch.stack([features[-1].mean() for features in fake]).sum()


def feature_matching(
    real: Features, fake: Features, relative: bool, skip: int = 0, mean: Callable[[Tensor], Tensor] = identity
) -> Tensor:
    """Mean absolute difference of real and fake features, over the maps of each sub-discriminator and then over all.

    `relative` divides each map's difference by mean |real|; `skip` leaves the first maps out (1 in RAVE v2, 0 in v1).
    The real features get no gradient. `mean` averages a detached scalar over processes, so that the denominator is the
    whole batch's and two processes with half the batch each add up to one.
    """
    distances = []
    for real_maps, fake_maps in zip(real, fake, strict=True):
        terms = []
        for target, output in zip(real_maps[skip:], fake_maps[skip:], strict=True):
            distance = functional.l1_loss(output, target.detach())
            terms.append(distance / mean(target.detach().abs().mean()) if relative else distance)
        distances.append(torch.stack(terms).mean())
    return torch.stack(distances).mean()


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Within the block no parameter of `module` gets a gradient; afterwards each is as it was before."""
    before = [(parameter, parameter.requires_grad) for parameter in module.parameters()]
    try:
        for parameter, _ in before:
            parameter.requires_grad_(False)
        yield
    finally:
        for parameter, wanted in before:
            parameter.requires_grad_(wanted)
