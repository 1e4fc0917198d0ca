"""The variational bottleneck: a normal posterior, held near N(0, 1) by the KL divergence (RAVE, arXiv 2111.05011)."""

from torch import Tensor
from torch.nn import functional

from tritone.families.vae.bottlenecks.base import Mean, Seeds
from tritone.families.vae.bottlenecks.on_axes import OnAxes
from tritone.families.vae.latent import LatentBasis
from tritone.nn.losses import kl_divergence
from tritone.nn.noise import sample_normal


class Normal(OnAxes):
    """q(z|x) = N(mean, std^2), std = softplus(scale) + 1e-4; the encoder gives mean and scale."""

    name = "normal"
    parts = 2

    def posterior(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation, `(batch, dims, frames)` each, in float32."""
        mean, scale = encoded.chunk(2, 1)
        std = functional.softplus(scale) + 1e-4
        return mean.float(), std.float()

    def draw(self, encoded: Tensor, seeds: Tensor) -> Tensor:
        """A sample of the posterior."""
        return self._sample(*self.posterior(encoded), seeds)

    def learn(self, encoded: Tensor, seeds: Tensor, step: int, mean: Mean) -> tuple[Tensor, dict[str, Tensor]]:
        """A sample of the posterior, and its KL divergence."""
        centre, std = self.posterior(encoded)
        return self._sample(centre, std, seeds), {"kl": kl_divergence(centre, std)}

    def measures(self, encoded: Tensor) -> dict[str, Tensor]:
        """The KL divergence."""
        return {"kl": kl_divergence(*self.posterior(encoded))}

    def centre(self, encoded: Tensor) -> Tensor:
        """The mean of the posterior."""
        return self.posterior(encoded)[0]

    def read(self, encoded: Tensor, basis: LatentBasis, seeds: Seeds | None) -> Tensor:
        """The posterior's mean along the axes, or a sample."""
        mean, std = self.posterior(encoded)
        return basis.rotate(mean if seeds is None else self._sample(mean, std, seeds))

    def _sample(self, mean: Tensor, std: Tensor, seeds: Seeds) -> Tensor:
        return mean + std * sample_normal(seeds, mean.shape[1:], mean.device)
