"""What every bottleneck does."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

from tritone.families.vae.latent import LatentBasis

Mean = Callable[[Tensor], Tensor]
Seeds = Sequence[int] | Tensor


class Bottleneck(nn.Module, ABC):
    """What becomes of the encoder's output `(batch, parts * dims, frames)` before the decoder hears it.

    There are three forms of a latent: *encoded*, as the encoder gives it; the *latent* `(batch, dims, frames)` that the
    decoder hears; and what is *seen* from outside, `(batch, rows, frames)`: numbers along the axes of a `LatentBasis`,
    codes, or angles.
    """

    parts = 1
    """Numbers that the encoder gives for each dimension."""
    name: str
    """As the configuration calls it."""

    def __init__(self, dims: int, rows: int) -> None:
        super().__init__()
        self.dims, self.rows = dims, rows

    @abstractmethod
    def draw(self, encoded: Tensor, seeds: Tensor) -> Tensor:
        """The latent that the decoder hears in training; what is random in sound i follows from `seeds[i]` alone."""

    @abstractmethod
    def learn(self, encoded: Tensor, seeds: Tensor, step: int, mean: Mean) -> tuple[Tensor, dict[str, Tensor]]:
        """`draw` while the encoder learns: the latent and named losses; the bottleneck takes in what it learns itself.

        `mean` averages a detached tensor over processes.
        """

    @abstractmethod
    def measures(self, encoded: Tensor) -> dict[str, Tensor]:
        """Named scalars for held-out sound, each a mean over sounds."""

    @abstractmethod
    def centre(self, encoded: Tensor) -> Tensor:
        """The latent without anything random."""

    @abstractmethod
    def read(self, encoded: Tensor, basis: LatentBasis, seeds: Seeds | None) -> Tensor:
        """What is seen of a sound; drawn where `seeds` are given. UserError where nothing can be drawn."""

    @abstractmethod
    def write(self, seen: Tensor, basis: LatentBasis, seeds: Seeds | None) -> Tensor:
        """The latent of what is seen; missing rows are drawn where `seeds` are given. UserError for what cannot be."""

    @abstractmethod
    def from_axes(self, latent: Tensor, basis: LatentBasis) -> Tensor:
        """What is seen nearest to a latent `(batch, dims, frames)` along the axes of `basis`."""

    @abstractmethod
    def keep(self, basis: LatentBasis, dims: int | None, fidelity: float | None) -> int:
        """How many rows are kept: exactly `dims`, or as many as keep the share `fidelity`. UserError for neither."""

    def facts(self, frame_rate: float) -> dict[str, Any]:
        """Plain numbers about it, at so many latent frames a second."""
        return {}
