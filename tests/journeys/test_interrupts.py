"""Ctrl-C and SIGTERM during `tritone train`, and a second training on the same folder."""

import json
import signal
import subprocess
import sys
import time

import pytest
from acting import TINY

from tritone.training.checkpoint import read


@pytest.fixture
def training(data, tmp_path):
    """A training that is going on, as a process of its own."""
    words = ["train", "vae", data, "--out", tmp_path / "run", *TINY, "--steps", 1_000_000, "--training.log_every", 1]
    command = [sys.executable, "-m", "tritone", *map(str, words)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    log = tmp_path / "run/log.jsonl"
    patience = time.monotonic() + 100
    while not (log.is_file() and '"step": 3' in log.read_text()):
        assert process.poll() is None and time.monotonic() < patience
        time.sleep(0.05)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_training_saves_and_goes_on(training, data, done, tmp_path, number, status):
    run = tmp_path / "run"
    training.send_signal(number)
    _, errors = training.communicate(timeout=60)
    assert training.returncode == status
    assert "and saved; the same command continues" in errors and "Traceback" not in errors
    latest = (run / "checkpoints/latest").read_text().strip()
    step = int(latest.removeprefix("step-"))
    assert step >= 3 and read(run / "checkpoints" / latest).step == step
    outcome = done("train", "vae", data, "--out", run, *TINY, "--steps", step + 1, "--training.log_every", 1)
    assert f"Continuing after step {step}" in outcome.err
    steps = [line["step"] for line in map(json.loads, (run / "log.jsonl").read_text().splitlines())]
    assert sorted(set(steps)) == list(range(step + 2))


def test_second_training_on_one_folder(training, data, refused, tmp_path):
    sentence = refused("train", "vae", data, "--out", tmp_path / "run", *TINY, "--steps", 9)
    assert "Another process is training" in sentence and "another --out" in sentence
    assert training.poll() is None
