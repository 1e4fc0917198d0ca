"""A small folder of sound, a dataset and a trained run of it, made once; and ways to act as a user does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
import torch
from acting import RATE, TINY, Outcome, hit, run_inside, the_sentence

os.environ["OMP_NUM_THREADS"] = "1"  # for the processes that tests start
torch.set_num_threads(1)


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
