"""The prior one frame at a time, for `torch.jit.script`: state in, state out, nothing kept in the module."""

import torch
from torch import Tensor, nn

from tritone.families.prior.heads import MixtureHead
from tritone.families.prior.networks import CausalNetwork


class StreamingPrior(nn.Module):
    """Frames `(batch, dims)` in the units of the codec's latent, along its axes.

    `step` gives exactly the frames that `Prior.generate` draws from the same noise. It shares the weights of the prior
    that it was made of, and always makes sound of the one label, if any, that it was made for. Frames are heard with
    noise of deviation `input_noise` on them, as in training: a network that learned from noisy frames expects less of
    clean ones than they tell, so that what it makes of its own would shrink.
    """

    mean: Tensor
    std: Tensor
    told: Tensor

    def __init__(
        self,
        network: CausalNetwork,
        head: MixtureHead,
        told: Tensor,
        mean: Tensor,
        std: Tensor,
        *,
        input_noise: float = 0.0,
    ) -> None:
        super().__init__()
        self.input_noise = float(input_noise)
        self.dims, self.drawing = head.dims, head.noise_width
        self.noise_width = self.drawing + self.dims
        self.reach = network.reach
        self.network, self.head = network, head
        self.register_buffer("told", told.clone())
        self.register_buffer("mean", mean.clone())
        self.register_buffer("std", std.clone())
        self.eval()

    def forward(
        self, previous: Tensor, state: list[Tensor], temperature: float, noise: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """As `step`."""
        return self.step(previous, state, temperature, noise)

    @torch.jit.export
    def step(
        self, previous: Tensor, state: list[Tensor], temperature: float, noise: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """The next frame `(batch, dims)` after the `previous` one, and the state that goes with it.

        `noise (batch, noise_width)` is standard normal. Before the first frame comes `initial_frame`.
        """
        frame, after = self.advance((previous - self.mean) / self.std, state, temperature, noise)
        return frame * self.std + self.mean, after

    @torch.jit.export
    def advance(
        self, previous: Tensor, state: list[Tensor], temperature: float, noise: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """As `step`, for frames of unit variance."""
        said, after = self.listen(previous, state, temperature, noise)
        return self.head.draw(said, noise[:, : self.drawing], temperature), after

    @torch.jit.export
    def listen(
        self, frame: Tensor, state: list[Tensor], temperature: float, noise: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """What one more frame `(batch, dims)` of unit variance, and those before it, say of the next."""
        heard = frame + noise[:, self.drawing :] * temperature * self.input_noise
        return self.network.step(heard, self.told, state)

    @torch.jit.export
    def initial_frame(self, batch: int) -> Tensor:
        """What comes before the first frame: rest."""
        return self.mean.expand(batch, -1)

    @torch.jit.export
    def initial_state(self, batch: int) -> list[Tensor]:
        """Nothing was heard yet."""
        return self.network.initial_state(batch)
