"""`tritone train` and what one can get wrong: a sentence, exit status 2, and nothing written or lost."""

import json
import shutil

import pytest
import torch
import yaml
from acting import TINY

from tritone import families
from tritone.training.checkpoint import read


@pytest.fixture
def run(trained, tmp_path):
    """A copy of the trained run that a test may damage."""
    return shutil.copytree(trained, tmp_path / "run")


@pytest.fixture
def goes_on(data, run, done):
    """`goes_on()` continues the run for two more steps."""
    return lambda: done("train", "vae", data, "--out", run, *TINY, "--steps", 4)


MISTAKES = {
    "--model.capasity 8": "did you mean model.capacity",
    "--training.augment.gian 1": "did you mean training.augment.gain",
    "--stepps 3": "--stepps",
    "extra": "one word too many",
    "--model.capacity many": "model.capacity must be a whole number, not 'many'",
    "--model.causal perhaps": "model.causal must be true or false, not 'perhaps'",
    "--model.betas 3": "model.betas must be a list of 2 numbers",
    "--model.capacity 0": "capacity must be at least 1, not 0",
    "--model.weights.fulband 1": "did you mean model.weights.fullband",
    "--model.ratios [0,4]": "ratios",
    "--model.learning_rate -1": "learning_rate",
    "--model.learning_rate nan": "learning_rate",
    "--model.betas [2,3]": "betas",
    "--model.spectral_scales [1,0]": "spectral_scales",
    "--model.latent 0": "latent must be at least 1",
    "--model.channels 3": "channels",
    "--steps -1": "steps must be at least 0, not -1",
    "--steps many": "--steps",
    "--minutes -1": "--minutes",
    "--minutes nan": "--minutes",
    "--training.batch 0": "batch must be at least 1",
    "--training.accumulate 3": "training.batch 2 cannot be split",
    "--training.precision fp16": "training.precision fp16 needs a CUDA device",
    "--training.precision int8": "training.precision must be one of float32, bf16, fp16",
    "--training.crop_samples 600": "crop_samples",
    "--training.ema 1": "ema is a decay",
    "--training.augment.gain 2": "gain is a probability",
    "--training.seed 99999999999999999999": "seed",
    "--preset vae-nona": "did you mean vae-nano",
    "--preset nowhere.yaml": "nowhere.yaml",
    "--device tpu": "--device",
    "--preset": "--preset",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_settings_that_cannot_be(data, refused, tmp_path, words):
    given = words.split()
    sentence = refused("train", "vae", data, "--out", tmp_path / "run", *TINY, "--steps", 1, *given)
    assert MISTAKES[words] in sentence
    assert not (tmp_path / "run").exists()


def test_what_must_be_said(data, refused):
    assert "DATA" in refused("train", "vae") and "--out" in refused("train", "vae")
    assert "--out" in refused("train", "vae", data)
    assert "a family first, gan or vae" in refused("train")
    assert "'van'" in refused("train", "van", data, "--out", "x")


def test_options_may_come_first(data, done, tmp_path):
    done("train", "--out", tmp_path / "run", *TINY, "--steps", 0, "vae", data)


@pytest.mark.parametrize("preset", ["vae-v2-48k-stereo", "vae-v2"])
def test_preset_that_does_not_fit_the_data(sounds, data, refused, done, tmp_path, preset):
    if preset == "vae-v2":
        data = tmp_path / "fast"
        done("prepare", sounds, "--out", data, "--rate", 48_000)
    sentence = refused("train", "vae", data, "--out", tmp_path / "run", "--preset", preset)
    mend = "--model.sample_rate 44100" if preset == "vae-v2-48k-stereo" else "--model.sample_rate 48000"
    assert preset in sentence and mend in sentence and "prepare the sound again" in sentence
    assert not (tmp_path / "run").exists()


def test_stereo_model_on_mono_data(data, refused, tmp_path):
    sentence = refused("train", "vae", data, "--out", tmp_path / "run", *TINY, "--model.channels", 2)
    assert "prepared with channels 1" in sentence and "--model.channels 1" in sentence
    assert not (tmp_path / "run").exists()


def test_data_that_is_no_data(sounds, data, refused, tmp_path):
    assert "There is no dataset" in refused("train", "vae", tmp_path / "nowhere", "--out", tmp_path / "run")
    assert "tritone prepare" in refused("train", "vae", sounds, "--out", tmp_path / "run")
    for text in (
        "{",
        "[]",
        '{"format": 1}',
        '{"format": 99}',
        '{"format": 1, "options": {}, "shards": [], "items": []}',
    ):
        (tmp_path / "index.json").write_text(text)
        assert str(tmp_path) in refused("train", "vae", tmp_path, "--out", tmp_path / "run")
        assert str(tmp_path) in refused("inspect", tmp_path)
    broken = shutil.copytree(data, tmp_path / "data")
    shard = next((broken / "shards").iterdir())
    shard.write_bytes(shard.read_bytes()[:1000])
    assert "cut short" in refused("train", "vae", broken, "--out", tmp_path / "run")
    shard.unlink()
    assert "is missing" in refused("train", "vae", broken, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_out_that_is_something_else(data, sounds, refused, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file/run"):
        assert str(tmp_path / "file") in refused("train", "vae", data, "--out", out, *TINY)
    assert (tmp_path / "file").read_text() == "mine"
    assert "choose another --out" in refused("train", "vae", data, "--out", data, *TINY)
    before = sorted(sounds.iterdir())
    assert "choose another --out" in refused("train", "vae", data, "--out", sounds, *TINY)
    assert sorted(sounds.iterdir()) == before


def test_run_that_belongs_to_other_settings(data, run, refused):
    log = (run / "log.jsonl").read_bytes()
    sentence = refused("train", "vae", data, "--out", run, *TINY, "--model.latent", 64)
    assert "model.latent 128 -> 64" in sentence and "another --out" in sentence
    assert (run / "log.jsonl").read_bytes() == log


def test_run_of_other_data(sounds, run, refused, done, tmp_path):
    done("prepare", sounds, "--out", tmp_path / "data")
    sentence = refused("train", "vae", tmp_path / "data", "--out", run, *TINY)
    assert str(tmp_path / "data") in sentence and "another --out" in sentence


def damaged(path, how):
    """Damage a file in one of the ways in which disks and copies do."""
    whole = path.read_bytes()
    if how == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "flipped":
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "gone"])
@pytest.mark.parametrize("name", ["model.safetensors", "training.pt"])
def test_damaged_latest_checkpoint_falls_back_with_a_warning(run, goes_on, name, how):
    damaged(run / "checkpoints/step-2" / name, how)
    outcome = goes_on()
    assert "step-2 is damaged" in outcome.err and "Continuing after step 0" in outcome.err
    assert (run / "checkpoints/latest").read_text() == "step-4\n"


def test_every_checkpoint_damaged(data, run, refused):
    for step in (0, 2):
        damaged(run / f"checkpoints/step-{step}/model.safetensors", "cut")
    sentence = refused("train", "vae", data, "--out", run, *TINY, "--steps", 4)
    assert "No checkpoint" in sentence and "another --out" in sentence


class Boom:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_a_strangers_pickled_object_is_never_loaded(run, goes_on, tmp_path):
    file = run / "checkpoints/step-2/training.pt"
    state = torch.load(file, weights_only=True)
    torch.save({**state, "best": Boom(str(tmp_path / "boom"))}, file)
    outcome = goes_on()
    assert "step-2 is damaged" in outcome.err and "Continuing after step 0" in outcome.err
    assert not (tmp_path / "boom").exists()


def test_checkpoint_of_another_architecture(data, run, done, refused, tmp_path):
    done("train", "vae", data, "--out", tmp_path / "other", *TINY, "--model.latent", 16, "--steps", 2)
    shutil.rmtree(run / "checkpoints/step-2")
    shutil.copytree(tmp_path / "other/checkpoints/step-2", run / "checkpoints/step-2")
    sentence = refused("train", "vae", data, "--out", run, *TINY, "--steps", 4)
    assert "step-2" in sentence and "architecture" in sentence and "config.yaml" in sentence


@pytest.fixture
def second_family(monkeypatch):
    """There is a family "other", which is the VAE under another name."""
    monkeypatch.setitem(families.FAMILIES, "other", families.FAMILIES["vae"])


def renamed(config):
    config.write_text(config.read_text().replace("family: vae", "family: other"))


def test_checkpoint_of_another_family(data, run, refused, second_family, audio, tmp_path):
    renamed(run / "checkpoints/step-2/config.yaml")
    sentence = refused("train", "vae", data, "--out", run, *TINY, "--steps", 4)
    assert "step-2" in sentence and "family other, not vae" in sentence
    assert "family other" in refused("reconstruct", run, audio("a.wav"), "--out", tmp_path / "out")


def test_run_of_another_family(data, run, refused, second_family):
    renamed(run / "config.yaml")
    for preset in (TINY, ()):
        assert "run of the family other" in refused("train", "vae", data, "--out", run, *preset, "--steps", 4)
    assert "belongs to the family vae" in refused("train", "other", data, "--out", run, *TINY)


def test_config_that_was_edited_into_nonsense(data, run, refused):
    config = yaml.safe_load((run / "config.yaml").read_text())
    for text, words in (("{", "not valid YAML"), ("family: vae", "no model"), ("", "but holds nothing")):
        (run / "config.yaml").write_text(text)
        assert words in refused("train", "vae", data, "--out", run, "--steps", 4)
        assert words in refused("inspect", run)
    config["model"]["capacity"] = "many"
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    assert "model.capacity must be a whole number" in refused("inspect", run)


@pytest.mark.parametrize("setting", [("--model.learning_rate", "1e30"), ("--model.weights.fullband", "1e38")])
def test_losses_that_stop_being_finite(data, refused, done, tmp_path, setting):
    run = tmp_path / "run"
    sentence = refused("train", "vae", data, "--out", run, *TINY, "--steps", 20, *setting)
    assert "Training stopped at step" in sentence and "learning rate" in sentence
    latest = (run / "checkpoints/latest").read_text().strip()
    weights = read(run / "checkpoints" / latest).weights
    assert all(value.isfinite().all() for value in weights.values())
    assert json.loads(done("inspect", run, "--json").out)["step"] == int(latest.removeprefix("step-"))
