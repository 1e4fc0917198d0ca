"""The bottleneck of a Wasserstein autoencoder: a vector, whose distribution over all sound is held near N(0, 1).

Paper: Tolstikhin et al., arXiv 1711.01558, the variant with maximum mean discrepancy (`nn.mmd`).
"""

from torch import Tensor

from tritone.families.vae.bottlenecks.base import Mean, Seeds
from tritone.families.vae.bottlenecks.on_axes import OnAxes
from tritone.families.vae.bottlenecks.refusals import nothing_is_drawn
from tritone.families.vae.latent import LatentBasis
from tritone.nn.mmd import discrepancy


class Wasserstein(OnAxes):
    """The encoder's output is the latent."""

    name = "wasserstein"

    def draw(self, encoded: Tensor, seeds: Tensor) -> Tensor:
        """What the encoder gives; nothing is random."""
        return encoded.float()

    def learn(self, encoded: Tensor, seeds: Tensor, step: int, mean: Mean) -> tuple[Tensor, dict[str, Tensor]]:
        """What the encoder gives, and how far all frames of the batch together are from N(0, 1)."""
        latent = encoded.float()
        return latent, {"mmd": discrepancy(latent, step, mean)}

    def measures(self, encoded: Tensor) -> dict[str, Tensor]:
        """None: a discrepancy is one of a whole batch."""
        return {}

    def centre(self, encoded: Tensor) -> Tensor:
        """What the encoder gives."""
        return encoded.float()

    def read(self, encoded: Tensor, basis: LatentBasis, seeds: Seeds | None) -> Tensor:
        """What the encoder gives, along the axes."""
        nothing_is_drawn(self.name, seeds)
        return basis.rotate(encoded.float())
