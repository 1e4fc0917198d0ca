from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from tritone.assets import LOOPS
from tritone.nn.feature_networks import load_network
from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.signal.files import read_audio

REFERENCE = Path(__file__).parent / "aisfx_reference.npz"
"""From the original package; see tools/feature_references.py."""


@pytest.fixture(scope="module")
def network() -> FeatureNetwork:
    return load_network("aisfx")


@pytest.fixture(scope="module")
def reference() -> dict[str, NDArray]:
    with np.load(REFERENCE) as file:
        return dict(file)


def sound(loop: str) -> tuple[Tensor, int]:
    audio, rate = read_audio(LOOPS / f"{loop}.ogg")
    return torch.from_numpy(audio)[None], rate


@pytest.mark.parametrize("loop", ["mika_120bpm", "safari_120bpm", "tabla", "breakbeat_126bpm", "industrial"])
def test_the_spectrogram_is_that_of_the_original(
    network: FeatureNetwork, reference: dict[str, NDArray], loop: str
) -> None:
    found = network.from_audio(*sound(loop))[0].numpy()
    assert found.shape[1] == reference[f"aisfx/{loop}/frames"]
    np.testing.assert_allclose(found[:, :100:25], reference[f"aisfx/{loop}/mel"], atol=3e-5)


@pytest.mark.parametrize("loop", ["mika_120bpm", "safari_120bpm", "tabla"])
def test_the_embedding_is_that_of_the_original_but_for_float16(
    network: FeatureNetwork, reference: dict[str, NDArray], loop: str
) -> None:
    found = network.embed_windows(network.from_audio(*sound(loop))[..., :100])[0].numpy()
    expected = reference[f"aisfx/{loop}/embedding"]
    assert np.linalg.norm(found - expected) < 0.005 * np.linalg.norm(expected)


def test_maps_have_the_promised_shapes_for_any_number_of_frames(network: FeatureNetwork) -> None:
    found = network.maps(torch.rand(2, 96, 77))
    assert [tuple(one.shape) for one in found] == [(2, 64, 48, 38), (2, 128, 24, 19), (2, 256, 12, 9), (2, 512, 12, 9)]
    assert network.widths == tuple(one.shape[1] for one in found)


def test_fewer_maps_are_the_same_maps(network: FeatureNetwork) -> None:
    spectrogram = torch.rand(1, 96, 40)
    for few, all_four in zip(network.maps(spectrogram, 2), network.maps(spectrogram), strict=False):
        assert torch.equal(few, all_four)


def test_gradients_reach_the_sound_and_no_weight(network: FeatureNetwork) -> None:
    audio = torch.randn(1, 2, 22_050, requires_grad=True)
    sum(one.sum() for one in network.maps(network.from_audio(audio, 48_000))).backward()
    assert audio.grad is not None and audio.grad.abs().sum() > 0
    assert all(weight.grad is None and not weight.requires_grad for weight in network.parameters())


def test_it_stays_in_evaluation_mode(network: FeatureNetwork) -> None:
    torch.nn.ModuleList([network]).train()
    assert not any(module.training for module in network.modules())


def test_half_precision_changes_the_maps_little(network: FeatureNetwork) -> None:
    spectrogram = network.from_audio(*sound("mika_120bpm"))[..., :64]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = network.maps(spectrogram)
    for near, exact in zip(rough, network.maps(spectrogram), strict=True):
        assert (near.float() - exact).norm() < 0.03 * exact.norm()
