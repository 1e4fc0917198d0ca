"""The bottleneck on a sphere: vectors of unit length and no regulariser (cf. hyperspherical VAEs, arXiv 1804.00891)."""

from typing import Any

from torch import Tensor

from tritone.errors import UserError
from tritone.families.vae.bottlenecks.base import Bottleneck, Mean, Seeds
from tritone.families.vae.bottlenecks.refusals import nothing_is_drawn, nothing_is_filled
from tritone.families.vae.latent import LatentBasis
from tritone.nn.sphere import angles, from_angles, on_sphere


class Spherical(Bottleneck):
    """The encoder's output at unit length; seen as dims - 1 angles, the last in (-pi, pi], the others in [0, pi]."""

    name = "spherical"

    def __init__(self, dims: int) -> None:
        super().__init__(dims, dims - 1)

    def draw(self, encoded: Tensor, seeds: Tensor) -> Tensor:
        """Unit vectors; nothing is random."""
        return on_sphere(encoded.float())

    def learn(self, encoded: Tensor, seeds: Tensor, step: int, mean: Mean) -> tuple[Tensor, dict[str, Tensor]]:
        """Unit vectors, without losses."""
        return on_sphere(encoded.float()), {}

    def measures(self, encoded: Tensor) -> dict[str, Tensor]:
        """None."""
        return {}

    def centre(self, encoded: Tensor) -> Tensor:
        """Unit vectors."""
        return on_sphere(encoded.float())

    def read(self, encoded: Tensor, basis: LatentBasis, seeds: Seeds | None) -> Tensor:
        """The angles."""
        nothing_is_drawn(self.name, seeds)
        return angles(on_sphere(encoded.float()))

    def write(self, seen: Tensor, basis: LatentBasis, seeds: Seeds | None) -> Tensor:
        """Unit vectors of angles, which may be any real numbers."""
        nothing_is_filled(self.name, seeds)
        if seen.shape[1] != self.rows:
            raise UserError(f"The latent has {seen.shape[1]} angles, but this model wants exactly {self.rows}.")
        return from_angles(seen)

    def from_axes(self, latent: Tensor, basis: LatentBasis) -> Tensor:
        """Angles of the direction that the latent has from the centre of the sphere."""
        return angles(on_sphere(basis.restore(latent)))

    def keep(self, basis: LatentBasis, dims: int | None, fidelity: float | None) -> int:
        """All angles: none can be left out."""
        if fidelity is not None or dims not in (None, self.rows):
            raise UserError(f"The {self.rows} angles of this model belong together; leave --dims and --fidelity out.")
        return self.rows

    def facts(self, frame_rate: float) -> dict[str, Any]:
        """How many angles there are."""
        return {"angles": self.rows}
