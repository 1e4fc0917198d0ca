"""A model that plays live: blocks of any size in, as many samples out, exactly `latency_samples` later."""

from collections.abc import Callable
from math import gcd

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Stream
from tritone.nn.noise import sample_normal, sample_uniform

Noise = Callable[[int], Tensor]
"""The noise of the next so many latent frames, `(batch, rows, frames * rate)`."""


def buffer_samples(ratio: int, block: int | None) -> int:
    """Samples by which sound comes later because blocks are no whole latent frames of `ratio` samples.

    For blocks of always the same size, or where `block` is None of any sizes.
    """
    return ratio - 1 if block is None else ratio - gcd(ratio, block)


class FrameNoise:
    """Noise `(batch, rows, rate)` for every latent frame: frame t of a seed is always the same, however blocks are cut.

    `seed` may be changed while it plays; the next frame is then that of the new seed.
    """

    def __init__(self, seed: int, shape: tuple[int, int, int], *, normal: bool) -> None:
        self.seed, self.shape, self.draw = seed, shape, sample_normal if normal else sample_uniform
        self.frame = 0

    def __call__(self, frames: int) -> Tensor:
        """`(batch, rows, frames * rate)`, of the next frames: N(0, 1), or else uniform in [-1, 1)."""
        first, self.frame = self.frame, self.frame + frames
        seeds = [(self.seed << 32) + frame for frame in range(first, self.frame)]
        return self.draw(seeds, self.shape).permute(1, 2, 0, 3).flatten(2)


class LiveStream:
    """Sound through a model, block by block.

    `stream` is what `Synthesizer.streaming` gives (or the same scripted). Where `block` is given all blocks have this
    size, which may save latency; else they have any. `between` changes latents `(batch, dims, frames)` on their way.
    `noise` gives noise for a stream that wants it, and `fill` what fills up its latent; without them the noise follows
    from `seed`, and only the channels that are noise are filled.

    What comes out is `reconstruct` of what went in, `latency_samples` later; before that, silence.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        block: int | None = None,
        batch: int = 1,
        seed: int = 0,
        noise: Noise | None = None,
        fill: Noise | None = None,
        between: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        if block is not None and block < 1:
            raise UserError(f"block must be at least 1 sample, not {block}.")
        self.stream, self.block, self.batch, self.seed = stream, block, batch, seed
        self.between, self.given_noise, self.given_fill = between, noise, fill
        self.buffer_samples = buffer_samples(stream.ratio, block)
        self.latency_samples = stream.latency_samples + self.buffer_samples
        self.reset()

    def reset(self) -> None:
        """Begin anew, as if nothing had been heard. Noise that was given from outside goes on."""
        stream = self.stream
        bands = self.batch, stream.noise_bands, stream.noise_rate
        self.noise = self.given_noise or FrameNoise(self.seed, bands, normal=False)
        beside = FrameNoise(self.seed + 1, (self.batch, stream.beside, 1), normal=True)
        self.fill = self.given_fill or self._resting(beside)
        self.encoder_state = stream.encoder_state(self.batch)
        self.decoder_state = stream.decoder_state(self.batch, -stream.encoder_lag)
        device = self.encoder_state[0].device
        self.waiting = torch.zeros(self.batch, stream.channels, 0, device=device)
        """What was taken in and is not yet a whole latent frame."""
        self.ready = torch.zeros(self.batch, stream.channels, self.buffer_samples, device=device)
        """What is to be given out next."""

    @torch.inference_mode()
    def process(self, audio: Tensor) -> Tensor:
        """Sound `(batch, channels, time)` to as much sound. Raises ValueError for another shape or block size."""
        if audio.shape[:2] != self.waiting.shape[:2]:
            raise ValueError(
                f"sound must be (batch, channels) = {tuple(self.waiting.shape[:2])}, not {audio.shape[:2]}"
            )
        if self.block is not None and audio.shape[-1] != self.block:
            raise ValueError(f"this stream was made for blocks of {self.block} samples, not {audio.shape[-1]}")
        heard = torch.cat([self.waiting, audio], -1)
        whole = heard.shape[-1] // self.stream.ratio * self.stream.ratio
        self.waiting = heard[..., whole:]
        if whole:
            self.ready = torch.cat([self.ready, self._step(heard[..., :whole])], -1)
        output, self.ready = self.ready.tensor_split([audio.shape[-1]], -1)
        return output

    def _step(self, audio: Tensor) -> Tensor:
        """Whole latent frames through the model."""
        latent, self.encoder_state = self.stream.encode(audio, self.encoder_state)
        if self.between is not None:
            latent = self.between(latent)
        frames = latent.shape[-1]
        noise = self.noise(frames).to(latent.device) if self.stream.noise_bands else None
        fill = self.fill(frames).to(latent.device) if self.given_fill or self.stream.beside else None
        sound, self.decoder_state = self.stream.decode(latent, noise, self.decoder_state, fill)
        return sound

    def _resting(self, beside: Noise) -> Noise:
        """Axes that are missing at their mean, and behind them the channels of noise."""
        resting = self.stream.fill_rows - self.stream.beside

        def fill(frames: int) -> Tensor:
            return torch.cat([torch.zeros(self.batch, resting, frames), beside(frames)], 1)

        return fill
