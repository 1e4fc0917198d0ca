"""A small folder of sound, a dataset and a trained run of it, made once; and ways to act as a user does."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tritone.cli import main

os.environ["OMP_NUM_THREADS"] = "1"  # for the processes that tests start
torch.set_num_threads(1)

RATE = 44_100
TINY = (
    "--preset", "vae-nano", "--model.capacity", "8", "--model.stage1_steps", "1000", "--training.batch", "2",
    "--training.crop_samples", "4096", "--training.validation_crops", "2", "--training.previews", "1",
)  # fmt: skip
"""Settings of a model that trains a step in milliseconds."""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def paths(self) -> list[Path]:
        """The paths that it printed."""
        return [Path(line) for line in self.out.splitlines()]


def hit(number: int, samples: int = 22_050, channels: int = 1, rate: int = RATE) -> np.ndarray:
    """A drum-like sound `(samples, channels)`, another one for every number."""
    generator = np.random.default_rng(number)
    time = np.arange(samples)[:, None] / rate
    tone = 0.4 * np.sin(2 * np.pi * 55 * (2 + number) * time * np.arange(1, channels + 1) ** 0.5) * np.exp(-6 * time)
    return (tone + 0.2 * generator.standard_normal((samples, channels)) * np.exp(-25 * time)).astype(np.float32)


def run_inside(*words: object) -> int:
    """The exit status of the command in this process."""
    try:
        return main([str(word) for word in words])
    except SystemExit as leaving:
        return int(leaving.code or 0)


@pytest.fixture
def tritone(capsys):
    """`tritone(*words)` runs a command in this process."""

    def run(*words: object) -> Outcome:
        capsys.readouterr()
        status = run_inside(*words)
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run


@pytest.fixture
def done(tritone):
    """`done(*words)` runs a command that must succeed."""

    def run(*words: object) -> Outcome:
        outcome = tritone(*words)
        assert outcome.status == 0, outcome.err
        return outcome

    return run


@pytest.fixture
def refused(tritone):
    """`refused(*words)` runs a command that must be refused with one sentence, which is returned."""

    def run(*words: object) -> str:
        return the_sentence(tritone(*words))

    return run


def the_sentence(outcome: Outcome) -> str:
    """The one sentence of a refusal: exit status 2, no result, no traceback."""
    assert outcome.status == 2, outcome
    assert "Traceback" not in outcome.err
    lines = outcome.err.splitlines()
    assert [line.startswith("tritone: ") for line in lines].count(True) == 1, outcome.err
    assert lines[-1].startswith("tritone: ") and lines[-1].endswith((".", "?")), outcome.err
    return lines[-1].removeprefix("tritone: ")


@pytest.fixture
def installed():
    """`installed(*words, **subprocess options)` runs the command as a process of its own."""

    def run(*words: object, **options) -> Outcome:
        command = [sys.executable, "-m", "tritone", *map(str, words)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
        return Outcome(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture(scope="session")
def sounds(tmp_path_factory) -> Path:
    """A folder with eight short mono sounds at 44.1 kHz. Read only."""
    folder = tmp_path_factory.mktemp("made-once") / "sounds"
    folder.mkdir()
    for number in range(8):
        soundfile.write(folder / f"hit-{number}.wav", hit(number), RATE)
    return folder


@pytest.fixture(scope="session")
def data(sounds) -> Path:
    """A dataset of `sounds`. Read only."""
    folder = sounds.parent / "data"
    assert run_inside("prepare", sounds, "--out", folder) == 0
    return folder


@pytest.fixture(scope="session")
def trained(data) -> Path:
    """A run folder of a tiny model after two steps, with checkpoints 0 and 2. Read only."""
    folder = data.parent / "run"
    assert run_inside("train", "vae", data, "--out", folder, *TINY, "--steps", 2) == 0
    return folder


@pytest.fixture(scope="session")
def stereo(sounds) -> Path:
    """A run folder of a tiny stereo model. Read only."""
    folder, data = sounds.parent / "stereo-run", sounds.parent / "stereo-data"
    assert run_inside("prepare", sounds, "--out", data, "--channels", 2) == 0
    assert run_inside("train", "vae", data, "--out", folder, *TINY, "--steps", 1, "--model.channels", 2) == 0
    return folder


@pytest.fixture
def audio(tmp_path):
    """`audio(name, samples=…, channels=…, rate=…, number=…, subtype=…)` writes a sound file and gives its path."""

    def make(name: str, subtype: str | None = None, number: int = 1, rate: int = RATE, **shape: int) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(os.fsencode(path), hit(number, rate=rate, **shape), rate, subtype=subtype)
        return path

    return make
