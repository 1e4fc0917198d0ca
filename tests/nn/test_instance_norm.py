"""Styles: against numpy, and that nothing is left behind in a network."""

import copy

import numpy as np
import torch
from torch import nn

from tritone.nn.instance_norm import AdaptiveInstanceNorm, Statistics, exchange, learn, statistics, styled


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        AdaptiveInstanceNorm(2), nn.Conv1d(2, 3, 3), nn.Tanh(), AdaptiveInstanceNorm(3), nn.Conv1d(3, 1, 1)
    ).eval()


def test_statistics_are_numpys():
    signal = torch.randn(2, 5, 40) * torch.arange(1, 6)[:, None] + 3
    found = statistics(signal)
    np.testing.assert_allclose(found.mean, signal.numpy().mean((0, 2)), rtol=1e-5)
    np.testing.assert_allclose(found.std, signal.numpy().std((0, 2)), rtol=1e-5)


def test_exchange_is_the_papers_equation():
    content, style = torch.randn(1, 4, 60) * 2 + 1, torch.randn(1, 4, 90) * 0.3 - 2
    output = exchange(content, statistics(content), statistics(style)).numpy()
    x, y = content.numpy(), style.numpy()
    normed = (x - x.mean(2, keepdims=True)) / x.std(2, keepdims=True)
    np.testing.assert_allclose(output, y.std(2, keepdims=True) * normed + y.mean(2, keepdims=True), atol=1e-5)


def test_a_channel_that_rests_stays_finite():
    still = torch.full((1, 1, 10), 0.7)
    given = exchange(still, statistics(still), Statistics(torch.tensor([2.0]), torch.tensor([5.0])))
    torch.testing.assert_close(given, torch.full((1, 1, 10), 2.0), rtol=0, atol=0.1)


def test_places_pass_everything_through_without_a_style():
    net = network()
    plain = nn.Sequential(*(layer for layer in net if not isinstance(layer, AdaptiveInstanceNorm)))
    signal = torch.randn(1, 2, 30)
    assert torch.equal(net(signal), plain(signal))
    with styled(net, None):
        assert torch.equal(net(signal), plain(signal))


@torch.no_grad()
def test_behind_every_place_the_source_has_the_targets_statistics():
    net = network()
    source, target = torch.randn(1, 2, 200) * 3 + 1, torch.randn(1, 2, 150) * 0.5
    style = learn(net, lambda: net(source), lambda: net(target))
    behind = []
    for place in (net[0], net[3]):
        place.register_forward_hook(lambda *arguments: behind.append(statistics(arguments[2])))
    with styled(net, style):
        net(source)
    # hooks run in the order they came: those of the test before those of the style, so they see the source's
    for found, wanted in zip(behind, style.source, strict=True):
        torch.testing.assert_close(found.mean, wanted.mean, rtol=1e-4, atol=1e-5)
    inside = net[1](exchange(source, style.source[0], style.target[0]))
    first, second = statistics(exchange(source, style.source[0], style.target[0])), statistics(net[2](inside))
    torch.testing.assert_close(first.std, statistics(target).std, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(second.std, style.source[1].std, rtol=1e-4, atol=1e-5)
    wanted = statistics(net[2](net[1](target)))
    torch.testing.assert_close(style.target[1].mean, wanted.mean, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_style_of_itself_changes_nothing_and_nothing_stays_behind():
    net = network()
    before = copy.deepcopy(net.state_dict())
    sound, other = torch.randn(1, 2, 100), torch.randn(1, 2, 80) * 4
    plain = net(sound)
    own = learn(net, lambda: net(sound), lambda: net(sound))
    with styled(net, own):
        torch.testing.assert_close(net(sound), plain, rtol=0, atol=1e-5)
    with styled(net, learn(net, lambda: net(sound), lambda: net(other))):
        assert (net(sound) - plain).abs().max() > 0.1
    assert torch.equal(net(sound), plain)
    assert net.state_dict().keys() == before.keys() and not any(module._forward_hooks for module in net)
