"""The VAE as an instrument: any length in, the same length out, with its latent along its own axes."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from tritone.errors import UserError
from tritone.families.base import Capability, Precision, Synthesizer
from tritone.families.vae.bottlenecks import build_bottleneck
from tritone.families.vae.config import Config
from tritone.families.vae.latent import LatentBasis
from tritone.families.vae.latent_space import latent_space
from tritone.families.vae.networks import build_bank, build_decoder, build_encoder
from tritone.families.vae.streaming import StreamingVAE
from tritone.nn import instance_norm
from tritone.nn.blocks import fold_weight_norm
from tritone.nn.noise import sample_normal, sample_uniform

Seeds = Sequence[int] | Tensor

BESIDE = 0x1B873593
"""What seeds are crossed with for the channels of noise beside the latent, which nothing else is drawn like."""


def build(config: Config) -> "VAE":
    """A VAE with fresh weights."""
    return VAE(config)


class VAE(Synthesizer):
    """A variational autoencoder on the bands of a filter bank (RAVE, arXiv 2111.05011).

    Latents are `(batch, dims, frames)` as the `bottleneck` shows them: along the axes of `basis`, ordered by variance,
    or codes (whole numbers), or angles; `dims` and `fidelity` mean what it says. The delay of a causal filter bank is
    taken out: `encode` reads that much further, `decode` drops as much at the start.
    """

    controls = ("temperature", "morph", "dims")

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.sample_rate, self.channels, self.ratio = config.sample_rate, config.channels, config.ratio
        self.pqmf = build_bank(config)
        self.bottleneck = build_bottleneck(config)
        self.encoder = build_encoder(config, self.bottleneck.parts)
        self.decoder = build_decoder(config)
        self.basis = LatentBasis(config.latent)
        self.precision: Precision = "float32"

    def capabilities(self) -> frozenset[Capability]:
        """Everything but inpainting and upsampling; styles where there are places for them."""
        able: set[Capability] = {"generate", "encode", "decode", "reconstruct", "stream"}
        if self.config.adaptive_norm:
            able.add("style")
        return frozenset(able)

    def use_precision(self, precision: Precision) -> None:
        """Play in float32, or with the convolutions in bf16: faster on a CPU that has it, with a little noise.

        Folds weight norm. Weights that were rounded to bf16 stay so.
        """
        fold_weight_norm(self)
        self.precision = precision
        for layer in self.modules():
            if isinstance(layer, nn.Conv1d | nn.ConvTranspose1d):
                layer.to(torch.float32 if precision == "float32" else torch.bfloat16)

    @torch.inference_mode()
    def encode(
        self,
        audio: Tensor,
        dims: int | None = None,
        fidelity: float | None = None,
        seeds: Seeds | None = None,
    ) -> Tensor:
        """Audio `(batch, channels, time)` to `(batch, dims, frames)`: the posterior mean, or with seeds a sample.

        Give `dims` (exactly so many axes) or `fidelity` (as many as keep this share of variance), or neither for all.
        Of codes, `dims` counts levels. UserError for what the bottleneck does not have.
        Mono sound for a stereo model is doubled; stereo sound for a mono model is refused.
        """
        keep = self.bottleneck.keep(self.basis, dims, fidelity)
        return self.bottleneck.read(self.encoded(self.fitting(audio)), self.basis, seeds)[:, :keep]

    @torch.inference_mode()
    def decode(
        self,
        latent: Tensor,
        samples: int | None = None,
        seeds: Seeds | None = None,
        noise_seeds: Seeds | None = None,
    ) -> Tensor:
        """Latents `(batch, dims, frames)` to audio `(batch, channels, time)`, cut to `samples`.

        Axes that the latent lacks rest at their mean, or follow N(0, 1) where `seeds` are given. The noise branch, and
        the channels of noise beside the latent, are heard where `noise_seeds` are given. Raises UserError where the
        latent has too few frames for `samples`.
        """
        available = max(latent.shape[-1] * self.ratio - self.pqmf.delay_samples, 0)
        samples = available if samples is None else samples
        if samples > available:
            raise UserError(
                f"samples asks for {samples}, but this latent lasts {available}; give more frames or fewer samples."
            )
        model_latent = self.with_noise(self.bottleneck.write(latent, self.basis, seeds), noise_seeds)
        noise = None
        if noise_seeds is not None and self.decoder.noise_branch is not None:
            noise = sample_uniform(noise_seeds, self.decoder.noise_shape(model_latent), latent.device)
        with self._arithmetic():
            bands = self.decoder(model_latent, noise)
        audio = self.pqmf.synthesis(bands)
        return audio[..., self.pqmf.delay_samples :][..., :samples]

    @torch.inference_mode()
    def reconstruct(
        self,
        audio: Tensor,
        dims: int | None = None,
        fidelity: float | None = None,
        seeds: Seeds | None = None,
        noise_seeds: Seeds | None = None,
        style: instance_norm.Style | None = None,
    ) -> Tensor:
        """Through the latent and back, `(batch, channels, time)`, of the same length and without offset.

        With `seeds` the latent is sampled, and axes beyond `dims` or `fidelity` follow N(0, 1). With a `style` the
        sound takes on another's (see `learn_style`).
        """
        with instance_norm.styled(self, style):
            latent = self.encode(audio, dims, fidelity, seeds)
            return self.decode(latent, audio.shape[-1], seeds, noise_seeds)

    @torch.inference_mode()
    def learn_style(self, source: Tensor, target: Tensor) -> instance_norm.Style:
        """What makes `source` sound like `target`, both `(batch, channels, time)`: statistics of their activations.

        The model keeps nothing of it. UserError where it has no place for a style.
        """
        if not self.config.adaptive_norm:
            raise UserError("This model has no place where a style can enter; train one of the preset vae-v3.")
        return instance_norm.learn(self, lambda: self.reconstruct(source), lambda: self.reconstruct(target))

    @torch.inference_mode()
    def generate(
        self,
        count: int,
        seconds: float,
        seeds: Seeds,
        temperature: float = 1.0,
        morph: float = 1.0,
        dims: int | None = None,
    ) -> Tensor:
        """New sounds `(count, channels, seconds * rate)` from a random walk through the latent.

        Sound i follows from `seeds[i]` alone. Along each axis the walk has the variance and the correlation between
        frames that were measured on the training sound. `temperature` scales how far it strays, `morph` how fast it
        moves (0 stands still). Axes beyond `dims` rest at their mean. Where the bottleneck has codes or angles, the
        walk takes those that are nearest, and `dims` counts as in `encode`.
        """
        if count != len(seeds):
            raise UserError(f"seeds must name one seed for each of the {count} sounds, not {len(seeds)}.")
        if seconds <= 0 or temperature < 0 or morph < 0:
            raise UserError("seconds must be more than 0, temperature and morph at least 0.")
        keep = self.bottleneck.keep(self.basis, dims, None)
        samples = round(seconds * self.sample_rate)
        frames = self._frames(samples)
        sounds = [self._walk_and_decode(int(seed), frames, samples, keep, temperature, morph) for seed in seeds]
        return torch.cat(sounds) if sounds else torch.empty(0, self.channels, samples)

    @torch.inference_mode()
    def analyse(self, sounds: Iterable[Tensor]) -> None:
        """Fit the latent's axes to sounds `(batch, channels, time)`, as heard in evaluation mode."""
        training = self.training
        self.eval()
        self.basis.analyse(self.bottleneck.centre(self.encoded(sound)) for sound in sounds)
        self.train(training)

    def encoded(self, audio: Tensor) -> Tensor:
        """What the encoder gives to the bottleneck, `(batch, parts * latent, frames)`; audio of any length."""
        samples = audio.shape[-1]
        padded = torch.nn.functional.pad(audio, (0, self._frames(samples) * self.ratio - samples))
        with self._arithmetic():
            encoded: Tensor = self.encoder(self.pqmf.analysis(padded))
        return encoded

    def with_noise(self, latent: Tensor, seeds: Seeds | None) -> Tensor:
        """The latent and, behind it, the channels of noise that the decoder wants: N(0, 1), without `seeds` zeros."""
        channels = self.config.noise_channels
        if not channels:
            return latent
        if seeds is None:
            beside = latent.new_zeros(len(latent), channels, latent.shape[-1])
        else:
            crossed = seeds ^ BESIDE if isinstance(seeds, Tensor) else [seed ^ BESIDE for seed in seeds]
            beside = sample_normal(crossed, (channels, latent.shape[-1]), latent.device)
        return torch.cat([latent, beside], 1)

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers."""
        back, ahead = self.receptive_field()
        delay = self.delay_samples
        return {
            "architecture": self.config.architecture,
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "causal": self.config.causal,
            "ratio": self.ratio,
            "latent": self.config.latent,
            "latent_rate": self.sample_rate / self.ratio,
            "bottleneck": self.config.bottleneck,
            **self.bottleneck.facts(self.sample_rate / self.ratio),
            "latent_space": latent_space(self),
            "encoder_parameters": _parameters(self.encoder),
            "decoder_parameters": _parameters(self.decoder),
            "receptive_field_samples": back + 1 + ahead,
            "receptive_field_back": back,
            "receptive_field_ahead": ahead,
            "delay_samples": delay,
            "delay_ms": 1000 * delay / self.sample_rate,
        }

    @property
    def delay_samples(self) -> int:
        """Samples by which `streaming` comes later than `reconstruct`, with the noise branch where there is one."""
        return self.lag_samples(noise=True)

    def lag_samples(self, noise: bool) -> int:
        """Samples by which a stream comes later than `reconstruct`; `noise`: with the noise branch, if there is one."""
        encoder = self.encoder.layers.lag(self.pqmf.analysis_lag(0))
        return self.pqmf.synthesis_lag(self.decoder.lag(encoder, noise)) + self.pqmf.delay_samples

    def receptive_field(self) -> tuple[int, int]:
        """How far back and ahead a sample of `reconstruct` can see, in samples, over all its places in a frame."""
        bands = self.pqmf.bands  # within a frame of the bank the first sample sees furthest ahead, the last back
        times = [time for time in range(self.ratio) if time % bands in (0, bands - 1)]
        reaches = [(time, *self._reach(time + self.pqmf.delay_samples)) for time in times]
        return max(time - first for time, first, _ in reaches), max(last - time for time, _, last in reaches)

    def streaming(
        self,
        dims: int | None = None,
        fidelity: float | None = None,
        noise: bool = False,
        style: instance_norm.Style | None = None,
        learning: bool = False,
    ) -> StreamingVAE:
        """The same model block by block, with so many axes of the latent; `noise`: with the noise branch, if any.

        A `style` is `reconstruct`'s, and stays with the stream; with `learning` styles are learned while it plays.
        """
        return StreamingVAE(self, self.bottleneck.keep(self.basis, dims, fidelity), noise, style, learning)

    def _reach(self, time: int) -> tuple[int, int]:
        """First and last input sample on which sample `time` of the synthesised sound depends."""
        first, last = self.decoder.reach(*self.pqmf.synthesis_reach(time, time))
        return self.pqmf.analysis_reach(*self.encoder.layers.reach(first, last))

    def _walk_and_decode(
        self, seed: int, frames: int, samples: int, dims: int, temperature: float, morph: float
    ) -> Tensor:
        device = self.basis.mean.device
        steps = sample_normal([seed], (self.basis.dims, frames), device)
        correlation = (self.basis.correlation**morph)[:, None]
        innovation = (1 - correlation.square()).sqrt()
        walk = [steps[..., :1]]
        for frame in range(1, frames):
            walk.append(correlation * walk[-1] + innovation * steps[..., frame : frame + 1])
        latent = torch.cat(walk, -1) * (temperature * self.basis.variance.sqrt()[:, None])
        seen = self.bottleneck.from_axes(latent, self.basis)[:, :dims]
        return self.decode(seen, samples, noise_seeds=[seed + 1])

    def _arithmetic(self) -> AbstractContextManager[object]:
        """What the networks run in: bf16 where that was chosen for playing, else whatever holds outside."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.basis.mean.device.type, torch.bfloat16)

    def _frames(self, samples: int) -> int:
        """Latent frames that cover so many samples and the filter bank's delay."""
        return max(1, -(-(samples + self.pqmf.delay_samples) // self.ratio))


def _parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
