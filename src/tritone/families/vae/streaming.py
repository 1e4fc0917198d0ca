"""The VAE on blocks of sound, with everything that it remembers as explicit tensors.

Blocks are whole latent frames (`ratio` samples each); `tritone.play.live` takes blocks of any size. What comes out are
the numbers of `VAE.encode` and `VAE.reconstruct`, later by `encoder_lag` frames and `latency_samples` samples, from the
first sample on; before that, exact zeros.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from tritone.families.vae.streaming_bottleneck import hearing, reading, streaming_bottleneck
from tritone.families.vae.streaming_decoder import first_convolution, streaming_decoder
from tritone.families.vae.streaming_encoder import last_convolution, streaming_encoder
from tritone.families.vae.streaming_style import exchanges, style_slots
from tritone.nn.instance_norm import Style
from tritone.nn.streaming.bank import StreamingAnalysis, StreamingSynthesis, analysed, synthesised
from tritone.nn.streaming.memory import Start
from tritone.nn.streaming.plan import Place, Plan, clocks, fresh_state
from tritone.signal.pqmf import Pqmf

if TYPE_CHECKING:
    from tritone.families.vae.model import VAE


class StreamingVAE(nn.Module):
    """A VAE that plays block by block. Can be scripted, and exported to ONNX with blocks of a fixed size.

    `dims` rows of the latent (axes, levels of codes, angles) are encoded and decoded; with `noise` the noise branch is
    heard, if there is one; with a `style` (`VAE.learn_style`) the sound takes on another's. With `learning` styles are
    part of the state instead, to be learned while it plays (`tritone.nn.streaming.style`). The weights are copied
    (weight norm, batch norm and the latent's rotation multiplied into them), `vae` stays as it is.

    State is a list of tensors, one list for the encoder and one for the decoder. The first tensor is the position:
    int64 `(1,)`, the offline index of the next latent frame to come in. Each of the others holds the last rows that one
    layer took in, float32 `(batch, rows, channels)`, zeros at the start; `encoder_shapes` and `decoder_shapes` tell
    (rows, channels). Methods give new lists and leave those that they are given. To begin anew, make a new state.
    """

    silence: Tensor
    encoder_styles: list[int]
    decoder_styles: list[int]
    """Which tensors of the states hold the styles that are learned."""

    def __init__(self, vae: "VAE", dims: int, noise: bool, style: Style | None = None, learning: bool = False) -> None:
        super().__init__()
        self.sample_rate, self.channels, self.ratio = vae.sample_rate, vae.channels, vae.ratio
        self.dims, self.latent = dims, vae.basis.dims
        beside = vae.config.noise_channels
        self.bottleneck = streaming_bottleneck(vae.bottleneck, dims, beside)
        self.beside = beside if noise else 0
        """The last so many rows of `fill` are channels of noise beside the latent, which want to be heard."""
        self.fill_rows = self.bottleneck.fill_rows
        """Rows of `fill` that `decode` takes."""
        with torch.no_grad():
            instead = {} if learning else exchanges(vae, style)
            self._encoding(vae, Plan(instead))
            self._decoding(vae, Plan(instead), noise)
        self.encoder_styles = style_slots(self.encoder)
        self.decoder_styles = style_slots(self.decoder)
        self.register_buffer("silence", torch.zeros(1), persistent=False)
        self.latency_samples = self.encoder_lag * self.ratio + self.decoder_lag
        """By how many samples what is decoded from live latents comes later than `VAE.reconstruct`."""
        self.eval().requires_grad_(False)

    def _encoding(self, vae: "VAE", plan: Plan) -> None:
        bank, sound = vae.pqmf, Place(vae.ratio, vae.channels)
        self.analysis = StreamingAnalysis(bank, sound, plan) if isinstance(bank, Pqmf) else None
        bands = analysed(bank, sound) if isinstance(bank, Pqmf) else sound
        last = reading(last_convolution(vae.encoder), vae.bottleneck, vae.basis, self.dims)
        self.encoder, latents = streaming_encoder(vae.encoder, last, bands, plan)
        self.encoder_start = Start(latents, plan)
        self.encoder_lag = latents.lag
        """Latent frames by which live latents come later than offline ones."""
        self.encoder_shapes, self.encoder_rates, self.encoder_longest = plan.shapes, plan.rates, plan.longest

    def _decoding(self, vae: "VAE", plan: Plan, noise: bool) -> None:
        bank = vae.pqmf
        first = hearing(first_convolution(vae.decoder), vae.bottleneck, vae.basis)
        self.decoder = streaming_decoder(vae.decoder, first, noise, plan)
        bands = self.decoder.place
        self.synthesis = StreamingSynthesis(bank, bands, plan) if isinstance(bank, Pqmf) else None
        sound = synthesised(bank, bands) if isinstance(bank, Pqmf) else bands
        self.decoder_lag = sound.lag + bank.delay_samples
        """Samples by which the sound comes later than that of `VAE.decode`."""
        self.decoder_start = Start(Place(self.ratio, self.channels, self.decoder_lag), plan)
        self.decoder_shapes, self.decoder_rates, self.decoder_longest = plan.shapes, plan.rates, plan.longest
        heard = noise and vae.decoder.noise_branch is not None
        self.noise_bands = bands.channels if heard else 0
        """Rows of noise that `decode` wants; 0 for none."""
        self.noise_rate = bands.rate if heard else 0
        """Samples of noise for a latent frame."""

    @torch.jit.export
    def encoder_state(self, batch: int = 1) -> list[Tensor]:
        """What `encode` remembers before the first block of so many sounds."""
        return fresh_state(self.encoder_shapes, batch, 0, self.silence)

    @torch.jit.export
    def decoder_state(self, batch: int = 1, first_frame: int = 0) -> list[Tensor]:
        """What `decode` remembers before the first block of so many sounds.

        `first_frame` is the offline index of the first latent to come: 0 for latents of a file, and -`encoder_lag` for
        those that `encode` gives from the start of a stream on.
        """
        return fresh_state(self.decoder_shapes, batch, first_frame, self.silence)

    @torch.jit.export
    def encode(self, audio: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Sound `(batch, channels, n * ratio)` to latents `(batch, dims, n)` as `VAE.encode` gives, and new state."""
        state = state.copy()
        frames = audio.shape[2] // self.ratio
        clock = self._clock(state[0], frames, self.encoder_rates, self.encoder_longest)
        signal = audio.transpose(1, 2)
        if self.analysis is not None:
            signal = self.analysis(signal, clock, state)
        latent = self.encoder_start(self.bottleneck.seen(self.encoder(signal, clock, state)), clock)
        state[0] = state[0] + frames
        return latent.transpose(1, 2), state

    @torch.jit.export
    def decode(
        self, latent: Tensor, noise: Tensor | None, state: list[Tensor], fill: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Latents `(batch, dims, n)` to sound `(batch, channels, n * ratio)`, and new state.

        `noise` is uniform in [-1, 1), `(batch, noise_bands, n * noise_rate)`, and belongs to the latents beside it;
        None where `noise_bands` is 0. Axes beyond `dims` rest at their mean, and channels of noise beside the latent at
        zero, or both follow N(0, 1) numbers `fill` `(batch, fill_rows, n)`.
        """
        state = state.copy()
        frames = latent.shape[2]
        clock = self._clock(state[0], frames, self.decoder_rates, self.decoder_longest)
        others = None if fill is None else fill.transpose(1, 2)
        shaken = None if noise is None else noise.transpose(1, 2)
        heard = self.bottleneck.heard(latent.transpose(1, 2), others)
        signal = self.decoder(heard, shaken, clock, state)
        if self.synthesis is not None:
            signal = self.synthesis(signal, clock, state)
        signal = self.decoder_start(signal, clock)
        state[0] = state[0] + frames
        return signal.transpose(1, 2), state

    def _clock(self, position: Tensor, frames: int, rates: list[int], longest: int) -> list[Tensor]:
        """Clocks of a block; none once every layer is past the start, except where the graph is written down."""
        if not torch.jit.is_scripting() and _is_written_down():
            return clocks(position, frames, rates)
        settled: list[Tensor] = []
        return settled if bool(position >= longest) else clocks(position, frames, rates)


def _is_written_down() -> bool:
    """Whether operators are being recorded into a graph, which must hold for every position."""
    return torch.jit.is_tracing() or torch.compiler.is_compiling()
