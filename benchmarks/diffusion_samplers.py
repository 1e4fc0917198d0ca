"""Samplers beside audio-diffusion-pytorch's: the same numbers where they are the same, error against evaluations.

The denoiser is exact, that of a mixture of three normal distributions, and the start is the same on both sides: the
middles of equal shares of the normal distribution, so that Wasserstein-1 distances have no chance in them where a
sampler draws no noise of its own. Samplers that draw some are run with three seeds. Inpainting is held to the exact
conditional distribution of a first-order autoregression.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from math import pi

import numpy as np
import torch
from audio_diffusion_pytorch import LinearSchedule, VDiffusion, VInpainter, VSampler
from table import Row, arguments, at_least, at_most, finish, machine, median_spread
from torch import Tensor, nn

from tritone.nn.diffusion.config import SamplingConfig
from tritone.nn.diffusion.denoise import Denoise, Noise
from tritone.nn.diffusion.grids import noise_levels
from tritone.nn.diffusion.inpainting import inpaint
from tritone.nn.diffusion.objective import Denoiser
from tritone.nn.diffusion.samplers import SAMPLERS, start_noise
from tritone.nn.diffusion.samplers_ode import ddim

PARITY, FEWER = 1e-5, 4.0
COUNTS, SEEDS = (4, 8, 16, 32, 50), (1, 2, 3)
THEIR_STEPS = 50
STOCHASTIC = ("2m-sde", "3m-sde", "ancestral", "ping-pong")


class Mixture:
    """Normal distributions together, given as (mean, deviation, share) and scaled to mean 0 and variance 1."""

    def __init__(self, *parts: tuple[float, float, float]):
        mean, deviation, share = torch.tensor(parts, dtype=torch.float64).T
        share = share / share.sum()
        middle = (share * mean).sum()
        size = (share * (deviation**2 + (mean - middle) ** 2)).sum().sqrt()
        self.values = (mean - middle) / size, deviation / size, share

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """E[x0 | x]."""
        mean, deviation, share = self.values
        noise, x = sigma.double()[:, None, None, None] ** 2, x.double()[..., None]
        variance = deviation**2 + noise
        weight = (share.log() - (x - mean) ** 2 / (2 * variance) - variance.log() / 2).softmax(-1)
        return (weight * (mean * noise + x * deviation**2) / variance).sum(-1)

    def cumulative(self, x: Tensor, sigma: float) -> Tensor:
        """Distribution function of signal and noise together."""
        mean, deviation, share = self.values
        return (share * torch.special.ndtr((x[..., None] - mean) / (deviation**2 + sigma**2).sqrt())).sum(-1)

    def quantile(self, place: Tensor) -> Tensor:
        """Inverse of the distribution function of the signal, by a table."""
        grid = torch.linspace(-6, 6, 400_001, dtype=torch.float64)
        table = self.cumulative(grid, 0.0)
        right = torch.searchsorted(table, place.contiguous()).clamp(1, len(grid) - 1)
        left = right - 1
        share = (place - table[left]) / (table[right] - table[left]).clamp_min(1e-300)
        return grid[left] + share.clamp(0, 1) * (grid[right] - grid[left])

    def consistency(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Where the probability-flow equation ends: in one dimension it keeps the order, so quantiles go to theirs."""
        return self.quantile(self.cumulative(x.double(), float(sigma[0])))

    def v(self, z: Tensor, time: Tensor) -> Tensor:
        """What an exact network gives to audio-diffusion-pytorch: v for z = cos x0 + sin n at angle time · π/2."""
        angle = time.double()[:, None, None] * (pi / 2)
        clean = self.denoise(z / angle.cos(), angle.tan().flatten())
        return (angle.cos() * z - clean) / angle.sin()

    def distance(self, samples: Tensor) -> float:
        """Wasserstein-1 distance of samples."""
        count = samples.numel()
        wanted = self.quantile((torch.arange(count, dtype=torch.float64) + 0.5) / count)
        return float((samples.flatten().sort()[0] - wanted).abs().mean())


MIXTURES = (
    Mixture((-1.3, 0.2, 3), (0.0, 0.15, 3), (1.2, 0.3, 4)),
    Mixture((-1.0, 0.1, 1), (0.0, 0.1, 1), (1.0, 0.1, 1)),
    Mixture((-1.5, 0.3, 5), (0.5, 0.2, 3), (2.0, 0.5, 2)),
    Mixture((-2.0, 0.5, 2), (0.0, 0.05, 5), (1.0, 0.2, 3)),
    Mixture((-1.0, 0.4, 1), (0.0, 0.3, 1), (1.0, 0.4, 1)),
)


def drawn(seed: int) -> Mixture:
    """Two to four normal distributions by chance: what no choice of a default looked at."""
    rng = np.random.default_rng(seed)
    count = rng.integers(2, 5)
    deviations = np.exp(rng.uniform(np.log(0.05), np.log(0.5), count))
    return Mixture(*zip(rng.uniform(-2, 2, count), deviations, rng.uniform(0.2, 1, count), strict=True))


DRAWN = tuple(drawn(seed) for seed in range(100, 124))


def start(points: int) -> Tensor:
    """Standard normal, without chance, in no order."""
    places = (torch.arange(points, dtype=torch.float64) + 0.5) / points
    return torch.special.ndtri(places)[torch.randperm(points, generator=torch.Generator().manual_seed(0))][None, None]


def ours(mixture: Mixture, config: SamplingConfig, points: int, seed: int = 0) -> float:
    """Error of our sampler."""
    sigmas = noise_levels(config)
    denoise = mixture.consistency if config.sampler == "ping-pong" else mixture.denoise
    x = start_noise(start(points), float(sigmas[0]))
    return mixture.distance(SAMPLERS[config.sampler](denoise, x, sigmas, noise_like(x, seed)))


def noise_like(x: Tensor, seed: int) -> Noise:
    def noise(use: int) -> Tensor:
        generator = torch.Generator().manual_seed(1000 * seed + use)
        return torch.randn(x.shape, generator=generator, dtype=x.dtype)

    return noise


class Exact(nn.Module):
    """An exact network in the peer's hands."""

    def __init__(self, mixture: Mixture):
        super().__init__()
        self.mixture = mixture

    def forward(self, z: Tensor, time: Tensor) -> Tensor:
        return self.mixture.v(z, time)


def theirs(mixture: Mixture, steps: int, points: int) -> float:
    """Error of VSampler."""
    return mixture.distance(VSampler(net=Exact(mixture))(start(points), num_steps=steps))


# the same numbers -----------------------------------------------------------------------------------------------------


class Network(nn.Module):
    """Some network, called by either side."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.out = nn.Conv1d(3, 16, 9, padding=4), nn.Conv1d(16, 2, 9, padding=4)

    def forward(self, x: Tensor, time: Tensor, conditions: object = None, circular: bool = False) -> Tensor:
        times = time[:, None, None].expand(-1, 1, x.shape[-1])
        return self.out(torch.tanh(self.into(torch.cat([x, times], 1))))


@torch.no_grad()
def parity_rows() -> list[Row]:
    torch.manual_seed(1)
    network, audio = Network(), torch.randn(16, 2, 512)
    denoiser = Denoiser(network, "v")
    rows = []
    for steps in (1, 10, 50, 100):
        schedule = LinearSchedule()(steps + 1, device="cpu")
        sigmas = noise_levels(SamplingConfig(grid="linear", steps=steps))
        apart = float((sigmas.atan() * 2 / pi - schedule).abs().max())
        rows.append(at_most(f"LinearSchedule, {steps} steps, beside the grid linear", apart, PARITY, "max abs", 1))
        noise = torch.randn(4, 2, 512)
        peer = VSampler(net=network)(noise, num_steps=steps)
        x = start_noise(noise, float(sigmas[0]))
        mine = ddim(denoiser, x, sigmas, noise_like(x, 0))
        spread = f"signal std {float(peer.std()):.3g}"
        what = f"VSampler, {steps} steps, beside ddim on it"
        rows.append(at_most(what, float((mine - peer).abs().max()), PARITY, "max abs", peer.numel(), spread))
    worst = 0.0
    for seed in range(8):
        torch.manual_seed(seed)
        peer_loss = float(VDiffusion(net=network)(audio))
        torch.manual_seed(seed)
        time, noise = torch.rand(16), torch.randn_like(audio)
        mine_loss = float(denoiser.loss(audio, noise, torch.tan(time.double() * pi / 2)).mean())
        worst = max(worst, abs(mine_loss / peer_loss - 1))
    rows.append(at_most("VDiffusion's loss beside ours of the objective v", worst, PARITY, "relative", 8))
    return rows


# error against evaluations --------------------------------------------------------------------------------------------


def steps_for(sampler: str, evaluations: int) -> int:
    """Steps that cost so many evaluations, or one less."""
    return (evaluations + 1) // 2 if sampler == "heun" else evaluations


def convergence_rows(points: int) -> list[Row]:
    mixture, rows = MIXTURES[0], []
    peers = {count: theirs(mixture, count, points) for count in COUNTS}
    for grid in ("log-sigma", "karras", "linear"):
        for sampler in SAMPLERS:
            for count in COUNTS if grid == "log-sigma" else (16,):
                config = SamplingConfig(sampler=sampler, grid=grid, steps=steps_for(sampler, count))
                errors = [ours(mixture, config, points, seed) for seed in (SEEDS if sampler in STOCHASTIC else (0,))]
                error, spread = median_spread(errors)
                label = "ping-pong of an exact consistency model" if sampler == "ping-pong" else sampler
                what = f"{label}, {grid}, {count} evaluations; theirs is VSampler"
                ratio = peers[count] / error
                rows.append(Row(what, error, peers[count], ratio, "W1", len(errors), spread if errors[1:] else "-"))
    return rows


def fewest(error: float, mixture: Mixture, config: SamplingConfig, points: int) -> int:
    """Evaluations with which our sampler first comes to that error."""
    return next(n for n in range(1, 200) if ours(mixture, replace(config, steps=n), points) <= error)


def fewer_rows(points: int) -> list[Row]:
    """Evaluations for the error of their 50 steps; medians over the mixtures."""
    default = SamplingConfig()
    others = [SamplingConfig(sampler="2m", sigma_max=a, sigma_min=b) for a, b in ((5, 0.02), (8, 0.01), (25, 0.03))]
    rows = []
    for of, mixtures in ((f"{len(MIXTURES)} mixtures", MIXTURES), (f"{len(DRAWN)} others, drawn", DRAWN)):
        errors = [theirs(mixture, THEIR_STEPS, points) for mixture in mixtures]
        for config in (default, *others):
            counts = [fewest(error, mixture, config, points) for error, mixture in zip(errors, mixtures, strict=True)]
            name = f"{config.sampler}, {config.grid} {config.sigma_max:g} to {config.sigma_min:g}"
            told, bar = (f"default ({name})", FEWER) if config is default else (name, None)
            what = f"evaluations for the error of VSampler's {THEIR_STEPS} steps, {told}; {of}"
            rows.append(at_least(what, counts, [THEIR_STEPS] * len(counts), "evaluations", bar))
    return rows


# filling gaps ---------------------------------------------------------------------------------------------------------


def inpainting_rows(count: int, times: int = 16, rho: float = 0.9) -> list[Row]:
    """Error of the conditional mean, as a share of the deviation that is left, with 16 steps of 1 and of 8 passes."""
    place = torch.arange(times)
    covariance = rho ** (place[:, None] - place).abs().double()
    gap = (place >= 5) & (place < 11)
    values, vectors = torch.linalg.eigh(covariance)

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return (x.double() @ vectors * (values / (values + sigma.double()[:, None, None] ** 2))) @ vectors.T

    def network(z: Tensor, time: Tensor) -> Tensor:
        angle = time.double()[:, None, None] * (pi / 2)
        return (angle.cos() * z - denoise(z / angle.cos(), angle.tan().flatten())) / angle.sin()

    generator = torch.Generator().manual_seed(1)
    known = torch.randn(count, 1, times, generator=generator, dtype=torch.float64) @ torch.linalg.cholesky(covariance).T
    matrix = covariance[gap][:, ~gap] @ torch.linalg.inv(covariance[~gap][:, ~gap])
    left = (covariance[gap][:, gap] - matrix @ covariance[~gap][:, gap]).diagonal().mean().sqrt()
    wanted = known[:, 0][:, ~gap] @ matrix.T

    def error(found: Tensor) -> float:
        """Root mean square, over known parts, of what is left of it in a regression on the known part."""
        beyond = torch.linalg.lstsq(known[:, 0][:, ~gap], found[:, 0][:, gap] - wanted).solution
        return float((known[:, 0][:, ~gap] @ beyond).square().mean().sqrt() / left)

    rows = []
    for passes in (1, 8):
        mine, peer = _both(denoise, network, known, ~gap[None, None], passes)
        what = f"inpainting, 16 steps of {passes} passes: error of the conditional mean; theirs is VInpainter"
        rows.append(Row(what, error(mine), error(peer), error(peer) / error(mine), "of the deviation", count, "-"))
        kept = float((mine - known)[..., ~gap].abs().max())
        rows.append(at_most(f"inpainting, {passes} passes: change of what is kept", kept, 0.0, "max abs", count))
    return rows


def _both(denoise: Denoise, network: Callable, known: Tensor, keep: Tensor, passes: int) -> tuple[Tensor, Tensor]:
    sigmas = noise_levels(SamplingConfig(steps=16))
    mine = inpaint(denoise, known, keep, sigmas, noise_like(known, 0), resamples=passes)
    torch.manual_seed(1)
    peer = VInpainter(net=network)(source=known, mask=keep.expand_as(known), num_steps=16, num_resamples=passes)
    return mine, peer


def main() -> None:
    """Print the table; see the top of the file."""
    options = arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    points = 1000 if options.quick else 16_000
    with torch.no_grad():
        rows = [*parity_rows(), *fewer_rows(points // 4), *convergence_rows(points), *inpainting_rows(points)]
    head = machine(["audio-diffusion-pytorch", "a-unet"])
    finish("diffusion_samplers", rows, {**head, "points": str(points)}, options.json)


if __name__ == "__main__":
    sys.exit(main())
