"""What the next frame may be: a distribution over frames, given what the network says."""

from math import log, pi, sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional


class MixtureHead(nn.Module):
    """A mixture of Gaussians whose axes hang together (mixture density network, Bishop 1994).

    Component k: x = m_k + (I + N)^-1 (d_k · z), z standard normal, N strictly lower triangular and the same for all
    components of a frame: axis by axis, what the axes before it let expect, and a deviation d_k > `least`. Weights,
    m, d and N all follow from what is said, `(..., width)`.
    """

    places: Tensor
    """Where each entry of N stands in what the layer gives; those that are 0 behind its end."""

    def __init__(self, width: int, dims: int, components: int, least: float) -> None:
        super().__init__()
        self.dims, self.components, self.floor = dims, components, log(least)
        self.noise_width = dims + 1
        self.below = dims * (dims - 1) // 2
        self.out = nn.Linear(width, components * (1 + 2 * dims) + self.below)
        places = torch.full((dims, dims), self.below)
        places[torch.ones(dims, dims).tril(-1) > 0] = torch.arange(self.below)
        self.register_buffer("places", places.flatten(), persistent=False)
        with torch.no_grad():
            self.out.weight.mul_(0.1)
            self.out.bias.zero_()
            self.out.bias[components : components * (1 + dims)].normal_()

    def parts(self, said: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Log weights `(..., components)`, means and log deviations `(..., components, dims)`, and N."""
        count, dims = self.components, self.dims
        weights, mean, spread, below = self.out(said).split([count, count * dims, count * dims, self.below], -1)
        mean, spread = mean.unflatten(-1, [count, dims]), spread.unflatten(-1, [count, dims])
        deviation = self.floor + functional.softplus(spread - self.floor)
        lower = functional.pad(below, (0, 1)).index_select(-1, self.places).unflatten(-1, [dims, dims])
        return weights.log_softmax(-1), mean, deviation, lower

    def log_likelihood(self, said: Tensor, frame: Tensor) -> Tensor:
        """Of frames `(..., dims)`, in nats, `(...)`."""
        weight, mean, spread, lower = self.parts(said)
        away = frame[..., None, :] - mean
        z = (away + away @ lower.mT) * (-spread).exp()
        each = -0.5 * z.square().sum(-1) - spread.sum(-1) - 0.5 * self.dims * log(2 * pi)
        return torch.logsumexp(weight + each, -1)

    def expected(self, said: Tensor) -> Tensor:
        """The mean of the distribution, `(..., dims)`."""
        weight, mean, _, _ = self.parts(said)
        return (weight.exp()[..., None] * mean).sum(-2)

    @torch.jit.export
    def draw(self, said: Tensor, noise: Tensor, temperature: float) -> Tensor:
        """A frame `(batch, dims)`, made of standard normal `noise (batch, 1 + dims)`: which component, and where.

        `temperature` scales the deviations; weights are raised to its inverse, so that at 0 it is the mean of the
        likeliest component.
        """
        weight, mean, spread, lower = self.parts(said)
        chances = (weight / max(temperature, 1e-6)).softmax(-1).cumsum(-1)
        place = 0.5 * (1 + torch.erf(noise[:, :1] / sqrt(2.0)))
        chosen = (chances < place).sum(-1).clamp(max=self.components - 1)[:, None, None].expand(-1, 1, self.dims)
        scaled = spread.gather(1, chosen)[:, 0].exp() * noise[:, 1:] * temperature
        unit = lower + torch.eye(self.dims, dtype=lower.dtype, device=lower.device)
        away = torch.linalg.solve_triangular(unit, scaled[:, :, None], upper=False, unitriangular=True)
        return mean.gather(1, chosen)[:, 0] + away[:, :, 0]
