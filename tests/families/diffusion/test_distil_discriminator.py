"""The discriminator is the first part of the teacher; its losses and slopes are their closed forms."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from tritone.families.diffusion.distil_discriminator import Discriminator, relativistic, slope
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.config import NetworkConfig, TransformerConfig, UNetConfig
from tritone.nn.diffusion.networks import build_network
from tritone.nn.diffusion.objective import Denoiser

UNET = NetworkConfig(
    unet=UNetConfig(
        (8, 12, 16), (2, 2, 2), (1, 1, 2), (0, 0, 1), (0, 0, 1), heads=2, head_features=4, features=16, groups=4
    )
)
TRANSFORMER = NetworkConfig(
    "transformer", transformer=TransformerConfig(width=16, depth=4, heads=2, patch=2, features=16)
)
KINDS = pytest.mark.parametrize("config", [UNET, TRANSFORMER], ids=["unet", "transformer"])


def denoiser(config):
    """With weights that are far from silent: fresh networks give zero."""
    torch.manual_seed(0)
    made = Denoiser(build_network(config, inputs=3, outputs=3, vector=5, tokens=6), "v")
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return made.requires_grad_(False).eval()


def asked(rows=4, time=32):
    generator = torch.Generator().manual_seed(1)
    signal, vector = torch.randn(rows, 3, time, generator=generator), torch.randn(rows, 5, generator=generator)
    mask = torch.arange(7) < 1 + torch.arange(rows)[:, None]
    told = Conditions(vector=vector, tokens=torch.randn(rows, 7, 6, generator=generator), mask=mask)
    return signal, torch.linspace(0.1, 4, rows), told


@KINDS
def test_it_sees_what_the_teacher_sees_up_to_a_hidden_layer(config):
    teacher = denoiser(config)
    discriminator, body = Discriminator(teacher), teacher.network.body
    layers = body.blocks[1:2] if config.kind == "transformer" else body.down[1:]
    seen = []
    hooks = [layer.register_forward_hook(lambda module, given, rows: seen.append(rows)) for layer in layers]
    signal, sigma, told = asked()
    teacher(signal, sigma, told)
    for hook in hooks:
        hook.remove()
    heard = []
    for head in discriminator.heads:
        head.register_forward_pre_hook(lambda module, given: heard.append(given[0]))
    discriminator(signal, sigma, told)
    assert len(heard) == len(seen) == len(discriminator.heads)
    for mine, theirs in zip(heard, seen, strict=True):
        torch.testing.assert_close(mine, theirs)


@KINDS
def test_it_learns_on_a_copy(config):
    teacher = denoiser(config)
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    discriminator = Discriminator(teacher)
    assert all(parameter.requires_grad for parameter in discriminator.parameters())
    assert not any(parameter.requires_grad for parameter in teacher.parameters())
    sum(scores.square().mean() for scores in discriminator(*asked())).backward()
    assert all(parameter.grad is not None for parameter in discriminator.parameters())
    with torch.no_grad():
        for parameter in discriminator.parameters():
            parameter.add_(1.0)
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())


@KINDS
@pytest.mark.parametrize("time", [1, 29, 40])
def test_any_length_and_every_row_by_itself(config, time):
    discriminator = Discriminator(denoiser(config)).eval()
    signal, sigma, told = asked(time=time)
    together = discriminator(signal, sigma, told)
    for scores in together:
        assert scores.shape[0] == 4 and scores.isfinite().all() and scores.dtype == torch.float32
    for row in range(4):
        alone = discriminator(signal[row : row + 1], sigma[row : row + 1], told.rows(slice(row, row + 1)))
        for one, all_of_them in zip(alone, together, strict=True):
            torch.testing.assert_close(one[0], all_of_them[row], rtol=1e-4, atol=1e-5)


@KINDS
@torch.no_grad()
def test_what_is_told_and_how_much_noise_there_is_matter(config):
    discriminator = Discriminator(denoiser(config)).eval()
    signal, sigma, told = asked()
    scores = discriminator(signal, sigma, told)[-1]
    for other in (
        discriminator(signal, 2 * sigma, told)[-1],
        discriminator(signal, sigma, Conditions(vector=-told.vector, tokens=told.tokens, mask=told.mask))[-1],
        discriminator(signal, sigma, Conditions(vector=told.vector, tokens=-told.tokens, mask=told.mask))[-1],
    ):
        assert float((scores - other).abs().max()) > 1e-3


def test_networks_that_it_does_not_know_are_refused():
    with pytest.raises(TypeError, match="Linear"):
        Discriminator(Denoiser(torch.nn.Linear(1, 1), "v"))


def test_relativistic_loss_and_gradient_are_the_closed_forms():
    rng = np.random.default_rng(3)
    real, made = rng.normal(0, 4, (2, 5, 7)), rng.normal(1, 4, (2, 5, 7))
    better, worse = ([torch.tensor(part, requires_grad=True) for part in parts] for parts in (real, made))
    loss = relativistic(better, worse)
    assert loss.item() == pytest.approx(np.mean(np.logaddexp(0, made - real)), rel=1e-12)
    loss.backward()
    pull = expit(made - real) / real.size
    np.testing.assert_allclose(np.stack([each.grad for each in better]), -pull, rtol=1e-10)
    np.testing.assert_allclose(np.stack([each.grad for each in worse]), pull, rtol=1e-10)


def test_each_head_counts_as_much_however_many_places_it_has():
    better = [torch.zeros(3, 2), torch.zeros(3, 50)]
    worse = [torch.full((3, 2), 4.0), torch.full((3, 50), -4.0)]
    assert relativistic(better, worse).item() == pytest.approx((np.logaddexp(0, 4) + np.logaddexp(0, -4)) / 2, rel=1e-6)


def test_slope_is_half_the_mean_squared_gradient():
    """Of scores that are linear in the signal the gradient is known; over many rows the directions average out."""
    weights = torch.randn(6, 2, 5, generator=torch.Generator().manual_seed(4), dtype=torch.float64)

    def judge(x):
        return [torch.einsum("bct,pct->bp", x, weights)]

    rows = 20_000
    found = slope(judge, torch.zeros(rows, 2, 5, dtype=torch.float64), torch.arange(rows))
    assert found.item() == pytest.approx(weights.square().sum((1, 2)).mean().item() / 2, rel=0.02)


def test_slope_of_curved_scores_is_that_at_the_signal():
    rows = 20_000
    x = torch.full((rows, 1, 1), 0.7, dtype=torch.float64)
    found = slope(lambda signal: [torch.sin(3 * signal[:, 0])], x, torch.arange(rows))
    assert found.item() == pytest.approx((3 * np.cos(2.1)) ** 2 / 2, rel=0.03)
