import numpy as np
import pytest
import torch
from scipy import stats

from tritone.nn.diffusion.config import NoiseConfig
from tritone.nn.diffusion.times import draw_sigma
from tritone.nn.noise import sample_normal, sample_uniform

SEEDS = range(3000)


def time_of(sigma, objective):
    return sigma / (1 + sigma) if objective == "flow" else np.arctan(sigma) * 2 / np.pi


@pytest.mark.parametrize("objective", ["v", "epsilon", "x0", "flow"])
def test_distributions(objective):
    """Kolmogorov-Smirnov against scipy's own; seeds are fixed, so this cannot fail by chance."""

    def p(law, sigma_to, **config):
        sigma = draw_sigma(SEEDS, NoiseConfig(objective=objective, **config)).double().numpy()
        assert sigma.shape == (3000,)
        assert (sigma >= 0).all() and np.isfinite(sigma).all()
        return stats.kstest(sigma_to(sigma), law).pvalue

    def logit(sigma):
        time = time_of(sigma, objective)
        return np.log(time / (1 - time))

    assert p(stats.uniform.cdf, lambda sigma: time_of(sigma, objective), times="uniform") > 0.01
    shifted = stats.norm(0.4, 0.7).cdf
    assert p(shifted, logit, times="logit-normal", times_mean=0.4, times_std=0.7) > 0.01
    assert p(shifted, np.log, times="log-snr", times_mean=0.4, times_std=0.7) > 0.01


@pytest.mark.parametrize("times", ["uniform", "logit-normal", "log-snr"])
def test_each_row_from_its_own_seed(times):
    config = NoiseConfig(times=times)
    whole = draw_sigma([5, 6, 7, 8], config)
    assert torch.equal(draw_sigma(torch.tensor([7, 5]), config), whole[[2, 0]])
    assert len(set(whole.tolist())) == 4
    assert torch.equal(draw_sigma([5], config, sigma_data=0.5), whole[:1] / 2)
    assert draw_sigma([], config).shape == (0,)


def test_levels_are_independent_of_the_noise_of_the_same_seeds():
    for times, drawn in (("log-snr", sample_normal), ("uniform", sample_uniform)):
        level = draw_sigma(SEEDS, NoiseConfig(times=times)).atan()
        first = drawn(SEEDS, (1,))[:, 0]
        assert abs(float(torch.corrcoef(torch.stack([level, first]))[0, 1])) < 0.06  # 3.3 standard errors


def test_far_draws_stay_finite():
    for objective in ("v", "flow"):
        config = NoiseConfig(objective=objective, times="logit-normal", times_mean=200.0)
        sigma = draw_sigma([1, 2], config)
        assert torch.isfinite(sigma).all() and (sigma > 1e6).all()
