"""Loops as a user makes them: render, prepare, train, interrupt, train on two processes, generate; and mistakes."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch
from acting import hit
from compared import LAUNCH, assert_same_bits, lines, state

from tritone.training.log import TIMINGS, read_log

RATE = 16_000
TINY_GAN = (
    "--preset", "gan-nano", "--model.sample_rate", RATE, "--model.mel.rate", RATE, "--model.mel.mels", "32",
    "--model.mel.window", "512", "--model.mel.hop", "128", "--model.vocoder_from", "null", "--model.generator.z", "8",
    "--model.generator.w", "16", "--model.generator.channels", "[16, 16, 8]", "--model.discriminator.mixed", "8",
    "--model.discriminator.width", "16", "--training.batch", "4", "--training.validation_crops", "4",
    "--training.previews", "1", "--training.log_every", "1", "--training.precision", "float32", "--device", "cpu",
)  # fmt: skip
ORDINARY = (
    "--model.discriminator.kind", "stylegan2", "--model.loss", "logistic", "--model.weights.r1", "5",
    "--model.weights.path_length", "2", "--model.penalty_every", "2", "--model.path_every", "3",
)  # fmt: skip


@pytest.fixture(scope="module")
def loops(tmp_path_factory):
    """A folder with rendered loops of several genres and tempos. Read only."""
    from acting import run_inside

    folder = tmp_path_factory.mktemp("loops") / "sound"
    words = ("loops", "render", "--out", folder, "--count", 24, "--rate", RATE, "--channels", 1, "--bpm", "100:140")
    assert run_inside(*words) == 0
    return folder


@pytest.fixture(scope="module")
def loop_data(loops):
    """A dataset of one-bar loops. Read only."""
    from acting import run_inside

    data = loops.parent / "data"
    assert run_inside("prepare", loops, "--out", data, "--bars", 1, "--rate", RATE, "--channels", 1) == 0
    return data


@pytest.fixture(scope="module")
def loop_run(loop_data):
    """A run of a tiny loop model after two steps. Read only."""
    from acting import run_inside

    run = loop_data.parent / "run"
    assert run_inside("train", "gan", loop_data, "--out", run, *TINY_GAN, "--steps", 2) == 0
    return run


def test_the_run_says_what_it_is(loop_run, done):
    facts = json.loads(done("inspect", loop_run, "--json").out)
    assert facts["family"] == "gan" and "generate" in facts["can"] and "loop" in facts["can"]
    assert (facts["bars"] == 1 and "house" in facts["labels"]) or len(facts["labels"].split(",")) > 1
    assert (loop_run / "README.md").read_text("utf-8").count("gan-nano") >= 1
    assert {path.name for path in (loop_run / "previews" / "step-0").iterdir()} >= {"1-real.wav", "1-new.wav"}
    seen = {name for line in read_log(loop_run / "log.jsonl") for name in line}
    assert {"discriminator/discriminator", "generator/generator", "validation/distance", "validation/spread"} <= seen


@pytest.mark.parametrize("bpm", [77, 120, 174])
def test_generated_loops_have_their_exact_length(loop_run, done, tmp_path, bpm):
    made = done("generate", loop_run, "--out", tmp_path, "--count", 2, "--seed", 7, "--bpm", bpm, "--truncation", 0.7)
    files = [path for path in made.paths if path.suffix == ".wav"]
    assert len(files) == 2
    for path in files:
        info = soundfile.info(path)
        assert info.frames == round(4 * 60 / bpm * RATE) and info.subtype == "PCM_24"


def test_same_seed_same_bytes(loop_run, done, tmp_path):
    for name, count, seed in (("a", 3, 7), ("b", 1, 8)):
        done("generate", loop_run, "--out", tmp_path / name, "--count", count, "--seed", seed)
    (alone,) = (tmp_path / "b").glob("*.wav")
    assert alone.read_bytes() == (tmp_path / "a" / alone.name).read_bytes()


def test_morph_mix_and_like(loop_run, loops, done, tmp_path):
    done("generate", loop_run, "--out", tmp_path / "morph", "--morph", "7,19,23", "--steps", 3)
    done("generate", loop_run, "--out", tmp_path / "mix", "--mix", "coarse:7,fine:19")
    source = next(loops.rglob("*.flac"))
    done("generate", loop_run, "--out", tmp_path / "like", "--like", source, "--count", 2)
    for name, least in (("morph", 5), ("mix", 1), ("like", 2)):
        found = list((tmp_path / name).glob("*.wav"))
        assert len(found) >= least, name
        assert all(np.isfinite(soundfile.read(path)[0]).all() for path in found)


@pytest.mark.parametrize("extra", [(), ORDINARY], ids=["projected", "ordinary"])
def test_resumed_run_is_bit_identical(loop_data, done, tmp_path, extra):
    settings = (*TINY_GAN, *extra, "--training.log_every", "2", "--training.previews", "0")
    done("train", "gan", loop_data, "--out", tmp_path / "straight", *settings, "--steps", 5)
    for steps in (1, 3, 5):
        done("train", "gan", loop_data, "--out", tmp_path / "broken", *settings, "--steps", steps)
    assert_same_bits(state(tmp_path / "straight"), state(tmp_path / "broken"))
    kept = [
        [line for line in lines(tmp_path / name) if not any("validation" in key for key in line)]
        for name in ("straight", "broken")
    ]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("extra", [(), ORDINARY], ids=["projected", "ordinary"])
def test_two_processes_learn_what_one_learns(loop_data, done, tmp_path, extra):
    """A step from a common state, with a batch whose halves hold whole groups of the minibatch deviation."""
    settings = (*TINY_GAN, *extra, "--training.batch", "8", "--training.log_every", "1", "--training.previews", "0")
    settings = (*settings, "--model.weights.path_length", "0")
    done("train", "gan", loop_data, "--out", tmp_path / "one", *settings, "--steps", 2)
    before = state(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    words = ["train", "gan", loop_data, "--out", tmp_path / "two", *settings, "--steps", 3]
    command = [sys.executable, *LAUNCH, "-m", "tritone", *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert ended.returncode == 0, ended.stderr
    done("train", "gan", loop_data, "--out", tmp_path / "one", *settings, "--steps", 3)
    one, two = state(tmp_path / "one"), state(tmp_path / "two")
    for which in ("weights", "training"):
        online = [each.weights if which == "weights" else each.training["helpers"]["discriminator"] for each in
                  (before, one, two)]  # fmt: skip
        flat = [
            torch.cat([each[name].double().flatten() for name in sorted(each) if each[name].is_floating_point()])
            for each in online
        ]
        moved, apart = (flat[1] - flat[0]).norm(), (flat[2] - flat[1]).norm()
        assert moved > 0 and apart <= 2e-3 * moved, (which, float(apart / moved))
    for line, other in zip(*(read_log(tmp_path / name / "log.jsonl")[-2:] for name in ("one", "two")), strict=True):
        for name in line.keys() - set(TIMINGS):
            assert other[name] == pytest.approx(line[name], rel=1e-3, abs=1e-4), name


def test_a_vocoder_of_ones_own_serves_the_loops(loop_data, loop_run, done, refused, tmp_path):
    mel = ("--model.network.mel.rate", RATE, "--model.network.mel.mels", 32, "--model.network.mel.window", 512,
           "--model.network.mel.hop", 128)  # fmt: skip
    quick = ("--preset", "vocoder-nano", "--model.sample_rate", RATE, "--model.network.width", 16, "--steps", 1,
             "--training.crop_samples", 8192, "--training.batch", 2, "--training.validation_crops", 2,
             "--training.previews", 1, "--model.channels", 1, "--device", "cpu")  # fmt: skip
    done("train", "vocoder", loop_data, "--out", tmp_path / "v", *quick, *mel)
    done("train", "gan", loop_data, "--out", tmp_path / "r", *TINY_GAN, "--steps", 1, "--model.vocoder_from",
         tmp_path / "v")  # fmt: skip
    assert json.loads(done("inspect", tmp_path / "r", "--json").out)["vocoder"] == "vocos"
    shutil.move(tmp_path / "v", tmp_path / "moved")  # the run has its own copy
    done("generate", tmp_path / "r", "--out", tmp_path / "new", "--count", 1)
    done("generate", loop_run, "--out", tmp_path / "other", "--count", 1, "--vocoder", tmp_path / "moved")
    said = refused("generate", loop_run, "--out", tmp_path / "no", "--count", 1, "--vocoder", loop_run)
    assert "vocoder" in said and not (tmp_path / "no").exists()


def test_data_that_holds_no_loops(loops, refused, done, tmp_path):
    done("prepare", loops, "--out", tmp_path / "crops", "--rate", RATE, "--channels", 1)
    said = refused("train", "gan", tmp_path / "crops", "--out", tmp_path / "run", *TINY_GAN)
    assert "--bars 1" in said and not (tmp_path / "run").exists()


def test_loops_of_other_bars(loops, refused, done, tmp_path):
    done("prepare", loops, "--out", tmp_path / "halves", "--rate", RATE, "--channels", 1, "--bars", 0.5)
    said = refused("train", "gan", tmp_path / "halves", "--out", tmp_path / "run", *TINY_GAN)
    assert "--model.bars 0.5" in said and not (tmp_path / "run").exists()


def test_no_labels_and_one_file_still_train_and_play(done, tmp_path):
    soundfile.write(tmp_path / "only_120bpm.wav", hit(1, samples=32_000, rate=RATE), RATE)
    done("prepare", tmp_path / "only_120bpm.wav", "--out", tmp_path / "d", "--bars", 1, "--rate", RATE)
    done("train", "gan", tmp_path / "d", "--out", tmp_path / "r", *TINY_GAN, "--steps", 1)
    facts = json.loads(done("inspect", tmp_path / "r", "--json").out)
    assert facts["labels"] == "none"
    done("generate", tmp_path / "r", "--out", tmp_path / "new", "--count", 1)


def test_silence_alone_is_refused(refused, tritone, tmp_path):
    soundfile.write(tmp_path / "nothing_120bpm.wav", np.zeros(64_000), RATE)
    prepared = tritone("prepare", tmp_path / "nothing_120bpm.wav", "--out", tmp_path / "d", "--bars", 1, "--rate", RATE)
    if prepared.status == 0:
        assert "silent" in refused("train", "gan", tmp_path / "d", "--out", tmp_path / "r", *TINY_GAN)
    else:
        assert "silen" in prepared.err


def test_a_tempo_that_does_not_divide_keeps_exact_lengths(done, tmp_path):
    length = round(4 * 60 / 97.3 * RATE)
    for number in range(3):
        (tmp_path / "sound").mkdir(exist_ok=True)
        soundfile.write(tmp_path / "sound" / f"odd{number}_97.3bpm.wav", hit(number, samples=length, rate=RATE), RATE)
    done("prepare", tmp_path / "sound", "--out", tmp_path / "d", "--bars", 1, "--rate", RATE)
    done("train", "gan", tmp_path / "d", "--out", tmp_path / "r", *TINY_GAN, "--steps", 1)
    made = done("generate", tmp_path / "r", "--out", tmp_path / "new", "--count", 1)
    (path,) = (each for each in made.paths if each.suffix == ".wav")
    assert soundfile.info(path).frames == length


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--model.discriminator.networks", "[nonsense]"), "nonsense"),
        (("--model.discriminator.networks", "[vggish:/nowhere.pth]"), "nowhere"),
        (("--model.vocoder_from", "nowhere"), "nowhere"),
        (("--model.generator.channels", "[]"), "channels"),
        (("--model.loss", "wasserstein"), "loss"),
        (("--model.beats", "0"), "beats"),
    ],
)
def test_settings_that_cannot_be(loop_data, refused, tmp_path, words, says):
    assert says in refused("train", "gan", loop_data, "--out", tmp_path / "run", *TINY_GAN, *words)
    assert not (tmp_path / "run" / "checkpoints").exists()
