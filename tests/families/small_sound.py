"""A diffusion model of sounds that is as small as can be, and denoisers whose results are known."""

from dataclasses import replace

import torch
from small_codec import CODECS, lively, over
from torch import nn

from tritone.families.diffusion.config import Config, StftConfig
from tritone.families.diffusion.sound import SoundDiffusion
from tritone.nn.diffusion.conditions import NOTHING
from tritone.nn.diffusion.config import NetworkConfig, SamplingConfig, UNetConfig

RATE = 8000
UNET = UNetConfig(
    channels=(8, 16, 16), factors=(1, 2, 2), items=(1, 1, 1), attentions=(0, 0, 1), heads=2, head_features=8,
    features=16, groups=4,
)  # fmt: skip
WAVE = Config(sample_rate=RATE, channels=1, network=NetworkConfig(unet=UNET), sampling=SamplingConfig(steps=3))
SPECTRUM = replace(WAVE, channels=2, stft=StftConfig(window=64, hop=32))
LATENTS = over(CODECS["causal"], network=WAVE.network, sampling=WAVE.sampling)
DOMAINS = {"wave": WAVE, "spectrum": SPECTRUM, "latents": LATENTS}


def small_sound(config: Config = WAVE, seed: int = 0, scale: float = 0.1) -> SoundDiffusion:
    """A model with random weights, over data of level `scale`."""
    torch.manual_seed(seed)
    model = SoundDiffusion(config)
    for parameter in model.denoiser.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.15)
    if config.in_latents:
        model.domain.load_state_dict(lively(CODECS["causal"]).state_dict())
    model.domain.std.fill_(scale)
    model.domain.fitted.fill_(True)
    return model.eval()


class Gaussian(nn.Module):
    """The exact denoiser of Gaussian noise of unit variance: white, or (`smooth`) with slow movements only.

    A smooth signal that is no circle is reflected at its ends, as the cosine transform takes it.
    """

    def __init__(self, smooth: bool = False) -> None:
        super().__init__()
        self.smooth = smooth
        self.nowhere = nn.Parameter(torch.zeros(()))
        self.asked: list[tuple[int, bool]] = []

    def forward(self, x, sigma, conditions=NOTHING, circular=False):
        self.asked.append((x.shape[-1], circular))
        noise = sigma[:, None, None] ** 2
        if not self.smooth:
            return x / (1 + noise)
        whole = x if circular else torch.cat([x, x.flip(-1)], -1)
        power = 1 / (1 + (torch.fft.rfftfreq(whole.shape[-1]) / 0.01) ** 2) ** 2
        power = power / (2 * power.mean() - power[0] / len(power)) * 2
        return torch.fft.irfft(torch.fft.rfft(whole) * power / (power + noise), whole.shape[-1])[..., : x.shape[-1]]


def known(config: Config = WAVE, smooth: bool = False, steps: int = 3, scale: float = 0.1) -> SoundDiffusion:
    """A model that has learned Gaussian noise perfectly."""
    model = small_sound(replace(config, sampling=replace(config.sampling, steps=steps)), scale=scale)
    model.denoiser = Gaussian(smooth)
    return model.eval()
