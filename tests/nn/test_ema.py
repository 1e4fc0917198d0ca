import pytest
import torch
from torch import nn

from tritone.nn.ema import Ema


def fill(module, value):
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            tensor.fill_(value)


def test_closed_form_after_warm_up_and_before():
    module = nn.BatchNorm1d(3)
    fill(module, 0)
    ema = Ema(module, 0.9)
    expected = 0.0
    for step in range(200):
        fill(module, step + 1)
        ema.update(module, step)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * (step + 1)
    assert float(ema.averaged.weight[0]) == pytest.approx(expected, rel=1e-5)
    assert float(ema.averaged.running_mean[0]) == pytest.approx(expected, rel=1e-5)
    assert int(ema.averaged.num_batches_tracked) == 200


def test_constant_weights_with_full_decay_follow_the_geometric_series():
    module = nn.Linear(1, 1)
    fill(module, 0)
    ema = Ema(module, 0.5)
    fill(module, 1)
    for step in range(100, 110):
        ema.update(module, step)
    assert float(ema.averaged.weight.detach()) == pytest.approx(1 - 0.5**10)


def test_independent_of_the_online_weights():
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).train()
    ema = Ema(module, 0.9)
    before = {name: value.clone() for name, value in ema.state_dict().items()}
    fill(module, 7)
    assert all(torch.equal(value, before[name]) for name, value in ema.state_dict().items())
    assert not ema.averaged.training
    assert not any(parameter.requires_grad for parameter in ema.averaged.parameters())
    assert module.training
    assert all(parameter.requires_grad for parameter in module.parameters())
    pointers = {tensor.data_ptr() for tensor in module.state_dict().values()}
    assert pointers.isdisjoint(tensor.data_ptr() for tensor in ema.state_dict().values())


def test_state_goes_out_and_in():
    first, second = Ema(nn.Linear(2, 2), 0.9), Ema(nn.Linear(2, 2), 0.9)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.averaged.weight, second.averaged.weight)
    fill(first.averaged, 3)
    assert not torch.equal(first.averaged.weight, second.averaged.weight)
