"""From a folder of sound to sound that never was, with the commands that the README names."""

import json
import shutil

import numpy as np
import pytest
import soundfile
from acting import RATE, TINY

from tritone.config import preset_names
from tritone.training.log import read_log


def listing(folder):
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_prepare_leaves_the_sound_folder_alone_and_says_what_is_next(sounds, done, tmp_path):
    before = listing(sounds)
    outcome = done("prepare", sounds, "--out", tmp_path / "data")
    assert listing(sounds) == before
    assert "8 files" in outcome.out and f"tritone train vae {tmp_path / 'data'}" in outcome.out.replace("\n", "")
    again = done("prepare", sounds, "--out", tmp_path / "data").out
    assert any("already done" in line and "8 files" in line for line in again.splitlines())
    assert json.loads(done("prepare", sounds, "--out", tmp_path / "data", "--json").out)["files"] == 8


def test_the_same_command_resumes(data, done, tmp_path):
    run = tmp_path / "run"
    done("train", "vae", data, "--out", run, *TINY, "--steps", 2, "--training.log_every", 1)
    assert (run / "checkpoints/latest").read_text() == "step-2\n"
    outcome = done("train", "vae", data, "--out", run, *TINY, "--steps", 4, "--training.log_every", 1)
    assert "Continuing after step 2" in outcome.err and "Finished after 4 of 4" in outcome.err
    steps = [line["step"] for line in read_log(run / "log.jsonl") if "generator/fullband" in line]
    assert steps == [1, 2, 3, 4]
    assert "Finished after 4 of 4" in done("train", "vae", data, "--out", run, *TINY, "--steps", 4).err


def test_resume_without_naming_the_preset_again(data, done, tmp_path):
    run = tmp_path / "run"
    done("train", "vae", data, "--out", run, *TINY, "--steps", 1)
    outcome = done("train", "vae", data, "--out", run, "--steps", 2)
    assert "Continuing after step 1" in outcome.err
    assert json.loads(done("inspect", run, "--json").out)["step"] == 2


def test_a_run_explains_itself(trained):
    there = listing(trained)
    for name in ("config.yaml", "README.md", "log.jsonl", "checkpoints/latest", "checkpoints/best"):
        assert name in there
    for step in (0, 2):
        for name in ("model.safetensors", "training.pt", "config.yaml"):
            assert f"checkpoints/step-{step}/{name}" in there
        assert f"previews/step-{step}/1-output.wav" in there and f"previews/step-{step}/spectrogram.png" in there
    assert any(name.startswith("tensorboard/") for name in there)


def test_presets_lists_all_and_prints_one_that_can_be_used(data, done, tmp_path):
    listed = [line.split()[0] for line in done("presets").out.splitlines()]
    assert listed == list(preset_names()) and {"vae-v1", "vae-v2", "vae-v2-small", "vae-nano"} <= set(listed)
    assert set(json.loads(done("presets", "--json").out)) == set(listed)
    mine = tmp_path / "mine.yaml"
    mine.write_text("base: vae-nano\nmodel: {capacity: 8}\ntraining: {crop_samples: 4096, batch: 2, steps: 1}\n")
    done("train", "vae", data, "--out", tmp_path / "run", "--preset", mine, "--training.validation_crops", 1)
    assert "crop_samples: 32768" in done("presets", "vae-nano").out


def test_inspect_says_what_things_are(data, trained, done):
    dataset = json.loads(done("inspect", data, "--json").out)
    assert (dataset["kind"], dataset["sample_rate"], dataset["channels"], dataset["files"]) == ("dataset", RATE, 1, 8)
    run = json.loads(done("inspect", trained, "--json").out)
    assert (run["kind"], run["family"], run["preset"], run["step"]) == ("run", "vae", "vae-nano", 2)
    assert run["ratio"] == 1024 and run["latent"] == 128 and run["delay_ms"] > 0
    checkpoint = json.loads(done("inspect", trained / "checkpoints/step-0", "--json").out)
    assert (checkpoint["kind"], checkpoint["step"]) == ("checkpoint", 0)
    for path in (data, trained, trained / "checkpoints/step-0"):
        assert "44,100" in done("inspect", path).out
    assert "causal" in done("inspect", trained).out and "{'" not in done("inspect", data).out


def test_checkpoint_taken_out_of_its_run_still_plays(trained, audio, done, tmp_path):
    shutil.copytree(trained / "checkpoints/step-2", tmp_path / "taken")
    assert json.loads(done("inspect", tmp_path / "taken", "--json").out)["family"] == "vae"
    there = done("reconstruct", tmp_path / "taken", audio("a.wav"), "--out", tmp_path / "x").paths[0]
    home = done("reconstruct", trained, audio("a.wav"), "--out", tmp_path / "y").paths[0]
    assert there.read_bytes() == home.read_bytes()


@pytest.mark.parametrize("checkpoint", ["latest", "best", "0", "2"])
def test_checkpoints_by_name(trained, audio, done, tmp_path, checkpoint):
    done("reconstruct", trained, audio("a.wav"), "--out", tmp_path / "x", "--checkpoint", checkpoint)


def test_loops_are_rendered_exactly_and_train(done, tmp_path):
    out = tmp_path / "loops"
    done("loops", "render", "--out", out, "--count", 4, "--bpm", 174, "--rate", 22_050, "--channels", 1, "--seed", 3)
    files = sorted(out.rglob("*.flac"))
    assert len(files) == 4
    for file in files:
        assert soundfile.info(file).frames == round(4 * 60 / 174 * 22_050) and soundfile.info(file).channels == 1
    done("loops", "render", "--out", tmp_path / "two", "--count", 2, "--bpm", 174, "--rate", 22_050, "--channels", 1,
         "--seed", 3)  # fmt: skip
    for file in (tmp_path / "two").rglob("*.flac"):
        assert file.read_bytes() == (out / file.relative_to(tmp_path / "two")).read_bytes()
    done("prepare", out, "--out", tmp_path / "data", "--rate", 22_050, "--bars", 1)
    done(
        "train", "vae", tmp_path / "data", "--out", tmp_path / "run", *TINY, "--steps", 1, "--model.sample_rate", 22050
    )


def test_python_says_the_same(sounds, audio, done, tmp_path):
    import tritone

    tritone.prepare([sounds], tmp_path / "data")
    overrides = {"model": {"capacity": 8}, "training": {"crop_samples": 4096, "batch": 2, "validation_crops": 1}}
    tritone.train("vae", tmp_path / "data", tmp_path / "run", "vae-nano", steps=1, overrides=overrides, device="cpu")
    model = tritone.load(tmp_path / "run")
    sound = np.zeros((1, 1, 5000), np.float32)
    import torch

    assert model.reconstruct(torch.from_numpy(sound)).shape == (1, 1, 5000)
    with pytest.raises(tritone.UserError):
        tritone.load(tmp_path)
