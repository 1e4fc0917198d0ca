"""Residual quantisation against an exhaustive search; what learns, what is revived, where gradients go."""

import copy

import numpy as np
import pytest
import torch

from tritone.nn.adversarial import identity
from tritone.nn.residual_quantiser import ResidualQuantiser, StraightThrough, commitment, summed


def quantiser(**settings) -> ResidualQuantiser:
    torch.manual_seed(0)
    return ResidualQuantiser(**{"dims": 6, "levels": 3, "codes": 16, "decay": 0.9, "dead": 0.05, **settings})


def latents(seed=0, batch=4, frames=50) -> torch.Tensor:
    return torch.randn(batch, 6, frames, generator=torch.Generator().manual_seed(seed))


def test_codes_are_those_of_an_exhaustive_search():
    net, latent = quantiser(), latents()
    codes = net.encode(latent)
    books, rest = net.books.double().numpy(), latent.double().numpy().transpose(0, 2, 1).copy()
    for level in range(3):
        distances = ((rest[:, :, None] - books[level]) ** 2).sum(3)
        np.testing.assert_array_equal(codes[:, level], distances.argmin(2))
        rest -= books[level][distances.argmin(2)]
    np.testing.assert_allclose(net.decode(codes), latent.numpy() - rest.transpose(0, 2, 1), atol=1e-5)


def test_fewer_levels_are_the_first_of_all():
    net, latent = quantiser(), latents()
    codes = net.encode(latent)
    vectors = net.vectors(codes)
    for levels in (1, 2, 3):
        kept = torch.tensor([levels, 3, 1, 2])
        assert torch.equal(summed(vectors, kept)[0], net.decode(codes[:, :levels])[0])
        assert torch.equal(summed(vectors, kept)[1], net.decode(codes)[1])


def test_the_first_batch_starts_the_books():
    net, latent = quantiser(codes=32), 5 * latents(batch=16) + 3
    before = commitment(latent, net.vectors(net.encode(latent)))
    started = commitment(latent, net.learn(latent, identity))
    assert started < 0.2 * before and net.in_use() > 0.5
    assert int(net.updates) == 1


def test_learning_moves_codes_towards_what_they_serve():
    net, latent = quantiser(levels=1, dead=0.0), latents(1)
    net.updates.fill_(1)
    books, usage = net.books[0].clone(), net.usage[0].clone()
    chosen = net.encode(latent)[:, 0].flatten().numpy()
    rows = latent.transpose(1, 2).flatten(0, 1).numpy()
    net.learn(latent, identity)
    for code in range(16):
        served = rows[chosen == code]
        share = 0.9 * usage[code].item() + 0.1 * len(served) / len(rows)
        sums = 0.9 * usage[code].item() * books[code].numpy() + 0.1 * served.sum(0) / len(rows)
        np.testing.assert_allclose(net.books[0, code], sums / share, rtol=1e-4, atol=1e-6)
        assert net.usage[0, code].item() == pytest.approx(share, rel=1e-5)


def test_dead_codes_come_back_to_life():
    net = quantiser(levels=1, codes=8, decay=0.5)
    net.updates.fill_(1)
    net.books[0] = torch.cat([torch.zeros(1, 6), 100 + torch.arange(7.0)[:, None].expand(7, 6)])
    for step in range(40):
        net.learn(latents(step), identity)
    assert net.in_use() == 1.0
    assert net.books[0].abs().max() < 5


def test_learning_gives_what_the_books_gave_before():
    net, latent = quantiser(), latents()
    net.learn(latent, identity)
    expected = net.vectors(net.encode(latents(1)))
    assert torch.equal(net.learn(latents(1), identity), expected)
    assert not torch.equal(net.vectors(net.encode(latents(1))), expected)


def test_two_processes_learn_the_books_of_one():
    one, halves = quantiser(), [quantiser(), quantiser()]
    one.updates.fill_(1)
    for net in halves:
        net.updates.fill_(1)
    latent = latents(2)
    one.learn(latent, identity)
    asked: list[list[torch.Tensor]] = [[], []]
    for net, half, mine in zip(copy.deepcopy(halves), latent.chunk(2), asked, strict=True):
        net.learn(half, lambda value, mine=mine: mine.append(value) or value)
    means = [(a + b) / 2 for a, b in zip(*asked, strict=True)]
    for net, half in zip(halves, latent.chunk(2), strict=True):
        answers = iter(means)
        net.learn(half, lambda _, answers=answers: next(answers))
    for name, value in one.state_dict().items():
        torch.testing.assert_close(halves[0].state_dict()[name], value, rtol=1e-4, atol=1e-5)
        assert torch.equal(halves[0].state_dict()[name], halves[1].state_dict()[name])


def test_the_gradient_passes_straight_through_and_the_value_is_exact():
    net, latent = quantiser(), latents().requires_grad_()
    quantised = net.decode(net.encode(latent))
    through = StraightThrough.apply(latent, quantised)
    assert torch.equal(through, quantised)
    upper = torch.randn_like(through)
    through.backward(upper)
    assert torch.equal(latent.grad, upper)


def test_commitment_pulls_the_encoder_alone():
    net, latent = quantiser(), latents().requires_grad_()
    vectors = net.vectors(net.encode(latent)).requires_grad_()
    loss = commitment(latent, vectors)
    loss.backward()
    left, expected, slope = latent.detach().numpy(), [], 0
    for level in range(3):
        left = left - vectors.detach()[:, level].numpy()
        expected.append((left**2).mean())
        slope = slope + 2 * left / left.size / 3
    assert loss.item() == pytest.approx(np.mean(expected), rel=1e-5)
    np.testing.assert_allclose(latent.grad, slope, atol=1e-7)
    assert vectors.grad is None and not list(net.parameters())


def test_bits_a_second():
    net = quantiser(levels=4, codes=10)
    assert net.facts(50.0)["bits_per_second"] == 4 * 4 * 50
    assert net.facts(50.0)["bits_per_second_by_usage"] == pytest.approx(4 * np.log2(10) * 50)
    net.usage.zero_()
    net.usage[:, 0] = net.usage[:, 1] = 0.5
    assert net.facts(50.0)["bits_per_second_by_usage"] == pytest.approx(4 * 50)
    assert net.facts(50.0)["codes_in_use"] == 8
