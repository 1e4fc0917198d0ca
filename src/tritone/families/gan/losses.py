"""Losses of a GAN on lists of logits `(batch, places)`: means over a list's entry, summed over discriminators."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn import adversarial
from tritone.nn.adversarial import identity
from tritone.nn.noise import sample_normal

Logits = Sequence[Tensor]
Loss = Callable[[Logits, Logits], Tensor]
PATH = 0x71A3C5D9
"""What seeds are crossed with to draw the directions of path lengths."""


def hinge_discriminator(real: Logits, fake: Logits) -> Tensor:
    """Mean max(0, 1 - D(x)) + mean max(0, 1 + D(G(z))): Geometric GAN, arXiv 1705.02894, equation 13."""
    return adversarial.hinge_discriminator([[each] for each in real], [[each] for each in fake])


def hinge_generator(real: Logits, fake: Logits) -> Tensor:
    """-mean D(G(z)): Geometric GAN, equation 14."""
    return adversarial.hinge_generator([[each] for each in fake])


def logistic_discriminator(real: Logits, fake: Logits) -> Tensor:
    """Mean ln(1 + exp(-D(x))) + mean ln(1 + exp(D(G(z)))): the loss of arXiv 1406.2661 on logits."""
    return _sum_of_means(functional.softplus(-each) for each in real) + _sum_of_means(map(functional.softplus, fake))


def logistic_generator(real: Logits, fake: Logits) -> Tensor:
    """Mean ln(1 + exp(-D(G(z)))): the non-saturating form, arXiv 1406.2661, section 3."""
    return _sum_of_means(functional.softplus(-each) for each in fake)


def relativistic_discriminator(real: Logits, fake: Logits) -> Tensor:
    """Mean ln(1 + exp(-(D(x) - D(G(z))))), pair by pair: R3GAN, arXiv 2501.05441, section 2."""
    return _sum_of_means(functional.softplus(f - r) for r, f in zip(real, fake, strict=True))


def relativistic_generator(real: Logits, fake: Logits) -> Tensor:
    """Mean ln(1 + exp(-(D(G(z)) - D(x)))): the same with the parts exchanged."""
    return relativistic_discriminator(fake, real)


DISCRIMINATOR: dict[str, Loss] = {
    "hinge": hinge_discriminator, "logistic": logistic_discriminator, "relativistic": relativistic_discriminator,
}  # fmt: skip
"""What the discriminator minimises, as `loss(real, fake)` of the logits of real and fake sounds."""
GENERATOR: dict[str, Loss] = {
    "hinge": hinge_generator, "logistic": logistic_generator, "relativistic": relativistic_generator,
}  # fmt: skip
"""What the generator minimises, as `loss(real, fake)`; only the relativistic loss looks at `real`."""


def zero_centred_penalty(logits: Logits, inputs: Tensor | Sequence[Tensor]) -> Tensor:
    """Half the mean over the batch of |gradient of D by its input|²: R1 on real and R2 on fake sounds.

    Mescheder et al., arXiv 1801.04406, section 4.1; R3GAN, section 2; to be weighted with gamma. D is the sum over
    `logits` of the mean over places, as in the losses. `inputs` are one or several tensors `(batch, ...)` that require
    gradients and from which the logits were made; several count as one long vector (the maps of frozen networks, which
    are a projected discriminator's own input). Differentiable, so that D learns from it.
    """
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    total = torch.stack([each.float().mean(dim=1).sum() for each in logits]).sum()
    gradients = torch.autograd.grad(total, inputs, create_graph=True)
    return torch.stack([each.float().square().flatten(1).sum(dim=1) for each in gradients]).sum(dim=0).mean() / 2


class PathLength(nn.Module):
    """Path length regularisation: how far a step in style moves the spectrogram is drawn to its own running mean.

    StyleGAN2, arXiv 1912.04958, section 3.2, equation 4: E (|J^T y| - a)², y standard normal, a the running mean of
    |J^T y| with decay 0.99. y is divided by the root of the number of places, which takes the size of a spectrogram out
    of the weight. Of one style for each layer the squared lengths are averaged.
    """

    average: Tensor

    def __init__(self, rate: float = 0.01) -> None:
        super().__init__()
        self.rate = rate
        self.register_buffer("average", torch.zeros(()))

    def forward(
        self, made: Tensor, styles: Tensor, seeds: Tensor, mean: Callable[[Tensor], Tensor] = identity
    ) -> Tensor:
        """The penalty for spectrograms `made (batch, channels, mels, frames)` from `styles (batch, layers, w)`.

        `seeds`, int64 `(batch,)`, draw y. `mean` averages a detached scalar over processes, so that the running mean,
        which this call moves on first, is the same in all.
        """
        lengths = path_lengths(made, styles, seeds)
        with torch.no_grad():
            self.average.lerp_(mean(lengths.detach().mean()), self.rate)
        return (lengths - self.average).square().mean()


def path_lengths(made: Tensor, styles: Tensor, seeds: Tensor) -> Tensor:
    """|J^T y| for each row, `(batch,)`; see `PathLength`."""
    direction = sample_normal(seeds ^ PATH, made.shape[1:], made.device) / (made.shape[-1] * made.shape[-2]) ** 0.5
    (gradient,) = torch.autograd.grad((made.float() * direction).sum(), styles, create_graph=True)
    return (gradient.float().square().sum(dim=2).mean(dim=1) + 1e-12).sqrt()


def _sum_of_means(terms: Iterable[Tensor]) -> Tensor:
    return torch.stack([term.mean() for term in terms]).sum()
