"""The causal network: what it computes, how far it hears, and that a frame at a time it says the same."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from tritone.families.prior.networks import FLOOR, Block, CausalNetwork

DIMS, WIDTH, FRAMES = 3, 8, 40


def network(kernel=2, dilations=(1, 3, 5)):
    torch.manual_seed(1)
    made = CausalNetwork(DIMS, WIDTH, kernel, dilations, 0.0)
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.4)
    return made.eval()


@pytest.mark.parametrize(("kernel", "dilation"), [(2, 1), (2, 5), (3, 2)])
def test_a_block_is_a_dilated_convolution(kernel, dilation):
    torch.manual_seed(1)
    block = Block(WIDTH, kernel, dilation, 0.0)
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.4)
    x = torch.randn(2, FRAMES, WIDTH)
    normed = x / x.square().mean(-1, keepdim=True).add(FLOOR).sqrt() * block.norm.weight
    weight = block.gate.weight.reshape(2 * WIDTH, kernel, WIDTH).transpose(1, 2)
    padded = functional.pad(normed.mT, ((kernel - 1) * dilation, 0))
    value, gate = functional.conv1d(padded, weight, block.gate.bias, dilation=dilation).mT.chunk(2, -1)
    expected = x + functional.linear(value * gate * gate.sigmoid(), block.out.weight, block.out.bias)
    torch.testing.assert_close(block(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kernel", "dilations"), [(2, (1, 3, 5)), (3, (1, 2))])
def test_a_frame_hears_exactly_its_reach_and_nothing_later(kernel, dilations):
    heard = network(kernel, dilations)
    frames = torch.randn(1, FRAMES, DIMS, requires_grad=True)
    place = 30
    heard(frames, torch.zeros(1, WIDTH))[0, place].square().sum().backward()
    moved = frames.grad[0].abs().sum(-1).nonzero()[:, 0]
    assert int(moved.min()) == place - heard.reach and int(moved.max()) == place
    assert heard.reach == (kernel - 1) * sum(dilations)


def test_future_frames_change_no_bit():
    heard, frames, told = network(), torch.randn(2, FRAMES, DIMS), torch.randn(2, WIDTH)
    other = frames.clone()
    other[:, 20:] = 9.0
    assert torch.equal(heard(frames, told)[:, :20], heard(other, told)[:, :20])
    assert not torch.equal(heard(frames, told)[:, 20:], heard(other, told)[:, 20:])


@pytest.mark.parametrize(("kernel", "dilations"), [(2, (1, 3, 5)), (3, (1, 2)), (2, (50,))])
def test_one_frame_at_a_time_says_the_same(kernel, dilations):
    heard, frames, told = network(kernel, dilations), torch.randn(2, FRAMES, DIMS), torch.randn(2, WIDTH)
    state, said = heard.initial_state(2), []
    for frame in frames.unbind(1):
        each, state = heard.step(frame, told, state)
        said.append(each)
    torch.testing.assert_close(torch.stack(said, 1), heard(frames, told), rtol=1e-4, atol=1e-5)
    assert [part.shape[1] for part in state] == [(kernel - 1) * dilation for dilation in dilations]


def test_fresh_blocks_pass_on_what_they_are_given():
    block, x = Block(WIDTH, 2, 1, 0.5), torch.randn(1, 4, WIDTH)
    assert torch.equal(block(x), x)


def test_what_is_said_is_bounded_whatever_is_heard():
    heard, told = network(), torch.zeros(1, WIDTH)
    said = heard(1e6 * torch.randn(1, FRAMES, DIMS), told)
    bound = float(heard.leave.weight.abs().max().detach()) * WIDTH**0.5
    assert said.shape[-1] == heard.says and float(said.abs().max().detach()) <= max(bound, heard.limit) + 1e-3
