"""The VAE's variants as a user has them: trained, interrupted, played, their latents written and read."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from acting import TINY
from compared import LAUNCH, assert_same_bits, lines, state

V2 = (
    "--model.capacity", 8, "--model.discriminator.capacity", 2, "--training.batch", 2, "--training.crop_samples", 18432,
    "--training.validation_crops", 2, "--training.previews", 0, "--model.pqmf.taps", 64, "--model.spectral_scales",
    "[512, 128]", "--model.dilations", "[[1], [1], [1], [1]]",
)  # fmt: skip
BOOKS = ("--model.quantiser.levels", 3, "--model.quantiser.codes", 16)
VARIANTS = {
    "vae-discrete-nano": (*TINY[2:], *BOOKS, "--training.ema", 0.9),
    "vae-discrete": (*V2, *BOOKS, "--training.accumulate", 2),
    "vae-v3": V2,
    "vae-wasserstein": V2,
    "vae-spherical": V2,
    "vae-raspberry": V2,
}
QUIET = ("--training.previews", 0, "--device", "cpu")


@pytest.mark.parametrize("preset", VARIANTS)
def test_trains_resumes_bit_by_bit_and_plays(preset, data, audio, done, tmp_path):
    settings = ("--preset", preset, *VARIANTS[preset], *QUIET, "--training.log_every", 1, "--model.stage1_steps", 3)
    done("train", "vae", data, "--out", tmp_path / "straight", *settings, "--steps", 5)
    for steps in (1, 4, 5):
        done("train", "vae", data, "--out", tmp_path / "broken", *settings, "--steps", steps)
    assert_same_bits(state(tmp_path / "straight"), state(tmp_path / "broken"))
    plain = [[line for line in lines(tmp_path / name) if "validation/distance" not in line]
             for name in ("straight", "broken")]  # fmt: skip
    assert plain[0] == plain[1]
    sound = audio("a.wav", samples=12_345)
    (direct,) = done("reconstruct", tmp_path / "broken", sound, "--out", tmp_path / "direct").paths
    (latent,) = done("encode", tmp_path / "broken", sound, "--out", tmp_path, "--format", "npy").paths
    (decoded,) = done("decode", tmp_path / "broken", latent, "--out", tmp_path / "decoded").paths
    before, after = soundfile.read(direct)[0], soundfile.read(decoded)[0]
    assert len(before) == 12_345 and before.std() > 0
    np.testing.assert_allclose(after[:12_345], before, atol=1e-6)
    done("generate", tmp_path / "broken", "--out", tmp_path / "new", "--count", 1, "--seconds", 0.2)


def test_codes_in_files(data, audio, done, refused, tmp_path):
    run = tmp_path / "run"
    done("train", "vae", data, "--out", run, "--preset", "vae-discrete-nano", *VARIANTS["vae-discrete-nano"],
         "--steps", 2)  # fmt: skip
    (array,) = done("encode", run, audio("a.wav"), "--out", tmp_path, "--format", "npy").paths
    codes = np.load(array)
    assert codes.shape == (1, 3, 22) and np.array_equal(codes, codes.round())
    assert codes.min() >= 0 and codes.max() < 16
    np.save(tmp_path / "two.npy", codes[:, :2])
    np.save(tmp_path / "wrong.npy", codes + 0.25)
    done("decode", run, tmp_path / "two.npy", "--out", tmp_path / "out")
    assert "whole numbers from 0 to 15" in refused("decode", run, tmp_path / "wrong.npy", "--out", tmp_path / "no")
    assert "--sampled" in refused("reconstruct", run, tmp_path / "a.wav", "--out", tmp_path / "no", "--sampled")
    facts = json.loads(done("inspect", run, "--json").out)
    assert facts["bits_per_second"] == pytest.approx(3 * 4 * 44_100 / 1024)
    assert 0 < facts["bits_per_second_by_usage"] <= facts["bits_per_second"] + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["vae-discrete", "vae-wasserstein"])
def test_two_processes_learn_what_one_learns(preset, data, done, tmp_path):
    """One step from fresh weights: code books start and move, and the discrepancy is measured, over the whole batch."""
    settings = ("--preset", preset, *VARIANTS[preset], *QUIET, "--training.batch", 4, "--training.accumulate", 1)
    words = ("train", "vae", data, *settings, "--steps", 1, "--training.log_every", 1, "--out")
    done(*words, tmp_path / "one")
    command = [sys.executable, *LAUNCH, "-m", "tritone", *map(str, words), str(tmp_path / "two")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert ended.returncode == 0, ended.stderr
    one, two = state(tmp_path / "one"), state(tmp_path / "two")
    for name, value in one.weights.items():
        if not name.startswith("basis."):
            apart = (two.weights[name].double() - value.double()).norm()  # Adam makes steps of the least gradients too
            assert apart <= 1e-5 * value.double().norm(), name
    own = {"vae-discrete": "commitment", "vae-wasserstein": "mmd"}[preset]
    logged = [next(line[f"generator/{own}"] for line in lines(run) if f"generator/{own}" in line)
              for run in (tmp_path / "one", tmp_path / "two")]  # fmt: skip
    assert logged[1] == pytest.approx(logged[0], rel=1e-4)
