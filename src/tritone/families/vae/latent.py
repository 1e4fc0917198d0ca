"""The latent seen along its own axes: rotation, how much each axis tells, how fast it moves (RAVE, section 3.3).

The paper takes a singular value decomposition of the centred posterior means over the training sound. The right
singular vectors are the eigenvectors of the covariance, which can be accumulated over any amount of sound, and of which
there is a full orthonormal set however few frames there are.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from tritone.errors import UserError


class LatentBasis(nn.Module):
    """An orthonormal basis of the latent, ordered by variance. Before `analyse` it is the identity.

    Buffers: `mean` (dims,), `basis` (dims, dims) with one axis a row, `variance` (dims,) along each axis in falling
    order, `fidelity` (dims,) the share of variance that the first 1, 2, ... axes keep, `correlation` (dims,) between
    neighbouring frames along each axis.
    """

    mean: Tensor
    basis: Tensor
    variance: Tensor
    fidelity: Tensor
    correlation: Tensor

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.dims = dims
        self.register_buffer("mean", torch.zeros(dims))
        self.register_buffer("basis", torch.eye(dims))
        self.register_buffer("variance", torch.ones(dims))
        self.register_buffer("fidelity", torch.arange(1, dims + 1) / dims)
        self.register_buffer("correlation", torch.zeros(dims))

    def rotate(self, latent: Tensor) -> Tensor:
        """Model space to the basis, `(batch, dims, frames)` both."""
        return self.basis @ (latent - self.mean[:, None])

    def restore(self, latent: Tensor, fill: Tensor | None = None) -> Tensor:
        """The basis back to model space. Axes that `latent` lacks take their mean, or those of `fill` (full size)."""
        given = latent.shape[1]
        if given > self.dims:
            raise UserError(
                f"The latent has {given} dimensions, but this model has only {self.dims}; give at most {self.dims}."
            )
        model_space = self.basis[:given].T @ latent + self.mean[:, None]
        return model_space if fill is None else model_space + self.basis[given:].T @ fill[:, given:]

    def dims_for(self, fidelity: float) -> int:
        """The smallest number of axes that keeps this share of variance."""
        if not 0.0 < fidelity <= 1.0:
            raise UserError(f"fidelity is a share of variance and must lie in (0, 1], not {fidelity}.")
        reached = self.fidelity >= fidelity - 1e-6
        return int(reached.int().argmax()) + 1 if bool(reached.any()) else self.dims

    def analyse(self, means: Iterable[Tensor]) -> None:
        """Fit to posterior means `(batch, dims, frames)`; the sound may come in any number of pieces."""
        moments = _Moments(self.dims)
        for mean in means:
            moments.add(mean.detach().to("cpu", torch.float64))
        if moments.frames == 0:
            raise UserError(
                "There is no sound to analyse the latent on; prepare data that is longer than one latent frame."
            )
        centre, covariance, neighbours = moments.centred()
        variance, axes = torch.linalg.eigh(covariance)
        order = variance.argsort(descending=True)
        variance, axes = variance[order].clamp_min(0.0), axes[:, order].T
        total = variance.sum()
        kept = variance.cumsum(0) / total if total > 0 else torch.ones_like(variance)
        along = (axes @ neighbours * axes).sum(1)
        correlation = torch.where(variance > 0, along / variance.clamp_min(1e-300), torch.zeros_like(variance))
        self.mean.copy_(centre)
        self.basis.copy_(axes)
        self.variance.copy_(variance)
        self.fidelity.copy_(kept)
        self.correlation.copy_(correlation.clamp(0.0, 0.999))


class _Moments:
    """Sums from which mean, covariance and covariance of neighbouring frames follow exactly, in float64."""

    def __init__(self, dims: int) -> None:
        self.frames = self.pairs = 0
        self.total = torch.zeros(dims, dtype=torch.float64)
        self.square = torch.zeros(dims, dims, dtype=torch.float64)
        self.earlier, self.later = torch.zeros_like(self.total), torch.zeros_like(self.total)
        self.product = torch.zeros_like(self.square)

    def add(self, mean: Tensor) -> None:
        self.frames += mean.shape[0] * mean.shape[2]
        self.total += mean.sum((0, 2))
        self.square += torch.einsum("bit,bjt->ij", mean, mean)
        if mean.shape[2] > 1:
            now, after = mean[..., :-1], mean[..., 1:]
            self.pairs += now.shape[0] * now.shape[2]
            self.earlier += now.sum((0, 2))
            self.later += after.sum((0, 2))
            self.product += torch.einsum("bit,bjt->ij", now, after)

    def centred(self) -> tuple[Tensor, Tensor, Tensor]:
        """Mean, covariance, and symmetric covariance between neighbouring frames (zero without any neighbours)."""
        centre = self.total / self.frames
        covariance = self.square / self.frames - torch.outer(centre, centre)
        if self.pairs == 0:
            return centre, covariance, torch.zeros_like(covariance)
        earlier, later = self.earlier / self.pairs, self.later / self.pairs
        neighbours = self.product / self.pairs - torch.outer(earlier, centre) - torch.outer(centre, later)
        neighbours += torch.outer(centre, centre)
        return centre, covariance, (neighbours + neighbours.T) / 2
