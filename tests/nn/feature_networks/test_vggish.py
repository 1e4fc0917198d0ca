"""VGGish against its published layout written out in the test, with few dense units; its front end by numpy."""

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from tritone.errors import UserError
from tritone.nn.feature_networks import load_network, vggish
from tritone.nn.feature_networks.vggish import VGGish, audioset_filters


def published(dense=(24, 16, 128)):
    """torchvggish's modules: `features` on (frames, bands) images, `embeddings` on frames, bands, channels in turn."""
    torch.manual_seed(0)
    features, before = [], 1
    for width in (64, "pool", 128, "pool", 256, 256, "pool", 512, 512, "pool"):
        if width == "pool":
            features.append(nn.MaxPool2d(2, 2))
        else:
            features += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            before = width
    embeddings, before = [], 512 * 4 * 6
    for width in dense:
        embeddings += [nn.Linear(before, width), nn.ReLU()]
        before = width
    return nn.ModuleDict({"features": nn.Sequential(*features), "embeddings": nn.Sequential(*embeddings)})


@pytest.fixture
def network(monkeypatch, tmp_path):
    """The published network and ours from its file; the dense layers are small."""
    monkeypatch.setattr(vggish, "DENSE", (24, 16, 128))
    reference = published()
    torch.save(reference.state_dict(), tmp_path / "vggish.pth")
    return reference, load_network(f"vggish:{tmp_path / 'vggish.pth'}")


def test_the_whole_network_has_the_published_number_of_weights():
    count = sum(parameter.numel() for parameter in VGGish().parameters())
    assert count == 72_141_184


def test_embeddings_and_maps_are_those_of_the_published_layout(network):
    reference, ours = network
    windows = torch.randn(3, 64, 96)
    image = windows.transpose(1, 2)[:, None]
    with torch.no_grad():
        features = reference["features"](image)
        expected = reference["embeddings"][:-1](features.permute(0, 2, 3, 1).flatten(1))
        assert torch.allclose(ours.embed(windows), expected, atol=1e-5)
        for found, layers in zip(ours.maps(windows), (3, 6, 11, 16), strict=True):
            assert torch.allclose(found.transpose(2, 3), reference["features"][:layers](image), atol=1e-5)
    assert [tuple(found.shape) for found in ours.maps(windows)] == [
        (3, 64, 32, 48), (3, 128, 16, 24), (3, 256, 8, 12), (3, 512, 4, 6),
    ]  # fmt: skip
    assert ours.widths == (64, 128, 256, 512) and len(ours.maps(windows, 1)) == 1


def test_filters_are_triangles_over_mel_that_share_each_bin():
    """Neighbouring triangles of unit height and equal spacing sum to 1 between the outer centres."""
    filters = audioset_filters().double().numpy()
    mel = 2595 * np.log10(1 + np.arange(257) * 16_000 / 512 / 700)
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (125, 7500))
    step = (high - low) / 65
    inside = (mel >= low + step) & (mel <= high - step)
    assert np.abs(filters.sum(0)[inside] - 1).max() < 1e-6
    assert filters[:, (mel <= low) | (mel >= high)].max() == 0
    rising = (mel > low) & (mel < low + step)
    assert filters[0, rising] == pytest.approx((mel[rising] - low) / step, abs=1e-6)


def test_the_spectrogram_of_a_cosine_by_numpy(network):
    _, ours = network
    time = np.arange(8000) / 16_000
    audio = 0.5 * np.cos(2 * np.pi * 1000 * time)
    frames = np.stack([audio[start : start + 400] for start in range(0, 7601, 160)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    magnitude = np.abs(np.fft.rfft(frames * window, 512))
    expected = np.log(magnitude @ audioset_filters().double().numpy().T + 0.01).T
    found = ours.from_audio(torch.from_numpy(audio).float()[None, None], 16_000)[0].numpy()
    assert found.shape == expected.shape == (64, 48)
    assert np.abs(found - expected).max() < 1e-3
    loudest = 700 * (10 ** ((np.log10(1 + 125 / 700) * 2595 + (found[:, 20].argmax() + 1) * 41.66) / 2595) - 1)
    assert loudest == pytest.approx(1000, rel=0.05)
    silence = ours.from_audio(torch.zeros(1, 2, 8000), 16_000)
    assert torch.allclose(silence, torch.full_like(silence, np.log(0.01)))


def test_a_file_of_another_network_or_a_damaged_one_is_refused_in_one_sentence(network, tmp_path):
    reference, _ = network
    weights = reference.state_dict()
    weights["embeddings.0.weight"] = weights["embeddings.0.weight"][:, :10].clone()
    cases = {
        "lacks features.0.weight": {"conv.weight": torch.zeros(1)},
        "embeddings.0.weight is (24, 10), not (24, 12288)": weights,
        "holds no network weights": [1, 2],
        "is damaged, or holds more than tensors": b"not a file of weights",
    }
    for number, (sentence, content) in enumerate(cases.items()):
        path = tmp_path / f"{number}.pth"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        with pytest.raises(UserError) as refusal:
            load_network(f"vggish:{path}")
        assert sentence in str(refusal.value) and str(path) in str(refusal.value) and "\n" not in str(refusal.value)
    with pytest.raises(UserError, match="There is no file"):
        load_network(f"vggish:{tmp_path / 'absent.pth'}")


def test_a_pickle_that_would_run_code_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    torch.save({"features.0.weight": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(UserError, match="holds more than tensors"):
        load_network(f"vggish:{tmp_path / 'trap.pth'}")
    assert not (tmp_path / "sprung").exists()


def test_it_also_reads_safetensors_and_gives_gradients_to_the_sound_alone(network, tmp_path):
    reference, ours = network
    safetensors.torch.save_file(reference.state_dict(), tmp_path / "vggish.safetensors")
    again = load_network(f"vggish:{tmp_path / 'vggish.safetensors'}")
    audio = torch.randn(1, 2, 30_000, requires_grad=True)
    spectrogram = again.from_audio(audio, 22_050)
    assert torch.equal(again.maps(spectrogram)[3], ours.maps(spectrogram)[3])
    again.embed(spectrogram).square().sum().backward()
    assert audio.grad.abs().sum() > 0
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in again.parameters())
