from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from tritone.assets import LOOPS
from tritone.errors import UserError
from tritone.nn.feature_networks import load_network
from tritone.nn.feature_networks.musicnn import POOLS, Musicnn, _Block
from tritone.signal.files import read_audio

REFERENCE = Path(__file__).parent / "musicnn_reference.npz"
"""From the original package; see tools/feature_references.py."""
LOOP_NAMES = ("mika_120bpm", "safari_120bpm", "tabla")


@pytest.fixture(scope="module", params=["musicnn-mtt", "musicnn-msd"])
def network(request: pytest.FixtureRequest) -> Musicnn:
    found = load_network(request.param)
    assert isinstance(found, Musicnn)
    return found


@pytest.fixture(scope="module")
def reference() -> dict[str, NDArray]:
    with np.load(REFERENCE) as file:
        return dict(file)


def sound(loop: str) -> tuple[Tensor, int]:
    audio, rate = read_audio(LOOPS / f"{loop}.ogg")
    return torch.from_numpy(audio)[None], rate


@pytest.mark.parametrize("loop", LOOP_NAMES)
def test_the_spectrogram_is_that_of_the_original(network: Musicnn, reference: dict[str, NDArray], loop: str) -> None:
    difference = np.abs(network.from_audio(*sound(loop))[0, :, :187:25].numpy() - reference[f"musicnn/{loop}/mel"])
    assert difference[:90].max() < 0.01
    assert difference.max() < 0.15, "the highest bands lie where resamplers differ"


@pytest.mark.parametrize("loop", LOOP_NAMES)
def test_embedding_and_tags_are_those_of_the_original(
    network: Musicnn, reference: dict[str, NDArray], loop: str
) -> None:
    window = network.from_audio(*sound(loop))[..., :187]
    expected = reference[f"{network.name}/{loop}/embedding"]
    found = network.embed_windows(window)[0].numpy()
    assert np.linalg.norm(found - expected) < 0.002 * np.linalg.norm(expected)
    np.testing.assert_allclose(network.tags(window)[0].numpy(), reference[f"{network.name}/{loop}/tags"], atol=1e-3)


def test_the_packages_own_float16_path_agrees_where_it_does_not_overflow(
    network: Musicnn, reference: dict[str, NDArray]
) -> None:
    audio, rate = sound("mika_120bpm")
    found = network.embed_windows(network.from_audio(0.05 * audio, rate)[..., :187])[0].numpy()
    expected = reference[f"{network.name}/mika_120bpm/quiet"]
    assert np.linalg.norm(found - expected) < 0.003 * np.linalg.norm(expected)


def test_drums_are_heard_in_a_drum_loop() -> None:
    network = load_network("musicnn-mtt")
    assert isinstance(network, Musicnn)
    tags = dict(zip(network.tag_names, network.tags(network.from_audio(*sound("safari_120bpm")))[0], strict=True))
    assert tags["drums"] > 0.5 > tags["opera"]


@pytest.mark.parametrize("pool", POOLS[:2])
@pytest.mark.parametrize("frames", [18, 19, 20, 21])
@pytest.mark.parametrize("wanted", [True, False])
def test_a_block_equals_its_parts_in_their_own_order(pool: tuple[int, ...], frames: int, wanted: bool) -> None:
    before, after = (1, 6) if pool == POOLS[0] else (3, 6)
    block = _Block(before, after, pool)  # type: ignore[arg-type]
    scale, shift = torch.tensor([1.5, -0.5, 2.0, -3.0, 0.25, -1.0]), torch.randn(after)
    block.sign.copy_(scale.sign()[:, None, None])
    block.shift.copy_(shift[:, None, None])
    kernel, bias = torch.randn(after, before, 3, 3), torch.randn(after)
    block.conv.weight.data = kernel * scale[:, None, None, None]
    block.conv.bias.data = bias * scale  # type: ignore[union-attr]
    signal = torch.randn(2, before, 12, frames, requires_grad=wanted)
    heard = functional.relu(functional.conv2d(signal, kernel, bias, padding=1))
    normal = heard * scale[:, None, None] + shift[:, None, None]
    if before == 1:
        expected = functional.max_pool2d(normal, (1, 4), 2)
    else:
        expected = functional.max_pool2d(normal, pool[:2], pool[2:])
    block.requires_grad_(False)
    found = block(signal)
    assert torch.allclose(found, expected, atol=1e-5)
    if wanted:
        weight = torch.randn_like(found)
        gradients = [torch.autograd.grad((weight * one).sum(), signal)[0] for one in (found, expected)]
        assert torch.allclose(*gradients, atol=1e-4)


def test_maps_have_the_promised_shapes_for_any_number_of_frames(network: Musicnn) -> None:
    found = network.maps(torch.rand(2, 96, 128))
    assert [tuple(one.shape) for one in found] == [(2, 128, 48, 63), (2, 128, 24, 31), (2, 128, 12, 15), (2, 128, 6, 7)]
    few = network.maps(torch.rand(1, 96, 19))
    assert few[-1].shape[-1] == 1 and len(network.maps(torch.rand(1, 96, 40), 2)) == 2


def test_gradients_reach_the_sound_and_no_weight(network: Musicnn) -> None:
    audio = torch.randn(1, 2, 22_050, requires_grad=True)
    sum(one.sum() for one in network.maps(network.from_audio(audio, 44_100))).backward()
    assert audio.grad is not None and audio.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in network.parameters())


def test_a_short_sound_counts_as_its_repetition(network: Musicnn) -> None:
    short = torch.rand(1, 96, 50)
    assert torch.allclose(network.embed(short), network.embed(short.repeat(1, 1, 4)[..., :187]))


def test_a_long_sound_is_the_mean_of_windows_up_to_its_end(network: Musicnn) -> None:
    long = torch.rand(1, 96, 300)
    windows = [network.embed_windows(long[..., start : start + 187]) for start in (0, 93, 113)]
    assert torch.allclose(network.embed(long), sum(windows) / 3, atol=1e-5)


def test_an_unknown_name_lists_the_names() -> None:
    with pytest.raises(UserError, match=r"'vgg'.*aisfx, musicnn-mtt, musicnn-msd, vggish:PATH"):
        load_network("vgg")
