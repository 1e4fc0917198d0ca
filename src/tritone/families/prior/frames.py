"""Latents as a prior learns them: the first axes, at mean 0 and deviation 1; and the codec that makes them sound."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.errors import UserError
from tritone.families.base import Precision
from tritone.families.codec import build_codec, shape_of
from tritone.families.prior.config import Config
from tritone.signal.windows import in_windows

WINDOW_SECONDS = 10
"""Latents are decoded so much at a time, so that memory stays flat however long the sound is."""
FLOOR = 1e-3
"""Least deviation of an axis, beside the largest: an axis that a codec leaves still is not raised to unit variance."""
WINDOW_SEED = 0x9E3779B97F4A7C15 >> 1
"""From window to window the codec's seeds go on by this."""


class LatentFrames(nn.Module):
    """Frames `(batch, frames, dims)` of unit variance, sound `(batch, channels, time)`, and the codec between them.

    The codec's weights are part of this module, so that a checkpoint needs nothing beside it; they never learn.
    Buffers: `mean` and `std` `(dims,)`; `fitted`, whether they were measured; `fetched`, whether the codec is trained.
    """

    mean: Tensor
    std: Tensor
    fitted: Tensor
    fetched: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        codec = build_codec(config.codec)
        self.shape = shape_of(codec)
        self.dims = config.dims or self.shape.width
        self.ratio, self.context = self.shape.ratio, self.shape.context
        self.codec = codec.requires_grad_(False).eval()
        self.window = -(-WINDOW_SECONDS * config.sample_rate // self.ratio)
        self.register_buffer("mean", torch.zeros(self.dims))
        self.register_buffer("std", torch.ones(self.dims))
        self.register_buffer("fitted", torch.tensor(False))
        self.register_buffer("fetched", torch.tensor(False))

    def train(self, mode: bool = True) -> "LatentFrames":
        """The codec stays in evaluation mode."""
        super().train(mode)
        self.codec.eval()
        return self

    def take(self, weights: dict[str, Tensor]) -> None:
        """Take over the weights of a trained codec."""
        self.codec.load_state_dict(weights)
        self.fetched.fill_(True)

    def count(self, samples: int) -> int:
        """Frames that so many samples need, the codec's own delay included."""
        return max(1, -(-samples // self.ratio)) + self.shape.extra

    def read(self, latent: Tensor) -> Tensor:
        """Frames of latents `(batch, all axes, frames)`, which training reads. UserError for those of another model."""
        if latent.shape[1] != self.shape.width:
            raise UserError(
                f"These are latents of another model: they have {latent.shape[1]} dimensions, but the codec of this "
                f"one has {self.shape.width}."
            )
        return (latent[:, : self.dims].mT.float() - self.mean) / self.std

    def enter(self, audio: Tensor) -> Tensor:
        """Frames of the end of a sound that may go on: those that lie wholly within it, `time // ratio`.

        The codec hears a mirror image where the sound ends; of silence it would hear that it ends.
        """
        whole = audio.shape[-1] // self.ratio
        after = min(self.context * self.ratio, audio.shape[-1] - 1)
        heard = functional.pad(audio.float(), (0, after), "reflect") if after else audio.float()
        return self.read(self.codec.encode(heard).float()[..., :whole])

    def leave(self, frames: Tensor, samples: int, seed: int) -> Tensor:
        """The first `samples` samples of the sound of frames `(1, frames, dims)`, in windows where it is long.

        What the codec draws itself follows from `seed`. UserError where the frames are too few.
        """
        latent = (frames * self.std + self.mean).mT

        def decode(part: Tensor, window: int) -> Tensor:
            return self.codec.decode(part, noise_seeds=[(seed + window * WINDOW_SEED) % (1 << 63)]).float()

        if self.shape.drawn:
            audio = decode(latent, 0)
        else:
            audio = in_windows(decode, latent, self.window, self.context, up=self.ratio)
        if audio.shape[-1] < samples:
            raise UserError(f"These latents last {audio.shape[-1]} samples, not {samples}; ask for fewer seconds.")
        return audio[..., :samples].clone()

    @torch.no_grad()
    def fit(self, latents: Iterable[Tensor]) -> None:
        """Measure mean and deviation over latents `(batch, all axes, frames)`, once, before the first step; in float64.

        UserError where the codec has fresh weights, and where there is nothing to measure.
        """
        if not bool(self.fetched):
            raise UserError(
                "The model whose latents are learned is not there: give its run as --model.codec_from, or continue "
                "the run that holds a copy of it."
            )
        count, first, second = 0, torch.zeros(self.dims).double(), torch.zeros(self.dims).double()
        for latent in latents:
            exact = latent[:, : self.dims].detach().to("cpu", torch.float64)
            count += exact.shape[0] * exact.shape[2]
            first += exact.sum((0, 2))
            second += exact.square().sum((0, 2))
        if not count or not bool(torch.isfinite(second).all()):
            raise UserError("There are no latents to measure the scale of; prepare sound that is longer than a frame.")
        mean = first / count
        std = (second / count - mean.square()).clamp(min=0.0).sqrt()
        self.mean.copy_(mean)
        self.std.copy_(std.clamp(min=max(FLOOR * float(std.max()), 1e-6)))
        self.fitted.fill_(True)

    def use_precision(self, precision: Precision) -> None:
        """That of the codec."""
        self.codec.use_precision(precision)
