"""A vocoder as a user has it: trained on a folder of sound, interrupted, continued, and played."""

import json

import numpy as np
import pytest
import soundfile
import torch

from tritone.play.load import load
from tritone.training.run import Run

TINY = (
    "--preset", "vocoder-nano", "--model.network.width", 8, "--model.network.layers", 1,
    "--model.discriminator.capacity", 4, "--model.stage1_steps", 2, "--training.batch", 2,
    "--training.crop_samples", 8192, "--training.validation_crops", 2, "--training.previews", 1,
)  # fmt: skip


@pytest.mark.parametrize("channels", [1, 2])
def test_trained_continued_and_played(channels, sounds, tmp_path, done, audio):
    data, run = tmp_path / "data", tmp_path / "run"
    done("prepare", sounds, "--out", data, "--channels", channels)
    words = ("train", "vocoder", data, "--out", run, *TINY, "--model.channels", channels)
    done(*words, "--steps", 3)
    done(*words, "--steps", 5)
    at_once = tmp_path / "at-once"
    done("train", "vocoder", data, "--out", at_once, *TINY, "--model.channels", channels, "--steps", 5)
    for name, value in Run(at_once).load().state_dict().items():
        assert torch.equal(value, Run(run).load().state_dict()[name]), name
    facts = json.loads(done("inspect", run, "--json").out)
    assert (facts["family"], facts["channels"], facts["can"]) == ("vocoder", channels, "reconstruct")
    stereo = audio("long.wav", channels=2, samples=30_001, rate=48_000)
    (output,) = done("reconstruct", run, stereo, "--out", tmp_path / "out").paths
    read, rate = soundfile.read(output)
    assert read.shape == (30_001, 2) and rate == 48_000 and np.isfinite(read).all()


def test_only_what_the_vocoder_is_made_of_is_saved(data, tmp_path, done):
    done("train", "vocoder", data, "--out", tmp_path / "run", *TINY, "--steps", 1)
    model = load(tmp_path / "run")
    assert all(name.startswith("vocoder.") for name in model.state_dict())


def test_mistakes_are_told_in_one_sentence(data, tmp_path, refused, audio, done):
    out = ("--out", tmp_path / "run")
    assert "--model.channels 1" in refused("train", "vocoder", data, *out, *TINY, "--model.channels", 2)
    assert "multiple of 256" in refused("train", "vocoder", data, *out, *TINY, "--training.crop_samples", 1000)
    griffin = ("--model.network.architecture", "griffin-lim")
    assert "nothing to learn" in refused("train", "vocoder", data, *out, *TINY, *griffin)
    done("train", "vocoder", data, *out, *TINY, "--steps", 1)
    words = ("reconstruct", tmp_path / "run", audio("a.wav"), "--out", tmp_path / "o", "--dims", 4)
    assert "no latent" in refused(*words)
    assert "cannot generate" in refused("generate", tmp_path / "run", "--out", tmp_path / "o")
