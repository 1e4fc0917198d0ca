"""`tritone stream` from file to file on a tiny VAE: lengths, rates, and the null test against offline."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from acting import RATE

from tritone.play.load import load
from tritone.signal.files import read_audio
from tritone.signal.resample import resample

TORCH = ("--engine", "torch", "--precision", "float32")
FLOAT = ("--bits", "float", *TORCH)


@pytest.fixture
def stream(done, trained, tmp_path):
    """`stream(input, *words)` plays to a new file; gives its sound `(channels, frames)` and rate."""

    def run(source: object, *words: object):
        path = tmp_path / f"out-{len(os.listdir(tmp_path))}.wav"
        done("stream", trained, "--input", source, "--output", path, *FLOAT, *words)
        return read_audio(path)

    return run


def offline(trained, path: Path) -> np.ndarray:
    """The file followed by silence through the model at once, and cut to its length."""
    sound = torch.from_numpy(read_audio(path)[0])
    whole = torch.nn.functional.pad(sound, (0, 30_000))
    return load(trained).reconstruct(whole[None])[0, :, : sound.shape[1]].numpy()


@pytest.mark.parametrize("samples", [1, 2048, 11_111])
def test_what_comes_out_is_what_offline_gives_and_as_long(stream, audio, trained, samples):
    path = audio("in.wav", samples=samples)
    told, rate = stream(path, "--no-noise")
    assert rate == RATE and told.shape == (1, samples)
    assert np.abs(told - offline(trained, path)).max() < 1e-5


@pytest.mark.parametrize("block", [300, 3000])
def test_any_block_size_gives_the_same_sound(stream, audio, trained, block):
    path = audio("in.wav", samples=5000)
    assert np.abs(stream(path, "--no-noise", "--block", block)[0] - offline(trained, path)).max() < 1e-5


def test_the_same_again_bit_by_bit_with_all_that_is_random(stream, audio):
    words = ("--dims", 3, "--set", "fill 1", "--set", "noise 0.5", "--seed", 5)
    path = audio("in.wav", samples=5000)
    first, second = stream(path, *words)[0], stream(path, *words)[0]
    assert np.array_equal(first, second)
    assert not np.array_equal(first, stream(path, *words[:-1], 6)[0])


def test_kept_latency_is_the_latency_that_was_told(done, stream, audio, trained, tmp_path):
    path = audio("in.wav", samples=20_000)
    report = json.loads(done("stream", trained, "--input", path, "--output", "none", "--json", *TORCH).out)
    late = report["latency"]["total_samples"]
    assert late == load(trained).streaming().latency_samples == report["latency"]["model_samples"] > 0
    kept, moved = stream(path, "--no-noise", "--keep-latency")[0], stream(path, "--no-noise")[0]
    assert kept.shape == moved.shape == (1, 20_000)
    assert not kept[:, :late].any() and np.array_equal(kept[:, late:], moved[:, : 20_000 - late])


@pytest.mark.parametrize("rate", [48_000, 22_050])
@pytest.mark.parametrize("samples", [1, 4801])
def test_a_file_of_another_rate_keeps_rate_and_length(stream, audio, rate, samples):
    told, out_rate = stream(audio("in.wav", samples=samples, rate=rate))
    assert out_rate == rate and told.shape == (1, samples)


def test_seconds_and_loop(stream, audio):
    path = audio("in.wav", samples=3000)
    assert stream(path, "--seconds", 0.05)[0].shape == (1, 2205)
    assert stream(path, "--seconds", 1)[0].shape == (1, 3000)
    assert stream(path, "--seconds", 0.2, "--loop")[0].shape == (1, 8820)
    assert stream("sine", "--seconds", 0.1)[0].shape == (1, 4410)
    odd = audio("odd.wav", samples=3000, rate=48_000)
    assert stream(odd, "--seconds", 0.2, "--loop")[0].shape == (1, 9600)


def test_several_channels_are_averaged_for_a_mono_model_and_it_is_said(tritone, audio, trained, tmp_path):
    path = audio("in.wav", samples=3000, channels=2)
    outcome = tritone("stream", trained, "--input", path, "--output", tmp_path / "o.wav", *TORCH)
    assert outcome.status == 0 and "averaged" in outcome.err
    assert soundfile.info(tmp_path / "o.wav").channels == 1


def test_a_stereo_model(done, stereo, audio, tmp_path):
    path = audio("in.wav", samples=3000)
    done("stream", stereo, "--input", path, "--output", tmp_path / "o.wav", *FLOAT, "--no-noise")
    told = read_audio(tmp_path / "o.wav")[0]
    wanted = load(stereo).reconstruct(torch.nn.functional.pad(torch.from_numpy(read_audio(path)[0])[None], (0, 30_000)))
    assert told.shape == (2, 3000) and np.abs(told - wanted[0, :, :3000].numpy()).max() < 1e-5


def test_dry_is_the_input_under_itself(stream, audio):
    path = audio("in.wav", samples=3000)
    assert np.array_equal(stream(path, "--set", "bypass on")[0], read_audio(path)[0])
    assert np.allclose(stream(path, "--set", "wet 0", "--set", "gain -6")[0], read_audio(path)[0] * 10 ** (-6 / 20))


def test_fidelity_and_dims_are_those_of_offline(stream, audio, trained):
    path = audio("in.wav", samples=3000)
    model = load(trained)
    sound = torch.nn.functional.pad(torch.from_numpy(read_audio(path)[0])[None], (0, 30_000))
    for words, kept in ((("--dims", 2), {"dims": 2}), (("--fidelity", 0.5), {"fidelity": 0.5})):
        told = stream(path, "--no-noise", *words)[0]
        assert np.abs(told - model.reconstruct(sound, **kept)[0, :, :3000].numpy()).max() < 1e-5


def test_in_real_time_what_is_heard_is_in_its_place_and_the_rest_is_counted(done, stream, audio, trained, tmp_path):
    path, out = audio("in.wav", samples=9000), tmp_path / "o.wav"
    words = ("--input", path, "--no-noise", *FLOAT)
    report = json.loads(
        done("stream", trained, *words, "--output", out, "--realtime", "--spare", 8, "--json").out
    )  # fmt: skip
    told, fast = read_audio(out)[0], stream(path, "--no-noise")[0]
    assert told.shape == fast.shape and report["wall_seconds"] > 9000 / RATE
    assert report["latency"]["buffer_samples"] == 9 * 2048
    if not any(report["dropouts"].values()):
        assert np.array_equal(told, fast)
    assert set(report["step_time"]) == {
        f"{name}_{unit}" for name in ("p50", "p95", "p99", "max") for unit in ("ms", "share")
    }


def test_through_another_rate_the_input_stays_under_itself(stream, audio):
    path = audio("in.wav", samples=8000, rate=32_000)
    sound = read_audio(path)[0]
    there_and_back = resample(resample(sound, 32_000, RATE), RATE, 32_000)
    assert np.allclose(stream(path, "--set", "bypass on")[0], there_and_back, atol=1e-6)
