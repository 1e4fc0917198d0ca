"""Cnn14 with few channels against its published layout written out in the test; its size in the paper; its front."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from tritone.errors import UserError
from tritone.nn.feature_networks import load_network, panns
from tritone.nn.feature_networks.panns import Cnn14

WIDTHS = (64, 128, 256, 512, 8, 12)
"""The first four as published, since they are the widths of the maps."""


class Published(nn.Module):
    """The authors' names and arithmetic, on images (frames, bands)."""

    def __init__(self):
        super().__init__()
        self.bn0 = nn.BatchNorm2d(64)
        before = 1
        for number, after in enumerate(WIDTHS, 1):
            block = nn.Module()
            block.conv1 = nn.Conv2d(before, after, 3, padding=1, bias=False)
            block.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
            block.bn1, block.bn2 = nn.BatchNorm2d(after), nn.BatchNorm2d(after)
            self.add_module(f"conv_block{number}", block)
            before = after
        self.fc1 = nn.Linear(before, before)

    def forward(self, image):
        signal, maps = self.bn0(image.transpose(1, 3)).transpose(1, 3), []
        for number in range(1, 7):
            block = getattr(self, f"conv_block{number}")
            signal = functional.relu(block.bn1(block.conv1(signal)))
            signal = functional.relu(block.bn2(block.conv2(signal)))
            signal = functional.avg_pool2d(signal, 2 if number < 6 else 1)
            maps.append(signal)
        bands = signal.mean(3)
        return functional.relu(self.fc1(bands.max(2)[0] + bands.mean(2))), maps


@pytest.fixture
def networks(monkeypatch, tmp_path):
    monkeypatch.setattr(panns, "WIDTHS", WIDTHS)
    torch.manual_seed(0)
    reference = Published().eval()
    with torch.no_grad():
        for name, value in reference.state_dict().items():
            if "bn" in name and value.is_floating_point():
                value.copy_(
                    torch.rand_like(value) + 0.5 if "var" in name or "weight" in name else torch.randn_like(value)
                )
    torch.save({"iteration": 1, "model": reference.state_dict()}, tmp_path / "cnn14.pth")
    return reference, load_network(f"panns:{tmp_path / 'cnn14.pth'}")


def test_the_whole_network_has_as_many_parameters_as_the_paper_says():
    """80,753,615 in its table of sizes, with the 527 classes; a batch norm has one more for each channel."""
    ours = sum(parameter.numel() for parameter in Cnn14().parameters())
    norms = 2 * (64 + 128 + 256 + 512 + 1024 + 2048)
    assert ours + norms + 2 * 64 + 2048 * 527 + 527 == 80_753_615


def test_embeddings_and_maps_are_those_of_the_published_layout(networks):
    reference, ours = networks
    windows = 20 * torch.randn(2, 64, 131) - 40
    with torch.no_grad():
        expected, maps = reference(windows.transpose(1, 2)[:, None])
        found = ours.embed_windows(windows)
        assert (found - expected).abs().max() < 1e-4 * expected.abs().max()
        for one, two in zip(ours.maps(windows), maps, strict=False):
            assert (one.transpose(2, 3) - two).abs().max() < 1e-4 * two.abs().max()
    assert [tuple(each.shape) for each in ours.maps(windows)] == [
        (2, 64, 32, 65), (2, 128, 16, 32), (2, 256, 8, 16), (2, 512, 4, 8),
    ]  # fmt: skip
    assert ours.widths == (64, 128, 256, 512) and ours.window_frames == 1001


def test_the_spectrogram_of_a_cosine_is_its_power_in_decibels(networks):
    """Far from the ends |X| = A N / 4 at the cosine's own bin, A N / 8 at its neighbours (Hann window of N)."""
    _, ours = networks
    bin_number, amplitude = 96, 0.3  # 3 kHz
    audio = amplitude * torch.cos(2 * torch.pi * bin_number * torch.arange(32_000) / 1024)
    spectrogram = ours.from_audio(audio[None, None], 32_000)
    assert spectrogram.shape == (1, 64, 101)
    filters = ours.front.filters.double().numpy()
    power = np.zeros(513)
    power[bin_number - 1 : bin_number + 2] = (amplitude * 1024 / 8) ** 2 * np.array([1, 4, 1])
    expected = 10 * np.log10(np.maximum(filters @ power, 1e-10))
    heard = expected > -20
    assert heard.sum() >= 2
    assert np.abs(spectrogram[0, :, 50].numpy() - expected)[heard].max() < 0.01
    assert ours.from_audio(torch.zeros(1, 1, 3200), 32_000).unique().tolist() == [-100.0]


def test_another_file_is_refused(networks, tmp_path):
    reference, _ = networks
    weights = {name: value for name, value in reference.state_dict().items() if name != "conv_block3.bn1.running_var"}
    torch.save(weights, tmp_path / "part.pth")
    with pytest.raises(UserError, match=r"it lacks conv_block3\.bn1\.running_var"):
        load_network(f"panns:{tmp_path / 'part.pth'}")


def test_it_is_frozen_and_gives_gradients_to_the_sound(networks):
    _, ours = networks
    audio = torch.randn(1, 1, 16_000, requires_grad=True)
    ours.train()
    assert not ours.training and not any(parameter.requires_grad for parameter in ours.parameters())
    ours.maps(ours.from_audio(audio, 32_000))[3].square().sum().backward()
    assert audio.grad.abs().sum() > 0
