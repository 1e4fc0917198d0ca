"""The decoders on blocks: from what the bottleneck lets them hear to bands, as in `decoders` and `spectral`.

Their first convolution is given apart, because the rotation of the latent is part of it (`streaming_bottleneck`).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.families.vae.decoders import Decoder, DecoderV1, DecoderV2
from tritone.families.vae.noise_branch import modified_sigmoid
from tritone.families.vae.spectral import DecoderNano
from tritone.families.vae.streaming_noise import StreamingNoise
from tritone.nn.conv import Conv1d
from tritone.nn.streaming.memory import Delay
from tritone.nn.streaming.plan import Place, Plan
from tritone.nn.streaming.twins import chain, dense, twin, with_weights


class StreamingHeads(nn.Module):
    """Trunk, heads and noise branch of v1 and v2: rows `(batch, n, channels)` to bands `(batch, n * rate, bands)`.

    The heads are one convolution that looks as far as the widest. What is ready sooner waits for the others.
    """

    def __init__(self, decoder: Decoder, first: Conv1d, noise: bool, place: Place, plan: Plan) -> None:
        super().__init__()
        self.trunk, inside = chain([first, *list(decoder.trunk)[1:]], place, plan)
        self.heads, heads = twin(_together(decoder.heads()), inside, plan)
        self.bands, self.loud = decoder.bands, isinstance(decoder, DecoderV1)
        branch = decoder.noise_branch if noise else None
        self.noise = None if branch is None else StreamingNoise(branch, inside, plan)
        shaped = heads.lag if branch is None else branch.lag(inside.lag)
        self.wait = Delay(shaped - heads.lag, heads.channels, plan) if shaped > heads.lag else None
        self.noise_wait = Delay(heads.lag - shaped, decoder.bands, plan) if heads.lag > shaped else None
        self.place = Place(heads.rate, decoder.bands, max(shaped, heads.lag))

    def forward(self, latent: Tensor, noise: Tensor | None, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        signal = self.trunk(latent, clock, state)
        heads = self.heads(signal, clock, state)
        if self.wait is not None:
            heads = self.wait(heads, state)
        waveform, level = heads[..., : self.bands], heads[..., self.bands :]
        bands = torch.tanh(waveform) * modified_sigmoid(level) if self.loud else waveform * torch.sigmoid(level)
        if self.noise is not None:
            if noise is None:
                raise ValueError("the noise branch of this stream is heard: give noise")
            shaped = self.noise(signal, noise, clock, state)
            if self.noise_wait is not None:
                shaped = self.noise_wait(shaped, state)
            bands = bands + shaped
        return bands if self.loud else torch.tanh(bands)


class StreamingLayers(nn.Module):
    """A decoder that is one chain of layers up to the waveform, and has no noise branch."""

    def __init__(self, decoder: DecoderNano, first: Conv1d, place: Place, plan: Plan) -> None:
        super().__init__()
        self.layers, self.place = chain([first, *list(decoder.layers)[1:]], place, plan)

    def forward(self, latent: Tensor, noise: Tensor | None, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        return self.layers(latent, clock, state)


def first_convolution(decoder: Decoder | DecoderNano) -> Conv1d:
    """What reads the latent."""
    first = decoder.layers[0] if isinstance(decoder, DecoderNano) else decoder.trunk[0]
    assert isinstance(first, Conv1d)
    return first


def streaming_decoder(
    decoder: Decoder | DecoderNano, first: Conv1d, noise: bool, plan: Plan
) -> StreamingHeads | StreamingLayers:
    """The twin of a decoder, with `first` in the place of its first convolution."""
    place = Place(1, first.in_channels)
    if isinstance(decoder, DecoderNano):
        return StreamingLayers(decoder, first, place, plan)
    if isinstance(decoder, DecoderV1 | DecoderV2):
        return StreamingHeads(decoder, first, noise, place, plan)
    raise TypeError(f"{type(decoder).__name__} has no streaming form")


def _together(heads: tuple[Conv1d, ...]) -> Conv1d:
    """Convolutions of the same signal as one, which looks as far as the widest."""
    left, right = max(head.left for head in heads), max(head.right for head in heads)
    rows = [functional.pad(dense(head), (left - head.left, right - head.right)) for head in heads]
    made = with_weights(heads[0], torch.cat(rows), None)
    made.left, made.right = left, right
    return made
