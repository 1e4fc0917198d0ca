"""The mapping network against the formulas of its papers."""

import numpy
import pytest
import torch

from tritone.families.gan.mapping import EqualisedLinear, Mapping, pixel_norm


def leaky(values):
    return numpy.where(values > 0, values, 0.2 * values) * 2**0.5


def normed(values):
    return values / numpy.sqrt((values**2).mean(-1, keepdims=True) + 1e-8)


def layer(module, values):
    weight, bias = module.weight.detach().numpy(), module.bias.detach().numpy()
    return values @ weight.T * module.rate / weight.shape[1] ** 0.5 + bias * module.rate


def test_pixel_norm_gives_every_row_unit_mean_square():
    rows = torch.randn(5, 32) * torch.tensor([1e-2, 0.1, 1, 10, 1e3])[:, None]
    assert torch.allclose(pixel_norm(rows).square().mean(-1), torch.ones(5), atol=2e-4)


@pytest.mark.parametrize("rate", [1.0, 0.01])
def test_a_fresh_layer_keeps_the_variance_whatever_its_rate(rate):
    torch.manual_seed(1)
    outputs = EqualisedLinear(256, 512, rate=rate)(torch.randn(256, 256))
    assert outputs.std().item() == pytest.approx(1, abs=0.02)
    assert EqualisedLinear(4, 3, bias=1.0, rate=rate)(torch.zeros(1, 4)).tolist() == [pytest.approx([1.0] * 3)]


def test_a_layer_of_rate_one_hundredth_learns_a_hundred_times_slower():
    moved = []
    for rate in (1.0, 0.01):
        torch.manual_seed(2)
        linear = EqualisedLinear(16, 16, rate=rate).double()
        vectors = torch.randn(8, 16, dtype=torch.float64)
        before = linear(vectors)
        before.sum().backward()
        with torch.no_grad():
            for parameter in linear.parameters():  # a step as Adam's: the size of a gradient does not matter
                parameter -= 1e-3 * parameter.grad.sign()
        moved.append((linear(vectors) - before).abs().mean().item())
    assert moved[0] / moved[1] == pytest.approx(100, rel=1e-6)


@pytest.mark.parametrize("condition", [0, 3])
def test_the_network_is_the_formula(condition):
    torch.manual_seed(3)
    mapping = Mapping(8, 12, 4, condition).double()
    z, asked = torch.randn(5, 8, dtype=torch.float64), torch.randn(5, condition, dtype=torch.float64)
    hidden = normed(z.numpy())
    if condition:
        hidden = numpy.concatenate([hidden, normed(layer(mapping.embedding, asked.numpy()))], -1)
    for module in mapping.layers:
        hidden = leaky(layer(module, hidden))
    numpy.testing.assert_allclose(mapping(z, asked).detach().numpy(), hidden, atol=1e-12)


def test_the_paper_s_network_has_its_size():
    assert sum(parameter.numel() for parameter in Mapping(32, 64, 6).parameters()) == 22_912


def test_styles_have_about_unit_size_and_differ():
    torch.manual_seed(4)
    styles = Mapping(64, 128, 4)(torch.randn(256, 64), torch.zeros(256, 0))
    assert 0.5 < styles.square().mean().sqrt() < 2
    assert styles.std(0).mean() > 0.2


def test_labels_and_tempos_each_change_the_style():
    torch.manual_seed(5)
    z = torch.randn(1, 16).expand(4, -1)
    labelled = Mapping(16, 16, 2, 3)(z, torch.tensor([[1, 0, 0], [0, 1, 0], [1, 0, 0.5], [1, 0, 0.6]]))
    alone = Mapping(16, 16, 2, 1)(z, torch.tensor([[0.2], [0.3], [0.4], [0.5]]))
    for styles in (labelled, alone):
        assert (torch.cdist(styles, styles) + 9 * torch.eye(4)).min() > 0.01


def test_autocast_leaves_styles_in_full_precision():
    mapping, z = Mapping(16, 16, 3), torch.randn(2, 16)
    with torch.autocast("cpu", torch.bfloat16):
        inside = mapping(z, torch.zeros(2, 0))
    assert torch.equal(inside, mapping(z, torch.zeros(2, 0)))
