import pytest
import torch
from torch import nn

from tritone.nn.adversarial import feature_matching, frozen, hinge_discriminator, hinge_generator


def column(*values):
    return torch.tensor(values).reshape(1, 1, -1)


REAL = [[column(1.0, 2.0), column(4.0, -2.0)], [column(0.0, 1.0), column(0.5, 3.0)]]
FAKE = [[column(3.0, 2.0), column(-3.0, 1.0)], [column(1.0, 1.0), column(-0.5, 0.0)]]


def test_hinge_by_hand():
    first = (0 + 3) / 2 + (0 + 2) / 2
    second = (0.5 + 0) / 2 + (0.5 + 1) / 2
    assert float(hinge_discriminator(REAL, FAKE)) == pytest.approx(first + second)
    assert float(hinge_generator(FAKE)) == pytest.approx(1 + 0.25)


def test_feature_matching_by_hand():
    absolute = [((2 + 0) / 2, (7 + 3) / 2), ((1 + 0) / 2, (1 + 3) / 2)]
    assert float(feature_matching(REAL, FAKE, relative=False)) == pytest.approx(sum(map(sum, absolute)) / 4)
    relative = (5 / 3 + 2 / 1.75) / 2
    assert float(feature_matching(REAL, FAKE, relative=True, skip=1)) == pytest.approx(relative)
    shared = feature_matching(REAL, FAKE, relative=True, skip=1, mean=lambda own: torch.tensor(2.0))
    assert float(shared) == pytest.approx((5 / 2 + 2 / 2) / 2)


def test_real_features_get_no_gradient():
    real, fake = column(1.0, 2.0).requires_grad_(), column(2.0, 0.0).requires_grad_()
    feature_matching([[real]], [[fake]], relative=True).backward()
    assert real.grad is None
    assert torch.allclose(fake.grad, column(0.5, -0.5) / 1.5)


def test_frozen_restores_what_was_and_lets_the_input_learn():
    module = nn.Linear(2, 1)
    module.bias.requires_grad_(False)
    x = torch.ones(1, 2, requires_grad=True)
    with pytest.raises(RuntimeError, match="stop"), frozen(module):
        module(x).sum().backward()
        raise RuntimeError("stop")
    assert module.weight.grad is None
    assert torch.equal(x.grad, module.weight.detach())
    assert module.weight.requires_grad
    assert not module.bias.requires_grad
