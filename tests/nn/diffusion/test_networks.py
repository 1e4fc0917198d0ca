"""Both networks behind one face: any length, circles, silent conditions, precision, mistakes."""

import copy
from dataclasses import replace

import pytest
import torch

from tritone.errors import UserError
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.config import NetworkConfig, TransformerConfig, UNetConfig
from tritone.nn.diffusion.networks import Network, build_network

UNET = UNetConfig(
    channels=(8, 16, 24), factors=(1, 4, 2), items=(1, 1, 1), attentions=(0, 0, 1), cross_attentions=(0, 0, 1),
    context_level=1, heads=2, head_features=8, features=32, groups=4,
)  # fmt: skip
TRANSFORMER = TransformerConfig(width=32, depth=2, heads=2, patch=4, features=16)
KINDS = {
    "unet": NetworkConfig(kind="unet", unet=UNET),
    "transformer": NetworkConfig(kind="transformer", transformer=TRANSFORMER),
}
TOLD = {"channels": 2, "context": 3, "vector": 5, "tokens": 6}


@pytest.fixture(params=list(KINDS))
def network(request) -> Network:
    """A network that is told everything, with random weights."""
    torch.manual_seed(0)
    made = build_network(KINDS[request.param], inputs=2, outputs=1, **TOLD)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return made.requires_grad_(False)


def everything(samples: int, batch: int = 2) -> Conditions:
    torch.manual_seed(1)
    return Conditions(
        channels=torch.randn(batch, 2, samples),
        context=torch.randn(batch, 3, 5),
        vector=torch.randn(batch, 5),
        tokens=torch.randn(batch, 4, 6),
        mask=torch.tensor([[True, True, False, True], [True, False, False, True]])[:batch],
    )


@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize("samples", [1, 7, 8, 37, 64])
def test_any_length_comes_out_as_it_went_in(network, samples, circular):
    x = torch.randn(2, 2, samples)
    estimate = network(x, torch.rand(2), everything(samples), circular)
    assert estimate.shape == (2, 1, samples)
    assert torch.isfinite(estimate).all()


def test_an_open_end_is_a_mirror(network):
    """37 samples give what the multiple of the ratio gives that they are the start of, mirrored at their end."""
    x, time, told = torch.randn(2, 2, 37), torch.rand(2), everything(37)
    told = replace(told, context=None)
    mirrored = [torch.cat([signal, signal.flip(-1)[..., :3]], -1) for signal in (x, told.channels)]
    expected = network(mirrored[0], time, replace(told, channels=mirrored[1]))[..., :37]
    torch.testing.assert_close(network(x, time, told), expected, atol=1e-5, rtol=1e-5)


def test_a_circle_of_whole_frames_rolls_exactly(network):
    told, x, time, ratio = everything(64), torch.randn(2, 2, 64), torch.rand(2), network.ratio
    told = replace(told, context=torch.randn(2, 3, 8))
    rolled = replace(told, channels=told.channels.roll(8, -1), context=told.context.roll(1, -1))
    assert 8 % ratio == 0
    expected = network(x, time, told, True).roll(8, -1)
    torch.testing.assert_close(network(x.roll(8, -1), time, rolled, True), expected, atol=1e-4, rtol=1e-3)


def test_a_circle_of_any_length_closes_as_smoothly_as_it_goes_on(network):
    """On a smooth period of 83 samples the step over the seam is no larger than those elsewhere."""
    angle = 2 * torch.pi * torch.arange(83) / 83
    x = torch.stack([angle.sin(), (2 * angle).cos()])[None]
    told = Conditions(context=torch.ones(1, 3, 1), channels=x)
    around = network(x, torch.tensor([0.3]), told, True)[0, 0]
    # the end behind the seam is what the network gave for the same moment as the continuation of the sound
    unrolled = torch.cat([x[..., -network.ratio :], x, x], -1)[..., : 104 if network.ratio == 8 else 92]
    straight = network(unrolled, torch.tensor([0.3]), replace(told, channels=unrolled))[0, 0, network.ratio :]
    torch.testing.assert_close(around[-1], straight[82], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(around[0], straight[83], atol=1e-5, rtol=1e-4)


def test_what_is_not_told_is_silent(network):
    x, time = torch.randn(2, 2, 40), torch.rand(2)
    silence = Conditions(
        channels=torch.zeros(2, 2, 40), tokens=torch.randn(2, 4, 6), mask=torch.zeros(2, 4, dtype=torch.bool)
    )
    torch.testing.assert_close(network(x, time), network(x, time, silence), atol=1e-6, rtol=1e-6)


def test_masked_tokens_are_not_heard(network):
    x, time, told = torch.randn(2, 2, 40), torch.rand(2), everything(40)
    other = replace(told, tokens=torch.where(told.mask[..., None], told.tokens, torch.tensor(1e6)))
    assert torch.equal(network(x, time, told), network(x, time, other))
    assert (network(x, time, replace(told, mask=None)) - network(x, time, told)).abs().max() > 1e-4


def test_bf16_plays_near_float32_and_its_copy_too(network):
    x, time, told = torch.randn(2, 2, 64), torch.rand(2), everything(64)
    exact = network(x, time, told)
    network.use_precision("bf16")
    rounded = network(x, time, told)
    assert rounded.dtype == torch.float32
    error = (rounded - exact).square().mean() / exact.square().mean()
    assert 1e-12 < error < 1e-3
    assert torch.equal(copy.deepcopy(network)(x, time, told), rounded)
    network.use_precision("float32")
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_conditions_that_do_not_fit(network):
    x, time = torch.randn(1, 2, 16), torch.rand(1)
    with pytest.raises(ValueError, match="tokens is 7 wide; the network takes 6"):
        network(x, time, Conditions(tokens=torch.randn(1, 2, 7)))
    with pytest.raises(ValueError, match="channels has 15 samples, not 16"):
        network(x, time, Conditions(channels=torch.randn(1, 2, 15)))
    plain = build_network(KINDS["transformer"], inputs=2, outputs=2)
    with pytest.raises(ValueError, match="vector is 3 wide; the network takes 0"):
        plain(x, time, Conditions(vector=torch.randn(1, 3)))


@pytest.mark.parametrize(
    ("unet", "told", "sentence"),
    [
        (replace(UNET, context_level=-1), {"context": 3}, "unet.context_level must name the level"),
        (replace(UNET, cross_attentions=()), {"tokens": 3}, "unet.cross_attentions must hold a 1"),
    ],
)
def test_conditions_that_the_configuration_has_no_place_for(unet, told, sentence):
    with pytest.raises(UserError, match=sentence):
        build_network(NetworkConfig(unet=unet), inputs=1, outputs=1, **told)


def test_levels_attend_to_tokens_only_where_there_are_some():
    names = build_network(KINDS["unet"], inputs=1, outputs=1).state_dict()
    assert not [name for name in names if "cross" in name or "context" in name or "vector" in name]
    assert "body.down.2.stage.items.0.attention.qkv.weight" in names
