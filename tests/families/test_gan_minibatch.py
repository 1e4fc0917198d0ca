import numpy
import pytest
import torch

from tritone.families.gan.minibatch import with_deviation


@pytest.mark.parametrize(("batch", "group"), [(8, 4), (6, 3), (2, 2), (5, 1), (10, 2)])
def test_deviation_of_neighbours_by_numpy(batch, group):
    x = torch.randn(batch, 3, 4, 5)
    out = with_deviation(x).numpy()
    assert out.shape == (batch, 4, 4, 5)
    assert numpy.array_equal(out[:, :3], x.numpy())
    for row in range(batch):
        first = row // group * group
        wanted = numpy.sqrt(x[first : first + group].numpy().var(axis=0) + 1e-8).mean()
        assert out[row, 3] == pytest.approx(wanted, rel=1e-5)


def test_two_processes_compare_the_same_sounds():
    x = torch.randn(16, 2, 3, 3)
    assert torch.equal(with_deviation(x), torch.cat([with_deviation(x[:8]), with_deviation(x[8:])]))


def test_equal_sounds_have_finite_gradients():
    x = torch.ones(4, 1, 2, 2, requires_grad=True)
    with_deviation(x).sum().backward()
    assert torch.isfinite(x.grad).all()
