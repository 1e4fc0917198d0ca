"""examples/play_nn.py as a user runs it: the model's sound, aligned and of the input's length."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from small_codec import BANDS

from tritone.families.vae.model import build
from tritone.nn.blocks import fold_weight_norm
from tritone.play.export.nn import write

EXAMPLE = Path(__file__).parents[2] / "examples" / "play_nn.py"


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A model, its file, and a sound of 8 kHz."""
    folder = tmp_path_factory.mktemp("play")
    torch.manual_seed(0)
    model = build(BANDS).eval()
    for layer in fold_weight_norm(model).modules():
        if isinstance(layer, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
            torch.nn.init.normal_(layer.weight, std=1.2 * layer.weight[0].numel() ** -0.5)
    write(model, folder / "model.ts", dims=3)
    sound = (0.3 * np.random.default_rng(0).standard_normal((1001, 1))).astype(np.float32)
    soundfile.write(folder / "in.wav", sound, 8000)
    return model, folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-W", "ignore", str(EXAMPLE), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_gives_the_models_sound(given):
    model, folder = given
    ended = run(folder, "model.ts", "in.wav", "out.wav", "64")
    assert ended.returncode == 0, ended.stderr
    sound, _ = soundfile.read(folder / "in.wav", dtype="float32")
    result, rate = soundfile.read(folder / "out.wav", dtype="float32")
    wanted = model.reconstruct(torch.from_numpy(sound)[None, None], dims=3)[0, 0].clamp(-1, 1).numpy()
    assert rate == 8000 and len(result) == len(sound)
    assert np.abs(wanted).max() > 0.01
    assert np.abs(result[:-100] - wanted[:-100]).max() < 2e-4  # 16 bits; offline ends where the sound ends


def test_refuses_what_does_not_fit(given, tmp_path):
    _, folder = given
    assert "multiple of 16 samples" in run(folder, "model.ts", "in.wav", "x.wav", "40").stderr
    soundfile.write(tmp_path / "high.wav", np.zeros(100), 44_100)
    assert "this model was trained at 8000" in run(folder, "model.ts", str(tmp_path / "high.wav"), "x.wav").stderr
