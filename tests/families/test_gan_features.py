import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from tritone.families.gan.features import FrozenFeatures
from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=16_000, mels=6, window=256, hop=64)


class Small(FeatureNetwork):
    """Four maps of halving size; its own scale is ours shifted and stretched; training would move its statistics."""

    def __init__(self, seed: int, shift: float, stretch: float) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.widths = (2, 3, 4, 5)
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in zip((1, 2, 3, 4), self.widths, strict=True)
        )
        self.norm = nn.BatchNorm2d(2)
        self.shift, self.stretch, self.asked = shift, stretch, []

    def from_mel(self, log_mel, mel, rate, frame_rate, circular):
        self.asked.append((mel, rate, frame_rate, circular, tuple(log_mel.shape)))
        return self.compress(log_mel)

    def compress(self, mel):
        return mel * self.stretch + self.shift

    def maps(self, spectrogram, count=4):
        x, maps = spectrogram[:, None], []
        for index, layer in enumerate(self.layers):
            x = functional.relu(layer(x))
            x = functional.avg_pool2d(self.norm(x) if index == 0 else x, 2, ceil_mode=True)
            maps.append(x)
        return maps

    def embed_windows(self, windows):
        return windows.mean(-1)


def features(*networks, channels=1):
    return FrozenFeatures(networks, mel=MEL, rate=16_000, frame_rate=62.5, channels=channels)


@pytest.fixture
def one():
    return Small(1, shift=3.0, stretch=0.5)


@pytest.fixture
def two():
    return Small(2, shift=-1.0, stretch=2.0)


def test_every_network_sees_its_own_scale_as_a_loop(one, two):
    log_mel = torch.randn(3, 1, 6, 16)
    made = features(one, two)(log_mel)
    for maps, network, (shift, stretch) in zip(made, (one, two), ((3.0, 0.5), (-1.0, 2.0)), strict=True):
        assert network.asked == [(MEL, 16_000, 62.5, True, (3, 6, 16))]
        wanted = network.maps(log_mel[:, 0] * stretch + shift)
        assert all(torch.equal(a, b) for a, b in zip(maps, wanted, strict=True))


def test_channels_are_joined_for_one_judgement(one):
    left, right = torch.randn(2, 2, 6, 16).unbind(1)
    stereo = features(one, channels=2)
    assert stereo.widths == ((4, 6, 8, 10),)
    made = stereo(torch.stack([left, right], dim=1))
    for each, a, b in zip(made[0], one.maps(left * 0.5 + 3), one.maps(right * 0.5 + 3), strict=True):
        assert torch.allclose(each, torch.cat([a, b], dim=1), atol=1e-6)


def test_gradients_reach_the_input_and_no_weight(one, two):
    log_mel = torch.randn(2, 1, 6, 16, requires_grad=True)
    frozen = features(one, two)
    sum(each.sum() for maps in frozen(log_mel) for each in maps).backward()
    assert log_mel.grad.abs().sum() > 0
    assert list(frozen.parameters()) == []
    assert all(not each.requires_grad and each.grad is None for net in (one, two) for each in net.parameters())


def test_training_changes_nothing(one):
    frozen = features(one)
    parent = nn.ModuleDict({"frozen": frozen})
    before = copy.deepcopy(one.state_dict())
    parent.train()
    frozen(torch.randn(4, 1, 6, 16))
    assert not any(module.training for module in one.modules())
    assert all(torch.equal(value, before[name]) for name, value in one.state_dict().items())


def test_nothing_is_saved(one):
    frozen = features(one)
    assert dict(frozen.state_dict()) == {}
    frozen.load_state_dict({})
    parent = nn.ModuleDict({"frozen": frozen, "other": nn.Linear(1, 1)})
    assert set(parent.state_dict()) == {"other.weight", "other.bias"}
    parent.load_state_dict(parent.state_dict())


def test_moves_with_its_parent(one):
    nn.ModuleDict({"frozen": features(one)}).to("meta")
    assert all(each.device.type == "meta" for each in (*one.parameters(), *one.buffers()))


def test_shipped_networks_by_name():
    mel = MelConfig()
    frozen = FrozenFeatures.named(["musicnn-mtt"], mel=mel, rate=44_100, frame_rate=64.0, channels=2)
    log_mel = (torch.randn(1, 2, mel.mels, 128) - 5).requires_grad_()
    ((*maps,),) = frozen(log_mel)
    assert [each.shape[1] for each in maps] == list(frozen.widths[0])
    maps[-1].square().sum().backward()
    assert log_mel.grad.abs().sum() > 0
