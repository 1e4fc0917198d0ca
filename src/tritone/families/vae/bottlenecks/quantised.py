"""The discrete bottleneck: residual vector quantisation (`nn.residual_quantiser`), from the first step on."""

from typing import Any

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.vae.bottlenecks.base import Bottleneck, Mean, Seeds
from tritone.families.vae.bottlenecks.refusals import nothing_is_drawn, nothing_is_filled
from tritone.families.vae.latent import LatentBasis
from tritone.nn.noise import sample_uniform
from tritone.nn.residual_quantiser import ResidualQuantiser, StraightThrough, commitment, summed

DROPPED = 0x3C6EF372
"""What seeds are crossed with to decide which levels are dropped."""


class Quantised(Bottleneck):
    """The decoder hears sums of code vectors and nothing else; what is seen are codes, one of each level for a frame.

    In training, with a chance of `dropout`, only the first so many levels of a sound are heard, so that fewer levels
    than all make sense too (SoundStream, arXiv 2107.03312, section III-C; for a share of sounds: arXiv 2306.06546).
    """

    name = "quantised"

    def __init__(self, dims: int, *, levels: int, codes: int, decay: float, dead: float, dropout: float) -> None:
        super().__init__(dims, levels)
        self.dropout = dropout
        self.quantiser = ResidualQuantiser(dims, levels, codes, decay, dead)

    def draw(self, encoded: Tensor, seeds: Tensor) -> Tensor:
        """Sums of code vectors."""
        latent = encoded.float()
        vectors = self.quantiser.vectors(self.quantiser.encode(latent))
        return _through(latent, summed(vectors, self.kept(seeds)))

    def learn(self, encoded: Tensor, seeds: Tensor, step: int, mean: Mean) -> tuple[Tensor, dict[str, Tensor]]:
        """Sums of code vectors as they are before the books take this batch in; how far the encoder is from them."""
        latent = encoded.float()
        vectors = self.quantiser.learn(latent, mean)
        losses = {"commitment": commitment(latent, vectors), "codes_in_use": self.quantiser.in_use()}
        return _through(latent, summed(vectors, self.kept(seeds))), losses

    def kept(self, seeds: Tensor) -> Tensor:
        """How many levels of each sound are heard in training, int64 `(batch,)`."""
        chance, share = ((sample_uniform(seeds ^ DROPPED, (2,), seeds.device) + 1) / 2).unbind(1)
        fewer = 1 + (share * self.rows).long().clamp_max(self.rows - 1)
        return torch.where(chance < self.dropout, fewer, self.rows)

    def measures(self, encoded: Tensor) -> dict[str, Tensor]:
        """The commitment loss."""
        latent = encoded.float()
        return {"commitment": commitment(latent, self.quantiser.vectors(self.quantiser.encode(latent)))}

    def centre(self, encoded: Tensor) -> Tensor:
        """Sums of code vectors of all levels."""
        return self.quantiser.decode(self.quantiser.encode(encoded.float()))

    def read(self, encoded: Tensor, basis: LatentBasis, seeds: Seeds | None) -> Tensor:
        """Codes, as whole numbers in float32, which holds them exactly."""
        nothing_is_drawn(self.name, seeds)
        return self.quantiser.encode(encoded.float()).float()

    def write(self, seen: Tensor, basis: LatentBasis, seeds: Seeds | None) -> Tensor:
        """Sums of the vectors of as many levels as there are."""
        nothing_is_filled(self.name, seeds)
        if seen.shape[1] > self.rows:
            raise UserError(f"The latent has {seen.shape[1]} levels of codes, but this model has only {self.rows}.")
        codes = seen.round().long()
        if bool((codes != seen).any()) or bool(((codes < 0) | (codes >= self.quantiser.codes)).any()):
            raise UserError(
                f"The latent of this model is made of codes, whole numbers from 0 to {self.quantiser.codes - 1}, but "
                f"the given holds others (from {seen.min():.4g} to {seen.max():.4g}); give what this model encoded."
            )
        return self.quantiser.decode(codes)

    def from_axes(self, latent: Tensor, basis: LatentBasis) -> Tensor:
        """The codes of the latent."""
        return self.quantiser.encode(basis.restore(latent)).float()

    def keep(self, basis: LatentBasis, dims: int | None, fidelity: float | None) -> int:
        """The first so many levels."""
        if fidelity is not None:
            raise UserError("Codes keep no share of variance; leave --fidelity out, or give levels as --dims.")
        if dims is not None and not 1 <= dims <= self.rows:
            raise UserError(f"dims counts the levels of codes and must lie between 1 and {self.rows}, not {dims}.")
        return self.rows if dims is None else dims

    def facts(self, frame_rate: float) -> dict[str, Any]:
        """Levels, codes, and bits a second."""
        return self.quantiser.facts(frame_rate)


def _through(latent: Tensor, quantised: Tensor) -> Tensor:
    through: Tensor = StraightThrough.apply(latent, quantised)
    return through
