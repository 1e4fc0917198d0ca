"""EnCodec's encoder with random weights: against transformers where it is there, and against frozen numbers of it."""

import numpy as np
import pytest
import safetensors.torch
import torch

from tritone.errors import UserError
from tritone.nn.feature_networks.encodec import HOP, MONO, STEREO, load

FROZEN = {
    # of `published_weights` and `sound(0.3)`: the encoder of transformers 5.23.0, float32 on a CPU
    "mono": (-0.03159, 0.44156, -0.11425, -0.35229, 0.2078),
    "stereo": (0.00763, 1.05478, 0.26276, 1.86952, -0.94414),
}
KINDS = {"mono": MONO, "stereo": STEREO}


def published_weights(kind):
    """Weights in the authors' layout and names, the same on every machine."""
    rng = np.random.default_rng(11)
    weights = {}

    def convolution(name, before, after, kernel):
        direction = rng.standard_normal((after, before, kernel)).astype(np.float32)
        if kind == "mono":
            length = (0.8 + 0.4 * rng.random((after, 1, 1))).astype(np.float32)
            weights[f"{name}.conv.weight_g"], weights[f"{name}.conv.weight_v"] = length, direction
        else:
            weights[f"{name}.conv.weight"] = direction / np.float32(np.sqrt(before * kernel))
            weights[f"{name}.norm.weight"] = (0.5 + rng.random(after)).astype(np.float32)
            weights[f"{name}.norm.bias"] = (0.1 * rng.standard_normal(after)).astype(np.float32)
        weights[f"{name}.conv.bias"] = (0.1 * rng.standard_normal(after)).astype(np.float32)

    convolution("encoder.model.0.conv", KINDS[kind].channels, 32, 7)
    for number, stride in enumerate((2, 4, 5, 8)):
        width, place = 32 * 2**number, 1 + 3 * number
        convolution(f"encoder.model.{place}.block.1.conv", width, width // 2, 3)
        convolution(f"encoder.model.{place}.block.3.conv", width // 2, width, 1)
        convolution(f"encoder.model.{place}.shortcut.conv", width, width, 1)
        convolution(f"encoder.model.{place + 2}.conv", width, 2 * width, 2 * stride)
    for layer in range(2):
        for part, shape in (
            ("weight_ih", (2048, 512)),
            ("weight_hh", (2048, 512)),
            ("bias_ih", 2048),
            ("bias_hh", 2048),
        ):
            values = 0.05 * rng.standard_normal(shape)
            weights[f"encoder.model.13.lstm.{part}_l{layer}"] = values.astype(np.float32)
    convolution("encoder.model.15.conv", 512, 128, 7)
    weights["decoder.model.0.conv.conv.bias"] = np.zeros(3, np.float32)
    return {name: torch.from_numpy(value) for name, value in weights.items()}


def sound(kind, seconds, seed=3):
    kind = KINDS[kind]
    rng = np.random.default_rng(seed)
    return torch.from_numpy(
        rng.standard_normal((1, kind.channels, round(seconds * kind.rate))).astype(np.float32) * 0.2
    )


@pytest.fixture(scope="module", params=["mono", "stereo"])
def network(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("encodec") / "encodec.th"
    torch.save(published_weights(request.param), path)
    return request.param, load(path)


def test_frames_are_those_of_the_published_encoder(network):
    kind, ours = network
    frames = ours(sound(kind, 0.3))
    assert frames.shape == (1, 128, -(-round(0.3 * ours.rate) // HOP))
    found = [frames.mean().item(), frames.std().item(), *frames[0, [0, 31, 127], [0, 7, -1]].tolist()]
    assert found == pytest.approx(FROZEN[kind], abs=2e-4)


@pytest.mark.parametrize("kind", ["mono", "stereo"])
def test_it_is_the_encoder_of_transformers(kind, tmp_path):
    transformers = pytest.importorskip("transformers")
    stereo = {
        "sampling_rate": 48_000, "audio_channels": 2, "normalize": True, "chunk_length_s": 1.0, "overlap": 0.01,
        "norm_type": "time_group_norm", "use_causal_conv": False, "target_bandwidths": [3.0, 6.0, 12.0, 24.0],
    }  # fmt: skip
    torch.manual_seed(0)
    model = transformers.EncodecModel(transformers.EncodecConfig(**(stereo if kind == "stereo" else {}))).eval()
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter.add_(0.03 * torch.randn(parameter.shape))
    model.save_pretrained(tmp_path)
    ours = load(tmp_path)
    for seconds in (1.0, 0.7217, 0.0009):
        audio = sound(kind, seconds)
        level = audio.mean(1, keepdim=True).square().mean().sqrt() + 1e-8 if kind == "stereo" else 1.0
        with torch.no_grad():
            expected = model.encoder(audio / level)
            found = ours(audio)
        assert found.shape == expected.shape
        assert (found - expected).abs().max() < 2e-5 * expected.abs().max()


def test_mono_is_causal_and_stereo_is_not(network):
    kind, ours = network
    audio = sound(kind, 0.5)
    later = audio.clone()
    later[..., audio.shape[-1] // 2 :] *= -1  # the level stays, by which the stereo model divides
    early = slice(0, audio.shape[-1] // 2 // HOP - 1)
    changed = (ours(audio) - ours(later))[..., early].abs().max()
    assert changed == 0 if kind == "mono" else changed > 0


def test_sound_of_any_rate_and_channels_is_made_fitting(network):
    kind, ours = network
    given = torch.randn(2, 2, 4410, generator=torch.Generator().manual_seed(0))
    fitted = ours.fitting(given, 44_100)
    assert fitted.shape == (2, KINDS[kind].channels, round(0.1 * KINDS[kind].rate))
    single = ours.fitting(given[:, :1], ours.rate)
    assert single.shape[1] == KINDS[kind].channels and torch.equal(single[:, 0], given[:, 0])
    if kind == "mono":
        assert torch.allclose(ours.fitting(given, ours.rate)[:, 0], given.mean(1))
    else:
        assert torch.equal(ours.fitting(given, ours.rate), given)


def test_the_stereo_model_hears_no_level_and_silence_is_finite(network):
    kind, ours = network
    audio = sound(kind, 0.2)
    change = (ours(audio) - ours(0.1 * audio)).abs().max()
    assert change < 1e-3 if kind == "stereo" else change > 1e-2
    assert ours(torch.zeros_like(audio)).isfinite().all()


def test_files_of_something_else_are_refused_in_one_sentence(tmp_path):
    weights = published_weights("mono")
    lacking = {name: value for name, value in weights.items() if "13.lstm.bias_hh_l1" not in name}
    other = weights | {"encoder.model.15.conv.conv.weight_v": torch.zeros(128, 512, 3)}
    cases = {"lacks 13.lstm.bias_hh_l1": lacking, "15.conv.v is (128, 512, 3), not (128, 512, 7)": other,
             "does not hold EnCodec's encoder": {"decoder.a": torch.zeros(1)}}  # fmt: skip
    for sentence, content in cases.items():
        path = tmp_path / "weights.safetensors"
        safetensors.torch.save_file(content, path)
        with pytest.raises(UserError) as refusal:
            load(path)
        assert sentence in str(refusal.value) and str(path) in str(refusal.value)
    with pytest.raises(UserError, match="There is no file"):
        load(tmp_path)


def test_a_pickle_that_would_run_code_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    torch.save({"encoder.model.0.conv.conv.bias": Trap()}, tmp_path / "trap.th")
    with pytest.raises(UserError, match="holds more than tensors"):
        load(tmp_path / "trap.th")
    assert not (tmp_path / "sprung").exists()
