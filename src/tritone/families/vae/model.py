"""The VAE as an instrument: any length in, the same length out, with its latent along its own axes."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from tritone.errors import UserError
from tritone.families.base import Capability, Precision, Synthesizer
from tritone.families.vae.config import Config
from tritone.families.vae.latent import LatentBasis
from tritone.families.vae.networks import build_bank, build_decoder, build_encoder
from tritone.families.vae.streaming import StreamingVAE
from tritone.nn.blocks import fold_weight_norm
from tritone.nn.noise import sample_normal, sample_uniform

Seeds = Sequence[int] | Tensor


def build(config: Config) -> "VAE":
    """A VAE with fresh weights."""
    return VAE(config)


class VAE(Synthesizer):
    """A variational autoencoder on the bands of a filter bank (RAVE, arXiv 2111.05011).

    Latents are `(batch, dims, frames)` along the axes of `basis`, ordered by variance. The delay of a causal filter
    bank is taken out: `encode` reads that much further, `decode` drops as much at the start.
    """

    controls = ("temperature", "morph", "dims")

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.sample_rate, self.channels, self.ratio = config.sample_rate, config.channels, config.ratio
        self.pqmf = build_bank(config)
        self.encoder = build_encoder(config)
        self.decoder = build_decoder(config)
        self.basis = LatentBasis(config.latent)
        self.precision: Precision = "float32"

    def capabilities(self) -> frozenset[Capability]:
        """Everything but inpainting and upsampling."""
        return frozenset({"generate", "encode", "decode", "reconstruct", "stream"})

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
        Mono sound for a stereo model is doubled; stereo sound for a mono model is refused.
        """
        keep = self._dims(dims, fidelity)
        mean, std = self.posterior(self.fitting(audio))
        if seeds is not None:
            mean = mean + std * sample_normal(seeds, mean.shape[1:], mean.device)
        return self.basis.rotate(mean)[:, :keep]

    @torch.inference_mode()
    def decode(
        self,
        latent: Tensor,
        samples: int | None = None,
        seeds: Seeds | None = None,
        noise_seeds: Seeds | None = None,
    ) -> Tensor:
        """Latents `(batch, dims, frames)` to audio `(batch, channels, time)`, cut to `samples`.

        Axes that the latent lacks rest at their mean, or follow N(0, 1) where `seeds` are given. The noise branch is
        heard where `noise_seeds` are given. Raises UserError where the latent has too few frames for `samples`.
        """
        available = latent.shape[-1] * self.ratio - self.pqmf.delay_samples
        samples = max(available, 0) if samples is None else samples
        if samples > available:
            raise UserError(
                f"samples asks for {samples}, but this latent lasts {available}; give more frames or fewer samples."
            )
        fill = None
        if seeds is not None and latent.shape[1] < self.basis.dims:
            fill = sample_normal(seeds, (self.basis.dims, latent.shape[-1]), latent.device)
        model_latent = self.basis.restore(latent, fill)
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
    ) -> Tensor:
        """Through the latent and back, `(batch, channels, time)`, of the same length and without offset.

        With `seeds` the latent is sampled, and axes beyond `dims` or `fidelity` follow N(0, 1).
        """
        latent = self.encode(audio, dims, fidelity, seeds)
        return self.decode(latent, audio.shape[-1], seeds, noise_seeds)

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
        moves (0 stands still). Axes beyond `dims` rest at their mean.
        """
        if count != len(seeds):
            raise UserError(f"seeds must name one seed for each of the {count} sounds, not {len(seeds)}.")
        if seconds <= 0 or temperature < 0 or morph < 0:
            raise UserError("seconds must be more than 0, temperature and morph at least 0.")
        keep = self._dims(dims, None)
        samples = round(seconds * self.sample_rate)
        frames = self._frames(samples)
        sounds = [self._walk_and_decode(int(seed), frames, samples, keep, temperature, morph) for seed in seeds]
        return torch.cat(sounds) if sounds else torch.empty(0, self.channels, samples)

    @torch.inference_mode()
    def analyse(self, sounds: Iterable[Tensor]) -> None:
        """Fit the latent's axes to sounds `(batch, channels, time)`, as heard in evaluation mode."""
        training = self.training
        self.eval()
        self.basis.analyse(self.posterior(sound)[0] for sound in sounds)
        self.train(training)

    def posterior(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the latent in model space, `(batch, latent, frames)`; audio of any length."""
        samples = audio.shape[-1]
        padded = torch.nn.functional.pad(audio, (0, self._frames(samples) * self.ratio - samples))
        with self._arithmetic():
            mean, std = self.encoder(self.pqmf.analysis(padded))
        return mean.float(), std.float()

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
        reaches = [(time, *self._reach(time + self.pqmf.delay_samples)) for time in range(self.ratio)]
        return max(time - first for time, first, _ in reaches), max(last - time for time, _, last in reaches)

    def streaming(self, dims: int | None = None, fidelity: float | None = None, noise: bool = False) -> StreamingVAE:
        """The same model block by block, with so many axes of the latent; `noise`: with the noise branch, if any."""
        return StreamingVAE(self, self._dims(dims, fidelity), noise)

    def _reach(self, time: int) -> tuple[int, int]:
        """First and last input sample on which sample `time` of the synthesised sound depends."""
        first, last = self.decoder.reach(*self.pqmf.synthesis_reach(time, time))
        return self.pqmf.analysis_reach(*self.encoder.layers.reach(first, last))

    def _walk_and_decode(
        self, seed: int, frames: int, samples: int, dims: int, temperature: float, morph: float
    ) -> Tensor:
        device = self.basis.mean.device
        steps = sample_normal([seed], (self.basis.dims, frames), device)[:, :dims]
        correlation = (self.basis.correlation[:dims] ** morph)[:, None]
        innovation = (1 - correlation.square()).sqrt()
        walk = [steps[..., :1]]
        for frame in range(1, frames):
            walk.append(correlation * walk[-1] + innovation * steps[..., frame : frame + 1])
        latent = torch.cat(walk, -1) * (temperature * self.basis.variance[:dims].sqrt()[:, None])
        return self.decode(latent, samples, noise_seeds=[seed + 1])

    def _arithmetic(self) -> AbstractContextManager[object]:
        """What the networks run in: bf16 where that was chosen for playing, else whatever holds outside."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.basis.mean.device.type, torch.bfloat16)

    def _frames(self, samples: int) -> int:
        """Latent frames that cover so many samples and the filter bank's delay."""
        return max(1, -(-(samples + self.pqmf.delay_samples) // self.ratio))

    def _dims(self, dims: int | None, fidelity: float | None) -> int:
        if dims is not None and fidelity is not None:
            raise UserError("Give either dims or fidelity, not both.")
        if fidelity is not None:
            return self.basis.dims_for(fidelity)
        if dims is None:
            return self.basis.dims
        if not 1 <= dims <= self.basis.dims:
            raise UserError(f"dims must lie between 1 and {self.basis.dims}, not {dims}.")
        return dims


def _parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
