"""The two sides of diffusion_evaluations, and the accurate solution that both are held to.

All follow the probability-flow equation of one trained network from one noise. Audio-diffusion-pytorch's sampler begins
at infinite sigma, where its state is the noise itself; so the solution that counts is that of the limit, and it is
started from a sigma so large that starting from a larger one makes no difference.
"""

import sys
from dataclasses import dataclass, replace
from math import pi
from pathlib import Path

import torch
from audio_diffusion_pytorch import VSampler
from torch import Tensor, nn

from tritone.families.diffusion.controls import Controls
from tritone.families.diffusion.sound import SoundDiffusion
from tritone.nn.diffusion.config import SamplingConfig
from tritone.nn.diffusion.denoise import seeded_noise
from tritone.nn.diffusion.grids import noise_levels
from tritone.nn.diffusion.samplers import SAMPLERS, start_noise
from tritone.play.load import load
from tritone.training.run import Run

ROWS = 8
"""Sounds that go through the network together."""
ACCURATE = SamplingConfig(sampler="2m", steps=300, sigma_max=1000.0, sigma_min=0.001)
CHECKS = {
    "half the steps": replace(ACCURATE, steps=150),
    "Heun's method, half the steps": replace(ACCURATE, sampler="heun", steps=150),
    "from sigma 4000 down to 0.00025, the same step": replace(ACCURATE, steps=360, sigma_max=4e3, sigma_min=2.5e-4),
}
"""Other ways to the same solution."""


@dataclass(frozen=True)
class Flow:
    """A trained model as the equation of sounds of `samples` samples, unguided. States are `(count, width, frames)`."""

    model: SoundDiffusion
    samples: int
    label: str = ""

    def noise(self, count: int) -> Tensor:
        """Standard normal, float64, of the seeds 0, 1, 2 and so on."""
        shape = (self.model.domain.width, self.model.domain.frames(self.samples))
        return seeded_noise(range(count), shape)(0).double()

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The network's estimate of the clean signal, in float32; all else stays float64 on both sides."""
        seconds = self.samples / self.model.sample_rate
        told = self.model.conditioner.asked(Controls(label=self.label), len(x), seconds, x.device)
        return self.model.denoiser(x.float(), sigma.float(), told).double()

    def v(self, z: Tensor, time: Tensor) -> Tensor:
        """What audio-diffusion-pytorch asks of a network: v for z = cos x0 + sin n at angle time · π/2."""
        angle = time.double()[:, None, None] * (pi / 2)
        clean = self.denoise(z / angle.cos(), angle.tan().flatten())
        return (angle.cos() * z - clean) / angle.sin()

    def ours(self, noise: Tensor, config: SamplingConfig) -> Tensor:
        """What one of our samplers that draws no noise of its own makes of it."""
        sigmas, sampler = noise_levels(config), SAMPLERS[config.sampler]
        starts = start_noise(noise, float(sigmas[0])).split(ROWS)
        return torch.cat([sampler(self.denoise, start, sigmas, _none) for start in starts])

    def theirs(self, noise: Tensor, steps: int) -> Tensor:
        """What VSampler with its LinearSchedule makes of it."""
        sampler = VSampler(net=Peer(self))
        return torch.cat([sampler(part, num_steps=steps) for part in noise.split(ROWS)])

    def heard(self, signal: Tensor) -> list[Tensor]:
        """Each signal as sound `(channels, samples)`."""
        domain = self.model.domain
        return [domain.leave(domain.restore(one[None]), self.samples)[0] for one in signal]


class Peer(nn.Module):
    """The network in the peer's hands."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow

    def forward(self, z: Tensor, time: Tensor) -> Tensor:
        return self.flow.v(z, time)


def open_flow(path: Path, label: str) -> Flow:
    """The averaged network of a run, on sounds as long as its training crops; ends the program for other runs."""
    model, config = load(path), Run(path).config
    if not isinstance(model, SoundDiffusion) or model.config.distil is not None:
        sys.exit(f"{path} is no teacher; give a run of `tritone train diffusion` that makes whole sounds.")
    return Flow(model, config.training.crop_samples, label)


def _none(use: int) -> Tensor:
    raise RuntimeError("a sampler that should follow the equation asks for fresh noise")


if __name__ == "__main__":
    sys.exit("diffusion_evaluations_flow.py is a part of the benchmarks; run diffusion_evaluations.py.")
