import pytest
import torch
from torch.nn import functional

from tritone.nn.discriminators import ConvStack, Discriminators, MultiPeriod, MultiScale, fold_period
from tritone.nn.strided_conv import strided_conv

PERIODS = (2, 3, 5, 7, 11)


@pytest.mark.parametrize(
    ("capacity", "periods", "count"), [(64, (), 7_751_619), (96, PERIODS, 27_130_952), (48, PERIODS, 6_791_720)]
)
def test_sizes_are_those_of_rave_v1_v2_and_v2_small(capacity, periods, count):
    with torch.device("meta"):
        net = Discriminators(1, capacity, 3, periods)
    assert sum(parameter.numel() for parameter in net.parameters()) == count


@pytest.mark.parametrize("kernel", [5, 15])
@pytest.mark.parametrize("channels", [1, 2, 12])
@pytest.mark.parametrize("time", [1, 3, 64, 65, 66, 67])
def test_strided_conv_and_its_gradients_are_those_of_conv1d(kernel, channels, time):
    generator = torch.Generator().manual_seed(kernel + channels + time)
    x = torch.randn(3, time, channels, generator=generator, dtype=torch.float64).requires_grad_()
    weight = torch.randn(10, kernel, channels, generator=generator, dtype=torch.float64).requires_grad_()
    bias = torch.randn(10, generator=generator, dtype=torch.float64).requires_grad_()
    for slope in (1.0, 0.2):
        ours = strided_conv(x, weight, bias, slope)
        activated = functional.leaky_relu(x.transpose(1, 2), slope)
        theirs = functional.conv1d(activated, weight.transpose(1, 2), bias, 4, kernel // 2).transpose(1, 2)
        assert torch.allclose(ours, theirs)
        upper = torch.randn(ours.shape, generator=generator, dtype=torch.float64)
        for mine, other in zip(
            torch.autograd.grad(ours, (x, weight, bias), upper),
            torch.autograd.grad(theirs, (x, weight, bias), upper),
            strict=True,
        ):
            assert torch.allclose(mine, other)
            assert mine.abs().max() > 0


def reference_stack(stack, x, kernel):
    maps = []
    for layer in stack.layers:
        direction = layer.direction.transpose(1, 2)
        weight = torch._weight_norm(direction, layer.gain, 0)
        x = functional.conv1d(x, weight, layer.bias, 4, kernel // 2)
        maps.append(x)
        x = functional.leaky_relu(x, 0.2)
    return [*maps, functional.conv1d(x, stack.score.weight[..., None], stack.score.bias)]


def test_feature_maps_are_taken_before_the_activation():
    stack = ConvStack(2, 16, 15)
    x = torch.randn(2, 2, 1000)
    for ours, theirs in zip(stack(x), reference_stack(stack, x, 15), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_scales_see_the_halved_waveform():
    net = MultiScale(1, 4, 3)
    x = torch.randn(1, 1, 512)
    halved = x.reshape(1, 1, 256, 2).mean(-1)
    assert torch.allclose(net(x)[1][-1], net.nets[1](halved)[-1], atol=1e-6)
    assert [maps[0].shape[-1] for maps in net(x)] == [128, 64, 32]


def test_periods_are_a_convolution_along_every_phase():
    net = MultiPeriod(2, 4, (3,))
    x = torch.randn(2, 2, 100)
    folded = functional.pad(x, (0, 2)).reshape(2, 2, 34, 3)
    assert torch.equal(fold_period(x, 3).reshape(2, 3, 2, 34), folded.permute(0, 3, 1, 2))
    for phase in range(3):
        alone = net.nets[0](folded[..., phase])
        for ours, theirs in zip(net(x)[0], alone, strict=True):
            assert torch.allclose(ours.unflatten(0, (2, 3))[:, phase], theirs, atol=1e-6)


def test_score_is_the_last_map_and_sounds_do_not_mix():
    net = Discriminators(1, 4, 2, (2, 3))
    x = torch.randn(2, 1, 600)
    features = net(x)
    assert len(features) == 4
    assert all(len(maps) == 5 and maps[-1].shape[1] == 1 for maps in features)
    alone = net(x[1:])
    for both, single in zip(features, alone, strict=True):
        assert torch.allclose(both[-1][len(single[-1]) :], single[-1], atol=1e-6)


def test_bf16_autocast_stays_close():
    net = Discriminators(1, 8, 1, (2,))
    x = torch.randn(1, 1, 1024)
    with torch.autocast("cpu", torch.bfloat16):
        rough = net(x)
    for exact, maps in zip(net(x), rough, strict=True):
        assert maps[0].dtype == torch.bfloat16
        assert torch.allclose(maps[0].float(), exact[0], atol=0.05)
