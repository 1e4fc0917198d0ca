"""The real family learns the same whether it is interrupted or not, and in one process or two."""

import shutil
import subprocess
import sys

import pytest
import torch
from acting import TINY
from compared import LAUNCH, assert_same_bits, lines, state

from tritone.training.log import TIMINGS, read_log

TINY_V2 = (
    "--preset", "vae-v2", "--model.capacity", "8", "--model.discriminator.capacity", "8", "--training.batch", "2",
    "--training.crop_samples", "18432", "--training.validation_crops", "2", "--training.previews", "1",
)  # fmt: skip
BOTH_STAGES = ("--model.stage1_steps", "4", "--training.log_every", "3", "--training.previews", "0", "--device", "cpu")
SETTINGS = {
    "nano": TINY,
    "v2": (*TINY_V2, "--training.ema", "0.9"),
    "v1": (*TINY_V2, "--preset", "vae-v1", "--training.accumulate", "2", "--training.clip", "1"),
}


@pytest.mark.parametrize("which", SETTINGS)
def test_resumed_run_is_bit_identical_through_both_stages(data, done, tmp_path, which):
    settings = (*SETTINGS[which], *BOTH_STAGES)
    done("train", "vae", data, "--out", tmp_path / "straight", *settings, "--steps", 9)
    for steps in (2, 5, 8, 9):
        done("train", "vae", data, "--out", tmp_path / "broken", *settings, "--steps", steps)
    assert_same_bits(state(tmp_path / "straight"), state(tmp_path / "broken"))
    straight = [line for line in lines(tmp_path / "straight") if not any("validation" in name for name in line)]
    broken = [line for line in lines(tmp_path / "broken") if not any("validation" in name for name in line)]
    assert straight == broken and any("discriminator/discriminator" in line for line in straight)


def test_the_comparison_can_fail(data, done, tmp_path):
    for seed in (0, 1):
        done("train", "vae", data, "--out", tmp_path / str(seed), *TINY, "--steps", 1, "--training.seed", seed)
    with pytest.raises(AssertionError):
        assert_same_bits(state(tmp_path / "0"), state(tmp_path / "1"))


def distance(one, other):
    """Relative distance of all parameters; the latent's axes are left out, which follow from them and may turn."""
    names = sorted(name for name in one if not name.startswith("basis."))
    flat = [torch.cat([each[name].double().flatten() for name in names]) for each in (one, other)]
    return ((flat[0] - flat[1]).norm() / flat[1].norm()).item()


def covariance(weights):
    """Covariance of the latent, which does not depend on how its axes are turned."""
    return weights["basis.basis"].T @ weights["basis.variance"].diag() @ weights["basis.basis"]


@pytest.mark.parametrize(
    ("step", "role"),
    [
        (0, "generator"),
        (2, "generator"),
        pytest.param(4, "discriminator", marks=pytest.mark.slow),
        pytest.param(5, "generator", marks=pytest.mark.slow),
    ],
)
def test_two_processes_learn_what_one_learns(data, done, tmp_path, step, role):
    """One step of either stage from a common state. Over many steps Adam and float32 drift apart by themselves, in one
    process too: a change of 1e-7 in the weights is 4e-2 ten steps later. tests/training has 20 steps of a tame network.
    """
    settings = (*TINY_V2, *BOTH_STAGES, "--training.batch", "4", "--training.log_every", "1")
    done("train", "vae", data, "--out", tmp_path / "one", *settings, "--steps", step)
    before = state(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    words = ["train", "vae", data, "--out", tmp_path / "two", *settings, "--steps", step + 1]
    command = [sys.executable, *LAUNCH, "-m", "tritone", *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert ended.returncode == 0, ended.stderr
    done("train", "vae", data, "--out", tmp_path / "one", *settings, "--steps", step + 1)
    one, two = state(tmp_path / "one"), state(tmp_path / "two")
    assert one.step == two.step == step + 1
    networks = [
        each.weights if role == "generator" else each.training["helpers"]["discriminators"]
        for each in (before, one, two)
    ]
    assert distance(networks[1], networks[0]) > 1e-4
    assert distance(networks[2], networks[1]) <= 2e-6
    scale = covariance(one.weights).abs().max()
    assert (covariance(two.weights) - covariance(one.weights)).abs().max() < 1e-4 * scale
    logs = [read_log(tmp_path / name / "log.jsonl")[-2:] for name in ("one", "two")]
    for line, other in zip(*logs, strict=True):
        for name in line.keys() - set(TIMINGS):
            assert other[name] == pytest.approx(line[name], rel=1e-4), name


@pytest.mark.slow
def test_two_processes_learn_twenty_steps_alike(data, done, tmp_path):
    """Where the distance's logarithm is tame (silence from 1e-2 on), rounding stays small beside what is learned: the
    two end thirty times closer to each other than to where they began (how much closer depends on the noise drawn).
    """
    settings = (
        *TINY_V2, "--training.batch", "4", "--device", "cpu", "--training.previews", "0", "--steps", "20",
        "--model.spectral_epsilon", "0.01", "--model.learning_rate", "0.0001",
    )  # fmt: skip
    done("train", "vae", data, "--out", tmp_path / "start", *settings, "--steps", 0)
    done("train", "vae", data, "--out", tmp_path / "one", *settings)
    words = ["train", "vae", data, "--out", tmp_path / "two", *settings]
    command = [sys.executable, *LAUNCH, "-m", "tritone", *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert ended.returncode == 0, ended.stderr
    one, two = state(tmp_path / "one"), state(tmp_path / "two")
    assert one.step == two.step == 20
    apart = distance(two.weights, one.weights)
    assert apart <= 5e-4 and apart <= 0.03 * distance(state(tmp_path / "start").weights, one.weights)
