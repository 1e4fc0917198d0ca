"""Latents that are free vectors are seen along the axes of their own variance."""

from torch import Tensor

from tritone.errors import UserError
from tritone.families.vae.bottlenecks.base import Bottleneck, Seeds
from tritone.families.vae.latent import LatentBasis
from tritone.nn.noise import sample_normal


class OnAxes(Bottleneck):
    """A bottleneck whose latents are seen rotated, strongest axis first."""

    def __init__(self, dims: int) -> None:
        super().__init__(dims, dims)

    def write(self, seen: Tensor, basis: LatentBasis, seeds: Seeds | None) -> Tensor:
        """Rotated back. Axes that `seen` lacks rest at their mean, or follow N(0, 1) where `seeds` are given."""
        fill = None
        if seeds is not None and seen.shape[1] < basis.dims:
            fill = sample_normal(seeds, (basis.dims, seen.shape[-1]), seen.device)
        return basis.restore(seen, fill)

    def from_axes(self, latent: Tensor, basis: LatentBasis) -> Tensor:
        """That very latent."""
        return latent

    def keep(self, basis: LatentBasis, dims: int | None, fidelity: float | None) -> int:
        """Any number of axes."""
        if dims is not None and fidelity is not None:
            raise UserError("Give either dims or fidelity, not both.")
        if fidelity is not None:
            return basis.dims_for(fidelity)
        if dims is None:
            return basis.dims
        if not 1 <= dims <= basis.dims:
            raise UserError(f"dims must lie between 1 and {basis.dims}, not {dims}.")
        return dims
