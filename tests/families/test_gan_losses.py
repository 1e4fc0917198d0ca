import numpy
import pytest
import torch
from torch import nn

from tritone.families.gan.losses import DISCRIMINATOR, GENERATOR, PathLength, path_lengths, zero_centred_penalty

REAL = [torch.tensor([[0.3, 2.0, -1.0], [0.5, -0.2, 1.5]]), torch.tensor([[1.2], [-3.0]])]
FAKE = [torch.tensor([[-2.0, 0.1, 0.7], [0.0, -1.5, 3.0]]), torch.tensor([[-0.4], [2.0]])]


def hinge(real, fake):
    return numpy.maximum(0, 1 - real).mean() + numpy.maximum(0, 1 + fake).mean(), -fake.mean()


def logistic(real, fake):
    both = -numpy.log(1 / (1 + numpy.exp(-real))).mean() - numpy.log(1 - 1 / (1 + numpy.exp(-fake))).mean()
    return both, -numpy.log(1 / (1 + numpy.exp(-fake))).mean()


def relativistic(real, fake):
    win = 1 / (1 + numpy.exp(-(real - fake)))
    return -numpy.log(win).mean(), -numpy.log(1 - win).mean()


@pytest.mark.parametrize("closed", [hinge, logistic, relativistic])
def test_losses_by_numpy(closed):
    name = closed.__name__
    wanted = sum(numpy.array(closed(r.double().numpy(), f.double().numpy())) for r, f in zip(REAL, FAKE, strict=True))
    assert float(DISCRIMINATOR[name](REAL, FAKE)) == pytest.approx(wanted[0], rel=1e-6)
    assert float(GENERATOR[name](REAL, FAKE)) == pytest.approx(wanted[1], rel=1e-6)


@pytest.mark.parametrize("name", ["hinge", "logistic", "relativistic"])
def test_the_generator_raises_its_logits(name):
    fake = [each.clone().requires_grad_() for each in FAKE]
    GENERATOR[name](REAL, fake).backward()
    assert all((each.grad < 0).all() for each in fake)


def test_penalty_of_a_linear_discriminator():
    """D_k(x) = A_k x + b: the gradient of the mean over places is the mean of A_k's rows, whatever x."""
    torch.manual_seed(0)
    first, second = nn.Linear(6, 3).double(), nn.Linear(6, 2).double()
    x = torch.randn(5, 6, dtype=torch.float64, requires_grad=True)
    penalty = zero_centred_penalty([first(x), second(x)], x)
    gradient = (first.weight.mean(0) + second.weight.mean(0)).detach()
    assert penalty.item() == pytest.approx(float(gradient.square().sum() / 2), rel=1e-6)
    penalty.backward()
    assert torch.allclose(first.weight.grad, gradient.expand(3, 6) / 3, atol=1e-7)


def test_penalty_of_a_quadratic_discriminator_at_two_inputs():
    """D(x, y) = |x|²/2 + 3 sum(y): the mean over the batch of (|x|² + 9 n) / 2."""
    x = torch.randn(4, 2, 3, requires_grad=True)
    y = torch.randn(4, 5, requires_grad=True)
    logits = x.square().flatten(1).sum(1, keepdim=True) / 2 + 3 * y.sum(1, keepdim=True)
    wanted = (x.detach().square().sum() / 4 + 9 * 5) / 2
    assert zero_centred_penalty([logits], [x, y]).item() == pytest.approx(float(wanted), rel=1e-5)


def test_path_length_of_a_linear_generator():
    """G(w) = sum over layers of A_l w_l: J^T y is A_l^T y whatever w, and E |A^T y|² is |A|²/places for one layer."""
    torch.manual_seed(3)
    matrices = torch.randn(2, 3, 4 * 5, dtype=torch.float64)
    styles = torch.randn(4000, 2, 3, dtype=torch.float64, requires_grad=True)
    made = torch.einsum("blw,lwp->bp", styles, matrices).reshape(4000, 1, 4, 5)
    lengths = path_lengths(made, styles, torch.arange(4000))
    wanted = matrices.square().sum((1, 2)).mean() / 20
    assert float(lengths.square().mean()) == pytest.approx(float(wanted), rel=0.05)


def test_path_length_follows_its_running_mean_and_is_shared():
    scale = torch.tensor(2.0, requires_grad=True)
    styles = torch.randn(6, 1, 4, requires_grad=True)
    seeds = torch.arange(6)

    def made():
        return (scale * styles).reshape(6, 1, 2, 2)

    regulariser = PathLength(0.1)
    lengths = path_lengths(made(), styles, seeds).detach()
    assert torch.allclose(path_lengths(made() * 3, styles, seeds), 3 * lengths, rtol=1e-5)
    average = 0.0
    for _ in range(3):
        average += 0.1 * (float(lengths.mean()) - average)
        penalty = regulariser(made(), styles, seeds)
        assert penalty.item() == pytest.approx(float((lengths - average).square().mean()), rel=1e-5)
    assert float(regulariser.state_dict()["average"]) == pytest.approx(average, rel=1e-6)
    penalty.backward()
    slope = (2 * (lengths - average) * lengths / 2).mean()
    assert float(scale.grad) == pytest.approx(float(slope), rel=1e-4)
    others = PathLength(0.5)
    others(made(), styles, seeds, mean=lambda own: own * 0 + 8.0)
    assert float(others.average) == pytest.approx(4.0)


def test_two_halves_equal_one_batch():
    seeds, values = torch.arange(8), torch.randn(8, 2, 3)

    def penalty(rows, mean):
        styles = values[rows].requires_grad_()
        made = styles.square().sum(1).reshape(len(styles), 1, 1, 3)
        regulariser = PathLength()
        found = regulariser(made, styles, seeds[rows], mean)
        return found.detach(), regulariser.average, path_lengths(made, styles, seeds[rows]).detach().mean()

    halves = slice(0, 4), slice(4, 8)
    shared = torch.stack([penalty(half, lambda own: own)[2] for half in halves]).mean()
    first, second = (penalty(half, lambda own: shared) for half in halves)
    whole = penalty(slice(0, 8), lambda own: own)
    assert first[1] == second[1]
    assert float(whole[1]) == pytest.approx(float(first[1]), rel=1e-6)
    assert float(whole[0]) == pytest.approx(float(first[0] + second[0]) / 2, rel=1e-6)
