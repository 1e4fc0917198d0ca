"""CLAP with small random weights: its front end and embeddings are those of transformers, its maps are in place."""

import sys

import numpy as np
import pytest
import torch

from tritone.errors import UserError
from tritone.nn.feature_networks import load_network

RATE = 48_000


@pytest.fixture(scope="module", params=["rand_trunc", "fusion"])
def folder(request, tmp_path_factory):
    """A folder of a tiny ClapModel, without fusion of long sound and with it."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    audio = {
        "patch_embeds_hidden_size": 8, "hidden_size": 64, "depths": [2, 2, 2, 2], "num_attention_heads": [1, 2, 2, 4],
        "projection_dim": 12, "enable_fusion": request.param == "fusion", "aff_block_r": 2,
    }  # fmt: skip
    text = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8,
            "vocab_size": 20, "projection_dim": 12}  # fmt: skip
    model = transformers.ClapModel(transformers.ClapConfig(text_config=text, audio_config=audio, projection_dim=12))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape))
    place = tmp_path_factory.mktemp("clap") / request.param
    model.save_pretrained(place)
    transformers.ClapFeatureExtractor(truncation=request.param, frequency_min=50, frequency_max=14_000).save_pretrained(
        place
    )
    return place


def sound(seconds):
    generator = np.random.default_rng(0)
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.2 * np.sin(2 * np.pi * 440 * time) + 0.05 * generator.normal(size=len(time))).astype(np.float32)


def test_spectrogram_and_embedding_are_those_of_transformers(folder):
    transformers = pytest.importorskip("transformers")
    network, audio = load_network(f"clap:{folder}"), sound(10)
    extractor = transformers.ClapFeatureExtractor.from_pretrained(folder)
    inputs = extractor(audio, sampling_rate=RATE, return_tensors="pt")
    spectrogram = network.from_audio(torch.from_numpy(audio)[None, None], RATE)
    assert spectrogram.shape == (1, 64, 1001) == (1, 64, network.window_frames)
    assert (spectrogram[0].T - inputs["input_features"][0, 0]).abs().max() < 2e-3  # dB
    model = transformers.ClapModel.from_pretrained(folder).eval()
    with torch.no_grad():
        longer = torch.zeros(1, 1, dtype=torch.bool)  # the extractor calls one sound of a batch long, by lot
        expected = model.get_audio_features(inputs["input_features"], is_longer=longer)
        found = network.embed(spectrogram)
    expected = expected if isinstance(expected, torch.Tensor) else expected.pooler_output
    assert found.shape == (1, 12) and (found - expected).abs().max() < 1e-4
    assert found.norm().item() == pytest.approx(1.0, abs=1e-5)


def test_maps_lie_on_bands_and_frames(folder):
    """A change of one second changes mostly the frames of that second, in the map of the first stage."""
    network = load_network(f"clap:{folder}")
    plain = torch.full((1, 64, 1001), -40.0)
    struck = plain.clone()
    struck[..., 16:32, 500:520] = 0.0  # a quarter of the bands, a fiftieth of the frames
    with torch.no_grad():
        before, after = network.maps(plain), network.maps(struck)
    assert [tuple(found.shape) for found in before] == [
        (1, 8, 16, 256), (1, 16, 8, 128), (1, 32, 4, 64), (1, 64, 2, 32),
    ]  # fmt: skip
    change = (after[0] - before[0]).square().sum((0, 1))
    band, frame = divmod(int(change.argmax()), 256)
    assert 4 <= band < 8 and 500 / 1001 * 256 - 2 <= frame <= 520 / 1001 * 256 + 2


def test_short_and_long_sound_gives_its_own_share_of_the_maps(folder):
    network = load_network(f"clap:{folder}")
    short = torch.randn(2, 64, 200)
    with torch.no_grad():
        maps = network.maps(short)
        repeated = network.maps(short.repeat(1, 1, 6)[..., :1001])
        assert [found.shape[-1] for found in maps] == [52, 26, 13, 7]
        assert torch.allclose(maps[2], repeated[2][..., :13], atol=1e-5)
        assert [found.shape[-1] for found in network.maps(torch.randn(1, 64, 1501), 2)] == [384, 192]


def test_it_is_frozen_and_differentiable_by_its_input(folder):
    network = load_network(f"clap:{folder}")
    assert not any(parameter.requires_grad for parameter in network.parameters())
    audio = torch.from_numpy(sound(1))[None, None].requires_grad_()
    network.maps(network.from_audio(audio, RATE))[3].square().sum().backward()
    assert audio.grad is not None and audio.grad.abs().sum() > 0


def test_without_transformers_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(UserError, match=r"install it with pip install 'tritone\[clap\]'"):
        load_network(f"clap:{tmp_path}")


def test_a_folder_that_is_no_clap_model_is_refused(tmp_path):
    pytest.importorskip("transformers")
    with pytest.raises(UserError, match=r"has no config\.json"):
        load_network(f"clap:{tmp_path}")
    (tmp_path / "config.json").write_text('{"model_type": "clap"}')
    with pytest.raises(UserError, match="cannot be read as a ClapModel"):
        load_network(f"clap:{tmp_path}")
