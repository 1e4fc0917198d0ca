"""YAMNet: its size and work as published, its layers against the published layout written out in the test."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from tritone.errors import UserError
from tritone.nn.feature_networks import load_network
from tritone.nn.feature_networks.yamnet import YAMNet

LAYERS = [(1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512), *[(1, 512)] * 5, (2, 1024), (1, 1024)]


class Published(nn.Module):
    """A torch port's names; convolutions on images (frames, bands), padded as TensorFlow's SAME."""

    def __init__(self):
        super().__init__()
        self.layer1 = nn.ModuleDict({"fused": self.part(1, 32, 3, 2)})
        before = 32
        for number, (stride, after) in enumerate(LAYERS, 2):
            parts = {"depthwise_conv": self.part(before, before, 3, stride, before)}
            parts["pointwise_conv"] = self.part(before, after, 1, 1)
            self.add_module(f"layer{number}", nn.ModuleDict(parts))
            before = after

    @staticmethod
    def part(before, after, kernel, stride, groups=1):
        convolution = nn.Conv2d(before, after, kernel, stride, groups=groups, bias=False)
        return nn.ModuleDict({"conv": convolution, "bn": nn.BatchNorm2d(after, eps=1e-4)})

    def forward(self, image):
        found = []
        for layer in self.children():
            for part in layer.values():
                image = functional.relu(part["bn"](part["conv"](same(image, part["conv"]))))
            found.append(image)
        return found


def same(image, convolution):
    """TensorFlow's rule: max((ceil(n / s) - 1) s + k - n, 0) zeros, the smaller half in front."""
    kernel, stride, sides = convolution.kernel_size[0], convolution.stride[0], []
    for size in (image.shape[3], image.shape[2]):
        total = max((int(np.ceil(size / stride)) - 1) * stride + kernel - size, 0)
        sides += [total // 2, total - total // 2]
    return functional.pad(image, sides)


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    torch.manual_seed(0)
    reference = Published().eval()
    with torch.no_grad():
        for name, value in reference.state_dict().items():
            if ".bn." in name and value.is_floating_point():
                value.copy_(
                    torch.rand_like(value) + 0.5 if "var" in name or "weight" in name else torch.randn_like(value)
                )
    path = tmp_path_factory.mktemp("yamnet") / "yamnet.pth"
    torch.save(reference.state_dict(), path)
    return reference, load_network(f"yamnet:{path}"), path


def test_it_has_the_weights_and_the_work_that_google_states():
    """3.7 million weights with the 521 classes, 69.2 million multiplications for 0.96 seconds."""
    network, work = YAMNet(), [1024 * 521]

    def count(layer, inputs, output):
        work.append(output[0, 0].numel() * layer.weight.numel())

    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    for layer in convolutions:
        layer.register_forward_hook(count)
    network.embed_windows(torch.zeros(1, 64, 96))
    assert len(convolutions) == 27
    assert round((sum(layer.weight.numel() for layer in convolutions) + 1024 * 521) / 1e6, 1) == 3.7
    assert round(sum(work) / 1e6, 1) == 69.2


@pytest.mark.parametrize("frames", [96, 131])
def test_embeddings_and_maps_are_those_of_the_published_layout(networks, frames):
    reference, ours, _ = networks
    windows = torch.randn(2, 64, frames)
    with torch.no_grad():
        layers = reference(windows.transpose(1, 2)[:, None])
        embedding = layers[-1].mean((2, 3))
        assert (ours.embed_windows(windows) - embedding).abs().max() < 1e-4 * embedding.abs().max()
        maps = ours.maps(windows)
        for number, found in zip((2, 4, 6, 12), maps, strict=True):
            expected = layers[number - 1].transpose(2, 3)
            assert found.shape == expected.shape
            assert (found - expected).abs().max() < 1e-4 * expected.abs().max()
    assert tuple(found.shape[1] for found in maps) == ours.widths
    assert [found.shape[2] for found in maps] == [32, 16, 8, 4] and len(ours.maps(windows, 2)) == 2


def test_the_spectrogram_is_vggishs_with_a_smaller_offset(networks):
    _, ours, _ = networks
    generator = np.random.default_rng(0)
    audio = 0.1 * generator.normal(size=4000)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    magnitude = np.abs(np.fft.rfft(audio[800:1200] * window, 512))
    expected = np.log(ours.front.filters.double().numpy() @ magnitude + 0.001)
    found = ours.from_audio(torch.from_numpy(audio).float()[None, None], 16_000)
    assert found.shape == (1, 64, 23)
    assert np.abs(found[0, :, 5].numpy() - expected).max() < 1e-4


def test_another_file_is_refused(networks, tmp_path):
    weights = torch.load(networks[2], weights_only=True)
    weights["layer7.pointwise_conv.conv.weight"] = torch.zeros(3, 3, 1, 1)
    torch.save(weights, tmp_path / "other.pth")
    with pytest.raises(UserError, match=r"layer7\.pointwise_conv\.conv\.weight is \(3, 3, 1, 1\)"):
        load_network(f"yamnet:{tmp_path / 'other.pth'}")


def test_it_is_frozen_and_gives_gradients_to_the_sound(networks):
    _, ours, _ = networks
    audio = torch.randn(1, 1, 16_000, requires_grad=True)
    assert not any(parameter.requires_grad for parameter in ours.parameters())
    ours.maps(ours.from_audio(audio, 16_000))[3].square().sum().backward()
    assert audio.grad.abs().sum() > 0
