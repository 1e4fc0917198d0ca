"""Small VAEs with random weights whose latents and sound are about full scale, so that an error of 1e-5 is small."""

from dataclasses import dataclass
from functools import cache

import torch
from narrow import small
from torch import nn

from tritone.families.vae.model import VAE, build
from tritone.families.vae.streaming import StreamingVAE
from tritone.nn.blocks import BatchNorm, fold_weight_norm
from tritone.nn.noise import sample_uniform


@dataclass(frozen=True)
class Loud:
    """A model, and how much silence after a sound bears on it."""

    model: VAE
    ahead: int


@cache
def loud(name: str) -> Loud:
    """The preset with few channels, random statistics and axes, and every layer's output about a half."""
    torch.manual_seed(0)
    model = build(small(name)).eval()
    fold_weight_norm(model)
    for module in model.modules():
        if isinstance(module, BatchNorm):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    audio = 0.3 * torch.randn(1, model.channels, 12 * model.ratio)
    with torch.no_grad(), _scaled_outputs(model.encoder):
        model.encoded(audio)
    model.analyse([audio])
    latent = 2 * torch.randn(1, model.basis.dims + model.config.noise_channels, 12)
    noise = None
    if model.decoder.noise_branch is not None:
        noise = torch.rand(1, *model.decoder.noise_shape(latent)) * 2 - 1
    with torch.no_grad(), _scaled_outputs(model.decoder):
        bands = model.decoder(latent, noise)
        if model.decoder.noise_branch is not None:
            model.decoder.noise_branch.layers[-1].weight.mul_(12)  # amplitudes are far below 1 around 0
    if model.pqmf.bands == 1:  # a spectrum's level is its logarithm
        with torch.no_grad():
            model.decoder.layers[-1].level -= float(model.reconstruct(audio).std().log()) + 1.2
    assert bands.isfinite().all()
    return Loud(model, model.receptive_field()[1])


class _scaled_outputs:
    """While open, every convolution that runs is scaled so that its output has a standard deviation of a half."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def __enter__(self) -> None:
        layers = [m for m in self.network.modules() if isinstance(m, nn.Conv1d | nn.ConvTranspose1d)]
        self.hooks = [layer.register_forward_hook(self._scale) for layer in layers]

    def __exit__(self, *_: object) -> None:
        for hook in self.hooks:
            hook.remove()

    @staticmethod
    def _scale(layer: nn.Module, _: object, output: torch.Tensor) -> torch.Tensor:
        scale = 2 * output.std()
        layer.weight.div_(scale)
        if layer.bias is not None:
            layer.bias.div_(scale)
        return output / scale


def offline(loud: Loud, audio: torch.Tensor, dims: int | None, seeds: list[int] | None) -> torch.Tensor:
    """What `reconstruct` gives of the sound followed by silence for ever, for the length of the sound."""
    silence = torch.nn.functional.pad(audio, (0, beyond(loud)))
    return loud.model.reconstruct(silence, dims=dims, noise_seeds=seeds)[..., : audio.shape[-1]]


def beyond(loud: Loud) -> int:
    """Samples of silence that stand for silence for ever."""
    return loud.ahead + 4 * loud.model.ratio


class NoiseOf:
    """The noise that `decode` draws in `offline`, for a stream whose first latent is frame `-encoder_lag`.

    What belongs to frames before the sound is loud, for it must not be heard.
    """

    def __init__(self, seeds: list[int], stream: StreamingVAE, loud: Loud, samples: int) -> None:
        latent = torch.zeros(1, 1, frames(loud, samples))
        drawn = sample_uniform(seeds, loud.model.decoder.noise_shape(latent))
        self.noise = torch.nn.functional.pad(drawn, (stream.noise_rate * stream.encoder_lag, 0), value=100.0)
        self.rate, self.place = stream.noise_rate, 0

    def __call__(self, frames: int) -> torch.Tensor:
        first, self.place = self.place, self.place + frames * self.rate
        return self.noise[..., first : self.place]


class FillOf:
    """The same for the channels of noise beside the latent; missing axes rest."""

    def __init__(self, seeds: list[int], stream: StreamingVAE, loud: Loud, samples: int) -> None:
        drawn = loud.model.with_noise(torch.zeros(len(seeds), 0, frames(loud, samples)), seeds)
        self.fill = torch.nn.functional.pad(drawn, (stream.encoder_lag, 0, stream.fill_rows - stream.beside, 0))
        self.place = 0

    def __call__(self, frames: int) -> torch.Tensor:
        first, self.place = self.place, self.place + frames
        return self.fill[..., first : self.place]


def frames(loud: Loud, samples: int) -> int:
    """Latent frames that `offline` has for so many samples."""
    return -(-(samples + beyond(loud) + loud.model.pqmf.delay_samples) // loud.model.ratio)
