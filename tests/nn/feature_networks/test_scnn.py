"""The short-chunk CNN: its size in the literature, a block by scipy, its front end by scipy, and loading from a run."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
import yaml
from scipy.signal import correlate, stft

from tritone.errors import UserError
from tritone.nn.feature_networks import load_network
from tritone.nn.feature_networks.scnn import SCNN, SCNNFeatures, load
from tritone.nn.mel_frames import MelFrames
from tritone.signal.mel import mel_filters
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=8000, mels=16, window=256, hop=64, low=50.0)
NUMBERS = {"window_frames": 16, "widths": [4, 6, 8, 8], "hidden": 5}


def small():
    torch.manual_seed(0)
    return SCNNFeatures(mel=MEL, classes=3, **NUMBERS)


def write_run(folder: Path, features: SCNNFeatures, family="tagger", **changes) -> Path:
    model = {
        "sample_rate": 8000,
        "labels": ["a", "b", "c"],
        "mel": {"rate": 8000, "mels": 16, "window": 256, "hop": 64, "low": 50.0},
        **NUMBERS,
        **changes,
    }
    checkpoint = folder / "checkpoints" / "step-7"
    checkpoint.mkdir(parents=True)
    for place in (folder, checkpoint):
        (place / "config.yaml").write_text(yaml.safe_dump({"family": family, "model": model}))
    weights = {f"features.{name}": value for name, value in features.state_dict().items()}
    safetensors.torch.save_file(weights, checkpoint / "model.safetensors")
    (folder / "checkpoints" / "latest").write_text("step-7\n")
    return folder


def test_it_has_the_parameters_of_the_loop_papers_network():
    """2.598 million with 66 genres, counted on the authors' network; group norm has as many as batch norm."""
    network = SCNN(classes=66, widths=(64, 64, 128, 128, 128, 256), hidden=256)
    assert sum(parameter.numel() for parameter in network.parameters()) == 2_598_084


def test_a_block_is_two_convolutions_and_a_short_way_by_scipy():
    torch.manual_seed(1)
    block = SCNN(classes=2, widths=(3, 3, 3, 3), hidden=2).blocks[0].double()
    image = np.random.default_rng(0).normal(size=(1, 10, 7))

    def convolved(signal, layer, stride):
        padded = np.pad(signal, ((0, 0), (1, 1), (1, 1)))
        kernels, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        full = [sum(correlate(c, k, "valid") for c, k in zip(padded, kernel, strict=True)) for kernel in kernels]
        return np.stack(full)[:, ::stride, ::stride] + bias[:, None, None]

    def normalised(signal):
        return (signal - signal.mean()) / np.sqrt(signal.var() + 1e-5)

    inner = np.maximum(normalised(convolved(image, block.first, 2)), 0)
    short = normalised(convolved(image, block.short, 2))
    expected = np.maximum(normalised(convolved(inner, block.second, 1)) + short, 0)
    found = block(torch.from_numpy(image)[None])[0].detach().numpy()
    assert found.shape == (3, 5, 4)
    assert np.abs(found - expected).max() < 1e-12


def test_the_front_end_is_the_logarithm_of_mel_magnitudes_by_scipy():
    audio = np.random.default_rng(2).normal(size=2000) * 0.1
    margin = (MEL.window - MEL.hop) // 2
    padded = np.pad(audio, margin, mode="reflect")
    _, _, spectrum = stft(padded, nperseg=MEL.window, noverlap=MEL.window - MEL.hop, boundary=None, padded=False)
    magnitude = np.abs(spectrum) * MEL.window / 2  # scipy divides by the sum of the window
    filters = mel_filters(MEL.rate, MEL.window, MEL.mels, MEL.low, None, MEL.scale).numpy()
    expected = np.log(np.maximum(filters @ magnitude, MEL.floor))
    found = small().from_audio(torch.from_numpy(audio).float()[None, None], MEL.rate)[0].numpy()
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-4


def test_maps_halve_bands_and_frames_and_any_number_of_frames_will_do():
    features = small()
    for frames in (1, 5, 16, 40):
        maps = features.maps(torch.randn(2, 16, frames))
        halved = [-(-frames // 2**number) for number in range(1, 5)]
        shapes = [(2, width, 16 // 2**number) for number, width in enumerate(features.widths, 1)]
        assert [tuple(found.shape) for found in maps] == [
            (*shape, count) for shape, count in zip(shapes, halved, strict=True)
        ]
        assert features.embed(torch.randn(2, 16, frames)).shape == (2, 5)
    assert len(features.maps(torch.randn(2, 16, 5), 2)) == 2


def test_a_sound_has_the_same_maps_whatever_is_beside_it():
    features, spectrogram = small(), torch.randn(3, 16, 20)
    alone = features.maps(spectrogram[1:2])[3]
    assert torch.allclose(features.maps(spectrogram)[3][1:2], alone, atol=1e-5)


def test_it_loads_from_a_run_and_from_a_checkpoint_frozen(tmp_path):
    features = small()
    run = write_run(tmp_path / "run", features)
    sound = torch.randn(1, 2, 3000, requires_grad=True)
    for path in (run, run / "checkpoints" / "step-7"):
        loaded = load_network(f"scnn:{path}")
        assert loaded.name == f"scnn:{path}" and loaded.sample_rate == 8000 and loaded.frame_rate == 125
        assert not any(parameter.requires_grad for parameter in loaded.parameters())
        spectrogram = loaded.from_audio(sound, 8000)
        assert torch.equal(loaded.embed(spectrogram), features.embed(spectrogram))
    loaded.maps(spectrogram)[3].square().sum().backward()
    assert sound.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"family": "vae"}, "holds a model of the family vae, not a tagger"),
        ({"labels": ["a", "b"]}, "output.weight is (3, 5), not (2, 5)"),
        ({"widths": [4, 6]}, "does not describe a tagger"),
        ({"hidden": "many"}, "does not describe a tagger"),
    ],
)
def test_a_run_that_does_not_fit_is_refused_in_one_sentence(tmp_path, change, sentence):
    run = write_run(tmp_path / "run", small(), **change)
    with pytest.raises(UserError) as refusal:
        load(run)
    assert sentence in str(refusal.value) and "\n" not in str(refusal.value)


def test_other_paths_are_refused_with_what_to_give(tmp_path):
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UserError, match="is not a run with a checkpoint"):
            load(path)
    run = write_run(tmp_path / "run", small())
    weights = run / "checkpoints" / "step-7" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UserError, match="it is damaged"):
        load(run)
    (run / "checkpoints" / "step-7" / "config.yaml").write_text("{")
    with pytest.raises(UserError, match=r"config\.yaml cannot be read"):
        load(run)


def test_from_another_spectrogram_of_a_loop_it_works_out_nearly_its_own():
    """Bursts of noise: the same places loud and quiet, in time as in frequency, as its own front end measures."""
    generator = torch.Generator().manual_seed(4)
    noise = torch.randn(2, 1, 16_000, generator=generator)
    burst = torch.exp(-torch.arange(4000) / 600).repeat(4)
    loop = 0.2 * noise * burst
    other = MelConfig(rate=8000, mels=40, window=256, hop=64)
    grid = MelFrames(other).on_grid(loop, torch.tensor([16_000, 16_000]), 256)[:, 0]
    features = small()
    found = features.from_mel(grid, other, 8000, 128.0, circular=True)
    own = features.from_audio(loop.repeat(1, 1, 3), 8000)[..., 250:500]
    assert found.shape == own.shape == (2, 16, 250)
    mean = [each - each.mean() for each in (found, own)]
    assert (mean[0] * mean[1]).sum() / (mean[0].norm() * mean[1].norm()) > 0.98
    assert (found - own).abs().mean() < 0.1
