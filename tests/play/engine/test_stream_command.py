"""`tritone stream` as a user meets it: mistakes, Ctrl-C, lines typed while it plays."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from acting import RATE

from tritone.families.base import Synthesizer
from tritone.play.engine.stream import sentences
from tritone.signal.files import read_audio

TORCH = ("--engine", "torch", "--precision", "float32")

REFUSALS = {
    "--input a.wav --output a.wav": "overwrite",
    "--input sine --output o.wav": "give --seconds",
    "--input a.wav --loop --output o.wav": "give --seconds",
    "--input sine --loop --output o.wav --seconds 1": "--loop repeats a file",
    "--input a.wav --output o.mp3": "no format",
    "--input a.wav --output o.flac --bits float": "--bits 24",
    "--input nowhere.wav --output o.wav": "nowhere.wav does not exist",
    "--input a.wav --output o.wav --set nonsense": "no control 'nonsense'",
    "--input a.wav --output o.wav --dims 1000": "dims must be",
    "--input a.wav --output o.wav --fidelity 2": "fidelity must be",
    "--input a.wav --output o.wav --cc 1=scale": "--midi",
    "--input a.wav --output o.wav --osc x": "--osc takes PORT",
    "--input a.wav --output o.wav --block 0": "--block",
}


@pytest.mark.parametrize("line", REFUSALS)
def test_mistakes(refused, audio, trained, tmp_path, monkeypatch, line):
    audio("a.wav", samples=2000)
    monkeypatch.chdir(tmp_path)
    assert REFUSALS[line] in refused("stream", trained, *line.split(), *TORCH)
    assert os.listdir(tmp_path) == ["a.wav"]


def test_models_that_cannot_stream_are_refused(refused, monkeypatch):
    class Loops(Synthesizer):
        sample_rate, channels = 8000, 1

        def capabilities(self):
            return frozenset({"generate", "loop"})

    monkeypatch.setattr("tritone.play.load.load", lambda *where: Loops())
    assert (
        refused("stream", "some-run", "--input", "sine")
        == "The model in some-run cannot stream; it can generate, loop."
    )
    assert "Name a run" in refused("stream")


def test_without_a_sound_card_library_one_sentence(refused, trained, monkeypatch):
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    for words in (("--devices",), (trained, *TORCH), (trained, "--input", "sine", "--output", "device:x", *TORCH)):
        assert "libportaudio2" in refused("stream", *words)


def test_ctrl_c_saves_what_was_played(trained, tmp_path):
    out = tmp_path / "o.wav"
    words = ("--input", "noise", "--output", str(out), "--realtime", "--osc", "0", *TORCH)
    process = subprocess.Popen(
        [sys.executable, "-m", "tritone", "stream", str(trained), *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Latency"):
            break
    deadline = time.monotonic() + 60
    while not any(part.stat().st_size > 30_000 for part in tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not out.exists()
    process.send_signal(signal.SIGINT)
    printed, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints
    assert printed.strip() == str(out) and "Dropouts" in complaints
    assert 10_000 < soundfile.info(out).frames < 60 * RATE and os.listdir(tmp_path) == ["o.wav"]


def test_lines_typed_turn_the_sound_and_quit_ends(trained, tmp_path):
    out = tmp_path / "o.wav"
    words = ("--input", "sine", "--output", str(out), "--realtime", "--spare", "4", *TORCH)
    ended = subprocess.run(
        [sys.executable, "-m", "tritone", "stream", str(trained), *words, "--seconds", "0.5"],
        input="wet 0\ngain -120\nfrobnicate\n", capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    lines = ended.stderr.splitlines()
    assert lines.index("wet 0") < lines.index("gain -120")
    assert any(line.startswith("There is no control 'frobnicate'") for line in lines)
    told = read_audio(out)[0]
    assert told.shape == (1, RATE // 2) and np.abs(told[:, -4000:]).max() < 1e-5


def test_the_report_says_what_to_do_against_dropouts_and_when_a_machine_is_too_slow():
    times = {f"{name}_{unit}": 1.2 for name in ("p50", "p95", "p99", "max") for unit in ("ms", "share")}
    names = ("underruns", "missing_frames", "overruns", "lost_frames", "skipped_frames", "device_flags")
    report = {"rate": 44_100, "step_samples": 2048, "steps": 7, "step_time": times, "dropouts": dict.fromkeys(names, 0),
              "broken_steps": 0}  # fmt: skip
    said = " ".join(sentences(report))
    assert "7 blocks of 2048 samples (46.4 ms)" in said and "p99 1.20 ms (120 %)" in said and "cannot keep up" in said
    assert "Against dropouts" not in said
    fine = times | {"p50_share": 0.4}
    report |= {"step_time": fine, "dropouts": dict.fromkeys(names, 441), "broken_steps": 2}
    said = " ".join(sentences(report))
    assert "441 of the output (10.0 ms missing)" in said and "441 told by the device" in said and "2 times" in said
    assert "--spare 1" in said and "cannot keep up" not in said
