"""The U-Net beside the same network written down again in `(batch, channels, time)`, and what every copy must keep."""

import copy
import io
import warnings

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from tritone.nn.diffusion.config import UNetConfig
from tritone.nn.diffusion.unet import UNet

CONFIG = UNetConfig(
    channels=(4, 8, 12), factors=(2, 4, 2), items=(1, 2, 1), attentions=(0, 0, 1), cross_attentions=(0, 1, 1),
    context_level=1, heads=2, head_features=4, features=16, groups=2,
)  # fmt: skip


def network(config: UNetConfig = CONFIG) -> UNet:
    """A U-Net all of whose weights are random, the last ones too."""
    torch.manual_seed(0)
    unet = UNet(config, inputs=3, outputs=2, context=3, vector=5, tokens=6)
    for parameter in unet.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return unet


def told(samples: int = 64, batch: int = 2) -> dict[str, Tensor]:
    """Everything that `network` is told."""
    torch.manual_seed(1)
    return {
        "x": torch.randn(batch, 3, samples),
        "time": torch.rand(batch),
        "context": torch.randn(batch, samples // 8, 3),
        "vector": torch.randn(batch, 5),
        "tokens": torch.randn(batch, 4, 6),
        "mask": torch.tensor([[True, False, True, True], [True, True, False, False]])[:batch],
    }


class Reference:
    """The U-Net from its published parts, by the names in its state_dict, in `(batch, channels, time)`."""

    def __init__(self, unet: UNet, config: UNetConfig) -> None:
        self.w, self.config, self.unet = unet.state_dict(), config, unet

    def conv(self, name: str, x: Tensor) -> Tensor:
        weight = self.w[f"{name}.weight"]
        return functional.conv1d(x, weight.unflatten(1, (3, -1)).transpose(1, 2), self.w[f"{name}.bias"], padding=1)

    def norm(self, name: str, x: Tensor) -> Tensor:
        return functional.group_norm(x, 2, self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def linear(self, name: str, x: Tensor) -> Tensor:
        return functional.linear(x, self.w[f"{name}.weight"], self.w.get(f"{name}.bias"))

    def item(self, name: str, x: Tensor, features: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
        h = self.conv(f"{name}.residual.conv1", functional.silu(self.norm(f"{name}.residual.norm1", x)))
        scale, shift = self.linear(f"{name}.residual.norm2.modulation", features)[..., None].chunk(2, 1)
        h = functional.silu(functional.group_norm(h, 2) * (1 + scale) + shift)
        x = x + self.conv(f"{name}.residual.conv2", h)
        module = self.unet.get_submodule(name)
        if f"{name}.attention.qkv.weight" in self.w:
            from tritone.nn.diffusion.attention import rotary

            rows = module.attention_norm(x.transpose(1, 2))
            x = x + module.attention(rows, rotary(rows.shape[1], 4, False, x.device)).transpose(1, 2)
        if f"{name}.cross.q.weight" in self.w:
            x = x + module.cross(module.cross_norm(x.transpose(1, 2)), tokens, mask).transpose(1, 2)
        return x

    def stage(self, name: str, level: int, x: Tensor, features: Tensor, told: dict[str, Tensor]) -> Tensor:
        if level == self.config.context_level:
            x = x + self.linear(f"{name}.stage.context", told["context"]).transpose(1, 2)
        for i in range(self.config.items[level]):
            x = self.item(f"{name}.stage.items.{i}", x, features, told["tokens"], told["mask"])
        return x

    def __call__(self, told: dict[str, Tensor]) -> Tensor:
        features = self.unet.embedding(told["time"], told["vector"])
        factors, last = self.config.factors, len(self.config.channels) - 1
        x = told["x"].unflatten(2, (-1, factors[0])).permute(0, 3, 1, 2).flatten(1, 2)
        x = self.stage("down.0", 0, self.conv("entry", x), features, told)
        levels = [x]
        for level in range(1, last + 1):
            name, factor = f"down.{level}", factors[level]
            weight = self.w[f"{name}.shrink.weight"].unflatten(1, (factor, -1)).transpose(1, 2)
            x = functional.conv1d(x, weight, self.w[f"{name}.shrink.bias"], stride=factor)
            x = self.stage(name, level, x, features, told)
            levels.append(x)
        x = self.stage("up.0", last, x, features, told)
        for level in range(last - 1, -1, -1):
            name, factor = f"up.{last - level}", factors[level + 1]
            weight = self.w[f"{name}.grow.weight"].unflatten(0, (3, -1)).permute(1, 2, 0)
            y = functional.conv1d(x.repeat_interleave(factor, -1), weight, self.w[f"{name}.grow.bias"], padding=1)
            gain = 1 + self.linear(f"{name}.gain", features)[..., None]
            x = self.stage(name, level, levels[level] + gain * y, features, told)
        x = self.conv("head", functional.silu(self.norm("last_norm", x)))
        return x.unflatten(1, (factors[0], -1)).permute(0, 2, 3, 1).flatten(2)


@pytest.mark.parametrize("batch", [1, 2])
def test_the_same_network_written_down_again(batch):
    unet, given = network(), told(batch=batch)
    with torch.no_grad():
        torch.testing.assert_close(unet(**given), Reference(unet, CONFIG)(given), atol=2e-4, rtol=1e-3)


def test_gradients_are_those_of_the_network_written_down_again():
    """In training nothing may be overwritten that the gradient needs."""
    unet, given = network(), told()
    wrt = [unet.entry.weight, unet.up[1].gain.weight, unet.down[1].stage.items[0].residual.conv1.weight]
    ours = torch.autograd.grad(unet(**given).square().sum(), wrt)
    reference = Reference(unet, CONFIG)
    reference.w = dict(unet.named_parameters())
    theirs = torch.autograd.grad(reference(given).square().sum(), wrt)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine / other.abs().max(), other / other.abs().max(), atol=1e-3, rtol=0)


@pytest.mark.parametrize("kind", ["x", "time", "context", "vector", "tokens", "mask"])
def test_everything_told_is_heard(kind):
    unet, given = network(), told()
    changed = given[kind].flip(0)
    with torch.no_grad():
        assert (unet(**{**given, kind: changed}) - unet(**given)).abs().amax((1, 2)).min() > 1e-4


def test_each_sound_has_its_result_whatever_the_batch():
    unet, given = network(), told()
    with torch.no_grad():
        together = unet(**given)
        for row in range(2):
            alone = unet(**{name: value[row : row + 1] for name, value in given.items()})
            torch.testing.assert_close(alone, together[row : row + 1], atol=1e-4, rtol=1e-4)


def test_a_rolled_period_gives_the_result_rolled():
    unet, given, ratio = network(), told(), CONFIG.ratio
    with torch.no_grad():
        result = unet(**given, circular=True)
        for turns in (1, 3):
            rolled = {**given, "x": given["x"].roll(turns * ratio, -1), "context": given["context"].roll(2 * turns, 1)}
            torch.testing.assert_close(
                unet(**rolled, circular=True), result.roll(turns * ratio, -1), atol=2e-4, rtol=1e-3
            )
        assert (unet(**given) - result).abs().max() > 1e-2


def test_a_copy_computes_with_its_own_weights():
    unet, given = network(), told()
    twin = copy.deepcopy(unet)
    with torch.no_grad():
        before = unet(**given)
        assert torch.equal(twin(**given), before)
        for parameter in twin.parameters():
            parameter.mul_(1.1)
        assert torch.equal(unet(**given), before)
        assert (twin(**given) - before).abs().max() > 1e-3


def test_it_can_be_saved_whole_and_as_weights(tmp_path):
    unet, given = network(), told()
    save_file(unet.state_dict(), tmp_path / "weights.safetensors")
    other = UNet(CONFIG, inputs=3, outputs=2, context=3, vector=5, tokens=6)
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    whole = io.BytesIO()
    torch.save(unet, whole)
    whole.seek(0)
    with torch.no_grad():
        assert torch.equal(other(**given), unet(**given))
        assert torch.equal(torch.load(whole, weights_only=False)(**given), unet(**given))


@pytest.mark.parametrize("circular", [False, True])
def test_script(circular):
    unet, given = network(), told()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        scripted = torch.jit.script(unet)
    with torch.no_grad():
        torch.testing.assert_close(scripted(**given, circular=circular), unet(**given, circular=circular))


def test_it_starts_at_zero_and_every_weight_learns():
    torch.manual_seed(0)
    unet, given = UNet(CONFIG, inputs=3, outputs=2, context=3, vector=5, tokens=6), told()
    assert unet(**given).abs().max() == 0
    torch.nn.init.normal_(unet.head.weight)
    unet(**given).square().sum().backward()
    assert not [name for name, parameter in unet.named_parameters() if parameter.grad.abs().max() == 0]


def test_readme_model_of_audio_diffusion_pytorch_at_its_size():
    with torch.device("meta"):
        unet = UNet(UNetConfig(), inputs=2, outputs=2)
    assert sum(parameter.numel() for parameter in unet.parameters()) == pytest.approx(217_437_436, rel=0.01)
    assert UNetConfig().ratio == 2048
