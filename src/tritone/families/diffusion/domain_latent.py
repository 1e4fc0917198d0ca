"""The latents of another model as what is diffused; that model lies inside, frozen."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tritone.errors import UserError
from tritone.families.base import Precision
from tritone.families.codec import build_codec, shape_of
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.domain_base import Domain, Seeds
from tritone.signal.periodic import resample_periodic
from tritone.signal.windows import in_windows

WINDOW_SECONDS = 30
"""Sound up to about this long is encoded and decoded whole."""
FLOOR = 0.01
"""Least deviation of a dimension, beside the largest: what a codec does not use is not raised to unit variance.

Dimensions that move little still say when a hit begins: with a floor of 0.1 (vae-nano, whose thirtieth has 3 %
of the strongest's deviation) the loss fell to less than half, and the hits of what came out were smeared."""

HEARD = 0x2B7E1516
"""What seeds are crossed with for the codec, so that its noise has nothing in common with that of the latent."""


class LatentDomain(Domain):
    """Latents `(batch, dims, frames)` of a model that can encode and decode, known through the contract alone.

    The codec's weights are part of this module, so that a checkpoint needs nothing beside it; they never learn. A
    latent's dimensions are each brought to mean 0 and deviation 1. `fetched` says whether the weights are a trained
    model's.
    """

    name = "latents"
    fetched: Tensor

    def __init__(self, config: Config) -> None:
        codec = build_codec(config.codec)
        shape = shape_of(codec)
        super().__init__(shape.width, shape.ratio, shape.width)
        self.shape, self.reach = shape, shape.context
        self.codec = codec.requires_grad_(False).eval()
        self.window = -(-WINDOW_SECONDS * config.sample_rate // self.ratio)
        self.register_buffer("fetched", torch.tensor(False))

    def train(self, mode: bool = True) -> "LatentDomain":
        """The codec stays in evaluation mode."""
        super().train(mode)
        self.codec.eval()
        return self

    def take(self, weights: dict[str, Tensor]) -> None:
        """Take over the weights of a trained codec."""
        self.codec.load_state_dict(weights)
        self.fetched.fill_(True)

    def fit(self, signals: Iterable[Tensor]) -> None:
        """See `Domain.fit`. UserError where the codec has fresh weights: its latents would mean nothing."""
        if not bool(self.fetched):
            raise UserError(
                "The model whose latents are diffused is not there: give its run as --model.codec_from, or continue "
                "the run that holds a copy of it."
            )
        super().fit(signals)

    def use_precision(self, precision: Precision) -> None:
        """That of the codec."""
        self.codec.use_precision(precision)

    def frames(self, samples: int) -> int:
        """Frames that so many samples need, the codec's own delay included."""
        return super().frames(samples) + self.shape.extra

    def read(self, audio: Tensor) -> Tensor:
        """Training reads latents already. UserError for those of another model."""
        self._check(audio)
        return audio.float()

    def enter(self, audio: Tensor) -> Tensor:
        """Through the codec, in windows where the sound is long."""
        padded = functional.pad(self.codec.fitting(audio.float()), (0, -audio.shape[-1] % self.ratio))
        size, context = self.window * self.ratio, self.shape.context * self.ratio
        latent = in_windows(lambda part, _: self.codec.encode(part).float(), padded, size, context, down=self.ratio)
        return latent.clone()

    def leave(self, signal: Tensor, samples: int, seeds: Seeds | None = None) -> Tensor:
        """Through the codec, in windows where it is long. UserError where it is too short, or another codec's."""
        audio = self._decode(signal, seeds)
        if audio.shape[-1] < samples:
            raise UserError(f"These latents last {audio.shape[-1]} samples, not {samples}; ask for fewer seconds.")
        return audio[..., :samples]

    def leave_loop(self, signal: Tensor, samples: int, seeds: Seeds | None = None) -> Tensor:
        """Decoded as a period, or wrapped by the context on both sides, decoded and cut; brought to its length."""
        if self.shape.drawn:
            return resample_periodic(self._decode(signal, seeds, loop=True), samples)
        count, around = signal.shape[-1], self.shape.context
        places = torch.arange(-around, count + around, device=signal.device) % count
        audio = self._decode(signal[..., places], seeds)
        return resample_periodic(audio[..., around * self.ratio : (around + count) * self.ratio].contiguous(), samples)

    def facts(self) -> dict[str, Any]:
        """What the codec is; and the steps in which it draws its sound, each of which asks its network once or more."""
        stated = self.codec.facts()
        steps = {f"codec_{name}": stated[name] for name in ("sampler", "steps") if self.shape.drawn and name in stated}
        parameters = sum(parameter.numel() for parameter in self.codec.parameters())
        return {"codec": type(self.codec).__name__, "codec_parameters": parameters, **steps}

    def _decode(self, signal: Tensor, seeds: Seeds | None, **wishes: Any) -> Tensor:
        self._check(signal)
        if self.shape.drawn:
            own = [int(seed) ^ HEARD for seed in ([0] * len(signal) if seeds is None else seeds)]
            return self.codec.decode(signal, noise_seeds=own, **wishes).float().clone()
        return in_windows(
            lambda part, _: self.codec.decode(part).float(), signal, self.window, self.shape.context, up=self.ratio
        ).clone()

    def _check(self, signal: Tensor) -> None:
        if signal.shape[1] != self.width:
            raise UserError(
                f"These are latents of another model: they have {signal.shape[1]} dimensions, but the codec of this "
                f"one has {self.width}."
            )

    def _scale(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        std = (second - first.square()).clamp(min=0.0).sqrt()
        return first, std.clamp(min=max(FLOOR * float(std.max()), 1e-6))
