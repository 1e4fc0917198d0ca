import numpy
import pytest
import torch
from scipy.signal import convolve2d

from tritone.families.gan.losses import DISCRIMINATOR, zero_centred_penalty
from tritone.families.gan.residual import EqualisedConv, ResidualBlock, ResidualDiscriminator, blurred


def small(**more):
    return ResidualDiscriminator(**{"channels": 2, "mels": 16, "frames": 48, "width": 4, "most": 12, **more})


def test_blocks_halve_to_four_and_double_channels_up_to_most():
    judged = small()
    assert [(block.two.weight.shape[1], block.two.weight.shape[0]) for block in judged.blocks] == [(4, 8), (8, 12)]
    assert judged.dense.weight.shape == (12, 12 * 4 * 12)
    (logits,) = judged([[torch.randn(3, 2, 16, 48)]])
    assert logits.shape == (3, 1)


@pytest.mark.parametrize(("mels", "frames"), [(64, 192), (17, 21), (7, 40), (4, 4)])
def test_any_size(mels, frames):
    (logits,) = small(mels=mels, frames=frames)([[torch.randn(2, 2, mels, frames)]])
    assert logits.shape == (2, 1)


def test_blur_by_scipy():
    x = torch.randn(2, 3, 7, 9)
    taps = numpy.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64
    for padding, stride in ((2, 1), (1, 2)):
        made = blurred(x, padding, stride).numpy()
        for row in range(2):
            for channel in range(3):
                image = numpy.pad(x[row, channel].numpy(), padding)
                wanted = convolve2d(image, taps, mode="valid")[::stride, ::stride]
                assert numpy.allclose(made[row, channel], wanted, atol=1e-5)


def test_a_block_is_the_sum_of_two_blurred_ways():
    """With convolutions that pass one channel on, a constant map is known by hand away from the border."""
    block = ResidualBlock(1, 1)
    with torch.no_grad():
        for conv in (block.one, block.two):
            conv.weight.zero_()
            conv.weight[0, 0, 1, 1] = 3.0
        block.beside.weight.fill_(5.0)
        inner = block(torch.full((1, 1, 12, 12), 0.7))[0, 0]
    assert inner.shape == (6, 6)
    assert torch.allclose(inner[2:4, 2:4], torch.tensor((0.7 * 2 + 0.7 * 5) / 2**0.5), atol=1e-5)


def test_layers_start_at_unit_variance():
    x = torch.randn(64, 50, 8, 8)
    assert float(EqualisedConv(50, 80, 3)(x)[..., 1:-1, 1:-1].detach().std()) == pytest.approx(1.0, rel=0.05)
    even = torch.randn(64, 50, 1, 1).expand(64, 50, 16, 16)  # noise would lose to the blur
    made = ResidualBlock(50, 80)(even)[..., 3:5, 3:5].detach()
    assert float(made.square().mean().sqrt()) == pytest.approx(1.0, rel=0.15)


def test_r1_reaches_every_weight():
    judged = small(condition=2)
    x = torch.randn(4, 2, 16, 48, requires_grad=True)
    zero_centred_penalty(judged([[x]], torch.randn(4, 2)), x).backward()
    weights = [each for name, each in judged.named_parameters() if name.endswith("weight")]
    assert all(each.grad.abs().sum() > 0 for each in weights)


def test_r1_against_finite_differences():
    judged = small(mels=4, frames=8).double()
    x = torch.randn(1, 2, 4, 8, dtype=torch.float64, requires_grad=True)
    penalty = zero_centred_penalty(judged([[x]]), x).item()
    steps = torch.eye(x.numel(), dtype=torch.float64).reshape(-1, 2, 4, 8) * 1e-5
    with torch.no_grad():
        slopes = torch.stack([(judged([[x + d]])[0] - judged([[x - d]])[0]).squeeze() / 2e-5 for d in steps])
    assert penalty == pytest.approx(float(slopes.square().sum() / 2), rel=1e-4)


def test_the_condition_is_an_inner_product():
    judged = small(condition=2)
    with torch.no_grad():
        judged.embedding.bias.zero_()
        x = [[torch.randn(2, 2, 16, 48)]]
        plain, one, twice = (judged(x, torch.tensor([[value, 0.0]] * 2))[0] for value in (0.0, 1.0, 2.0))
    assert torch.allclose(twice - plain, 2 * (one - plain), atol=1e-5)
    assert not torch.allclose(one, plain, atol=1e-4)


def test_two_processes_judge_as_one():
    judged = small()
    x = torch.randn(8, 2, 16, 48)
    (whole,), (first,), (second,) = judged([[x]]), judged([[x[:4]]]), judged([[x[4:]]])
    assert torch.allclose(whole, torch.cat([first, second]), atol=1e-5)


def test_bf16():
    judged = small()
    with torch.autocast("cpu", torch.bfloat16):
        logits = judged([[torch.randn(4, 2, 16, 48)]])
        assert all(each.dtype == torch.float32 for each in logits)
        DISCRIMINATOR["logistic"](logits, logits).backward()
    assert all(torch.isfinite(each.grad).all() for each in judged.parameters())
