import pytest
import torch
from torch import Tensor

from tritone.nn.diffusion.config import SamplingConfig
from tritone.nn.diffusion.denoise import seeded_noise
from tritone.nn.diffusion.grids import noise_levels
from tritone.nn.diffusion.inpainting import inpaint
from tritone.nn.diffusion.samplers import sample

TIME = 12
GAP = torch.zeros(1, 1, TIME, dtype=torch.bool)
GAP[..., 4:9] = True


def correlated(rho: float) -> Tensor:
    """Covariance of a first-order autoregression of unit variance."""
    place = torch.arange(TIME, dtype=torch.float64)
    return rho ** (place[:, None] - place).abs()


def denoiser(covariance: Tensor):
    """E[x0 | x] = C (C + sigma² I)⁻¹ x, in the eigenvectors of C."""
    values, vectors = torch.linalg.eigh(covariance)

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        vector = vectors.to(x)
        return (x @ vector * (values.to(x) / (values.to(x) + sigma[:, None, None] ** 2))) @ vector.T

    return denoise


def conditional(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """What the gap is given the rest: the matrix of its mean, and its covariance."""
    gap, rest = GAP[0, 0], ~GAP[0, 0]
    matrix = covariance[gap][:, rest] @ torch.linalg.inv(covariance[rest][:, rest])
    return matrix, covariance[gap][:, gap] - matrix @ covariance[rest][:, gap]


def moments(covariance: Tensor, steps: int, resamples: int, keep: Tensor = ~GAP) -> tuple[Tensor, Tensor]:
    """The same of what `inpaint` gives, without chance: all is linear here, so unit signals in give the matrices."""
    sigmas = noise_levels(SamplingConfig(steps=steps))
    gap, rest = ~keep[0, 0], keep[0, 0]
    unit = torch.eye(TIME, dtype=torch.float64)[:, None]
    rows = TIME * (1 + 2 * steps * resamples)

    def one_number(use: int) -> Tensor:
        noise = torch.zeros(rows, 1, TIME, dtype=torch.float64)
        noise[use * TIME : (use + 1) * TIME] = unit
        return noise

    def filled(known: Tensor, noise) -> Tensor:
        return inpaint(denoiser(covariance), known, keep, sigmas, noise, resamples=resamples)[:, 0][:, gap]

    mean = filled(unit, lambda use: torch.zeros_like(unit))[rest].T
    by_noise = filled(torch.zeros(rows, 1, TIME, dtype=torch.float64), one_number)
    return mean, by_noise.T @ by_noise


def errors(rho: float, steps: int, resamples: int) -> tuple[float, float]:
    covariance = correlated(rho)
    found, true = moments(covariance, steps, resamples), conditional(covariance)
    mean, spread = (float((a - b).norm() / b.norm()) for a, b in zip(found, true, strict=True))
    return mean, spread


def test_resampling_approaches_the_true_conditional():
    means, spreads = zip(*(errors(0.8, 24, resamples) for resamples in (1, 4, 16)), strict=True)
    assert means[0] > 1.4 * means[1] > 1.4 * 1.4 * means[2]
    assert spreads[0] > 1.5 * spreads[1] > 1.5 * spreads[2]
    mean, spread = errors(0.5, 20, 24)
    assert mean < 0.08
    assert spread < 0.08


def test_one_pass_differs_from_several():
    """In audio-diffusion-pytorch 0.1.3 they are the same in the region to be filled."""
    noise = seeded_noise([1, 2, 3], (1, TIME))
    sigmas = noise_levels(SamplingConfig(steps=6))
    known = torch.randn(3, 1, TIME, generator=torch.Generator().manual_seed(1))
    one, two = (inpaint(denoiser(correlated(0.8)), known, ~GAP, sigmas, noise, resamples=n) for n in (1, 2))
    assert (one - two)[..., GAP[0, 0]].abs().mean() > 0.1


@pytest.mark.parametrize("resamples", [1, 3])
def test_what_is_kept_comes_back_bit_by_bit(resamples):
    known = torch.randn(2, 3, TIME, generator=torch.Generator().manual_seed(1)) * 1e-3
    keep = torch.stack([~GAP[0], GAP[0]])  # a mask of its own for each row
    found = inpaint(
        denoiser(correlated(0.8)), known, keep, noise_levels(SamplingConfig(steps=4)),
        seeded_noise([1, 2], (3, TIME)), resamples=resamples,
    )  # fmt: skip
    whole = keep.expand_as(known)
    assert torch.equal(found[whole], known[whole])
    assert (found[~whole] != known[~whole]).all()
    everything = torch.ones(1, 1, TIME, dtype=torch.bool)
    noise = seeded_noise([1, 2], (3, TIME))
    again = inpaint(denoiser(correlated(0.8)), known, everything, torch.tensor([8.0, 1.0, 0.0]), noise)
    assert torch.equal(again, known)


def test_where_nothing_is_kept_it_is_plain_sampling():
    config, denoise = SamplingConfig(steps=7, sampler="2m-sde"), denoiser(correlated(0.8))
    nothing = torch.zeros(1, 1, TIME, dtype=torch.bool)
    noise, known = seeded_noise([4, 9], (1, TIME)), torch.full((2, 1, TIME), torch.nan)
    found = inpaint(denoise, known, nothing, noise_levels(config), noise, resamples=1)
    torch.testing.assert_close(found, sample(denoise, (1, TIME), [4, 9], config), rtol=0, atol=1e-5)


@pytest.mark.parametrize("resamples", [1, 3])
def test_where_nothing_is_kept_resampling_leaves_the_distribution(resamples):
    covariance = correlated(0.7)
    found = moments(covariance, 32, resamples, keep=torch.zeros_like(GAP))[1]
    assert float((found - covariance).norm() / covariance.norm()) < 0.05


def test_each_row_depends_on_its_own_seed_and_sound_alone():
    known = torch.randn(4, 2, TIME, generator=torch.Generator().manual_seed(1))
    sigmas, seeds = noise_levels(SamplingConfig(steps=5)), [7, 3, 5, 1]

    def denoise(x, sigma):
        return torch.tanh(x) / (1 + sigma[:, None, None])

    whole = inpaint(denoise, known, ~GAP, sigmas, seeded_noise(seeds, (2, TIME)), resamples=2)
    for row in range(4):
        noise = seeded_noise(seeds[row : row + 1], (2, TIME))
        assert torch.equal(inpaint(denoise, known[row : row + 1], ~GAP, sigmas, noise, resamples=2)[0], whole[row])


def test_progress_and_mistakes():
    told = []
    known, noise = torch.zeros(1, 1, TIME), seeded_noise([1], (1, TIME))
    sigmas = torch.tensor([2.0, 1.0, 0.5, 0.0])
    denoise = denoiser(correlated(0.5))
    inpaint(denoise, known, ~GAP, sigmas, noise, resamples=2, show=lambda *account: told.append(account))
    assert told == [(done, 6) for done in range(1, 7)]
    with pytest.raises(ValueError, match="resamples"):
        inpaint(denoise, known, ~GAP, sigmas, noise, resamples=0)
