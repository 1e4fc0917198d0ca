"""Timbre transfer: loudness matched on the way in and given back on the way out; styles; refusals."""

import shutil

import numpy as np
import pytest
import soundfile
import torch
from acting import RATE, TINY, hit

from tritone.play.gain import brought_to, loudness, training_loudness
from tritone.play.load import load
from tritone.play.reconstruct import reconstruct
from tritone.signal.loudness import integrated_loudness


def tone(seconds: float, amplitude: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * 997 * time)).astype(np.float32)


def test_loudness_is_the_standards():
    """A sine of 997 Hz at full scale has -3.01 LUFS; a batch counts as one sound."""
    audio = torch.from_numpy(tone(2, 1.0))[None, None]
    assert loudness(audio, RATE) == pytest.approx(-3.01, abs=0.02)
    assert loudness(torch.cat([audio, audio]), RATE) == pytest.approx(-3.01, abs=0.02)
    assert loudness(audio[..., :4000], RATE) == pytest.approx(-3.0, abs=0.3)  # too short for gates
    assert loudness(torch.zeros(1, 1, RATE), RATE) == float("-inf")


def test_sound_is_brought_to_a_loudness_and_silence_stays():
    audio = torch.from_numpy(tone(1, 0.01))[None, None]
    assert loudness(brought_to(audio, -20.0, RATE), RATE) == pytest.approx(-20, abs=0.01)
    assert torch.equal(brought_to(torch.zeros(1, 1, RATE), -20.0, RATE), torch.zeros(1, 1, RATE))
    assert torch.equal(brought_to(audio, float("-inf"), RATE), audio)
    limited = brought_to(audio, 10.0, RATE, most=0.9)
    assert limited.abs().max() == pytest.approx(0.9)


def test_the_training_sound_is_measured(trained, sounds):
    """The fixture's sounds, as one after another; the validation split is a part of them."""
    files = [soundfile.read(path)[0] for path in sorted(sounds.glob("*.wav"))]
    each = [integrated_loudness(file[None], RATE) for file in files]
    assert min(each) - 1 < training_loudness(trained) < max(each) + 1


def test_the_model_hears_the_loudness_it_knows_and_the_sound_keeps_its_own(trained, tmp_path):
    model, path = load(trained), tmp_path / "quiet.wav"
    soundfile.write(path, 0.02 * hit(3, samples=2 * RATE), RATE, subtype="FLOAT")
    heard = []
    model.reconstruct = lambda part, **_: heard.append(part) or torch.tanh(3 * part)
    (written,) = reconstruct(model, [path], tmp_path / "out", known_loudness=-18.0)
    assert loudness(heard[0], RATE) == pytest.approx(-18, abs=0.01)
    before, after = (torch.from_numpy(soundfile.read(each, dtype="float32")[0])[None, None] for each in (path, written))
    assert loudness(after, RATE) == pytest.approx(loudness(before, RATE), abs=0.01)
    reconstruct(model, [path], tmp_path / "plain")
    assert torch.equal(heard[-1], before)


def test_match_gain_through_the_command_line(trained, audio, done, refused, tmp_path):
    path = tmp_path / "loud.wav"
    soundfile.write(path, 0.9 * np.sign(hit(2)), RATE)
    (matched,) = done("reconstruct", trained, path, "--out", tmp_path / "a", "--match-gain").paths
    known = f"{training_loudness(trained):.6f}"
    (said,) = done("reconstruct", trained, path, "--out", tmp_path / "b", "--match-gain", "--loudness", known).paths
    np.testing.assert_allclose(soundfile.read(matched)[0], soundfile.read(said)[0], atol=1e-5)
    gone = tmp_path / "run"
    shutil.copytree(trained, gone)
    config = gone / "config.yaml"
    config.write_text("\n".join(f"data: {tmp_path}/gone" if line.startswith("data:") else line
                                for line in config.read_text().splitlines()))  # fmt: skip
    sentence = refused("reconstruct", gone, path, "--out", tmp_path / "c", "--match-gain")
    assert "--loudness" in sentence and "gone" in sentence
    done("reconstruct", gone, path, "--out", tmp_path / "c", "--match-gain", "--loudness", -20)
    assert "--match-gain" in refused("reconstruct", trained, path, "--out", tmp_path / "d", "--loudness", -20)


def test_style_is_refused_by_a_model_without_places(trained, audio, refused, tmp_path):
    path = audio("a.wav")
    assert "cannot style" in refused("reconstruct", trained, path, "--out", tmp_path / "a", "--style", path)
    assert not (tmp_path / "a").exists()


V3 = (
    "--preset", "vae-v3", *TINY[2:], "--model.discriminator.capacity", 2, "--training.crop_samples", 18_432,
    "--model.pqmf.taps", 64,
)  # fmt: skip


def test_style_through_the_command_line(data, audio, done, refused, tmp_path):
    run = tmp_path / "run"
    done("train", "vae", data, "--out", run, *V3, "--steps", 1)
    source, target = audio("source.wav", number=1), audio("target.wav", number=5, channels=2)
    words = ("reconstruct", run, source, "--out")
    (plain,) = done(*words, tmp_path / "plain").paths
    (styled,) = done(*words, tmp_path / "styled", "--style", target).paths
    (again,) = done(*words, tmp_path / "again", "--style", target).paths
    (own,) = done(*words, tmp_path / "own", "--style", source).paths
    assert styled.read_bytes() == again.read_bytes() != plain.read_bytes()
    np.testing.assert_allclose(soundfile.read(own)[0], soundfile.read(plain)[0], atol=1e-5)
    done(*words, tmp_path / "both", "--style", target, "--match-gain")
    assert "no file" in refused(*words, tmp_path / "no", "--style", tmp_path / "missing.wav")
