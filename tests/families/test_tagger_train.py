"""A tagger trained through the command line on folders, and used as a feature network."""

import numpy as np
import pytest
import soundfile
import torch

from tritone.nn.feature_networks import load_network
from tritone.play.load import load

RATE = 16_000
TINY = ("--training.crop_samples", 8192, "--training.batch", 8, "--training.validation_crops", 24,
        "--training.checkpoint_minutes", 60, "--training.log_every", 20, "--model.sample_rate", RATE,
        "--model.widths", "[8, 16, 16, 32]", "--model.hidden", 16, "--model.mel.rate", RATE,
        "--model.mel.mels", 16, "--model.window_frames", 16, "--model.warmup", 0)  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Twenty sounds each of low tones, high tones and noise, in folders named by these."""
    generator, place = np.random.default_rng(0), tmp_path_factory.mktemp("labelled")
    time = np.arange(RATE) / RATE
    for label, hertz in (("low", 200), ("high", 3000), ("noise", 0)):
        (place / label).mkdir()
        for number in range(20):
            tone = 0.3 * np.sin(2 * np.pi * hertz * (1 + generator.random()) * time)
            sound = 0.1 * generator.normal(size=RATE) if label == "noise" else tone
            soundfile.write(place / label / f"{number}.wav", sound, RATE)
    return place


def test_folders_train_a_tagger_that_names_them_and_serves_as_feature_network(folders, tmp_path, done):
    data, run = tmp_path / "data", tmp_path / "run"
    done("prepare", folders, "--out", data, "--rate", RATE, "--validation", 0.3)
    done("train", "tagger", data, "--out", run, "--steps", 60, *TINY)
    tagger = load(run)
    assert tagger.labels == ("high", "low", "noise") and tagger.capabilities() == {"tag"}
    time = torch.arange(20_000) / RATE
    low, high = (0.2 * torch.sin(2 * torch.pi * hertz * time) for hertz in (330.0, 4500.0))
    probabilities = tagger.tag(torch.stack((low, high))[:, None])
    assert probabilities.sum(1).tolist() == pytest.approx([1.0, 1.0])
    assert [tagger.labels[index] for index in probabilities.argmax(1)] == ["low", "high"]
    features = load_network(f"scnn:{run}")
    spectrogram = features.from_audio(torch.stack((low, high))[:, None], RATE)
    logits = tagger.features.network.output(features.embed(spectrogram))
    assert torch.allclose(logits.softmax(1), probabilities, atol=1e-6)
    assert "high, low, noise" in done("inspect", run).out


def test_sound_without_labels_is_refused(sounds, tmp_path, done, refused):
    done("prepare", sounds, "--out", tmp_path / "data")
    sentence = refused("train", "tagger", tmp_path / "data", "--out", tmp_path / "run")
    assert "a tagger needs at least two" in sentence
    assert not (tmp_path / "run").exists()


def test_a_tagger_makes_no_sound(folders, tmp_path, done, refused):
    done("prepare", folders, "--out", tmp_path / "data", "--rate", RATE)
    done("train", "tagger", tmp_path / "data", "--out", tmp_path / "run", "--steps", 1, *TINY)
    sentence = refused("generate", tmp_path / "run", "--out", tmp_path / "sound", "--count", 1)
    assert "cannot generate; it can tag" in sentence
