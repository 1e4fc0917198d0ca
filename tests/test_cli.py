"""The command line itself: help, mistakes before any command runs, and what leaves it."""

import json
import os
import subprocess
import sys

import pytest
from acting import run_inside

from tritone.cli import COMMANDS
from tritone.config import package_version

HELPS = [("--help",), *[(name, "--help") for name in COMMANDS], ("train", "vae", "--help"), ("train", "gan", "--help")]
HEAVY = ("torch", "numpy", "soundfile", "matplotlib", "accelerate", "jsonargparse", "rich")


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_help_is_there_and_imports_nothing_heavy(words):
    code = (
        "import sys, json\nfrom tritone.cli import main\n"
        f"try:\n    status = main({list(words)!r})\nexcept SystemExit as leaving:\n    status = leaving.code or 0\n"
        f"print(json.dumps([status, [name for name in {HEAVY!r} if name in sys.modules]]))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    *text, last = ended.stdout.splitlines()
    assert json.loads(last) == [0, []]
    assert any(line.startswith("usage: tritone") for line in text) and "options:" in text and not ended.stderr


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_help_comes_at_once(words):
    def seconds():
        """Processor time, which does not count what other programs do meanwhile."""
        before = os.times()
        subprocess.run([sys.executable, "-m", "tritone", *words], capture_output=True, check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds() for _ in range(5)) < 0.3


def test_help_of_train_lists_every_setting_with_the_presets_values(done):
    general, full = done("train", "--help").out, done("train", "vae", "--help").out
    assert "--minutes" in general and "--model.latent" not in general
    for option in ("--model.capacity", "--model.weights.kl", "--training.augment.gain", "--training.batch"):
        assert option in full
    assert "[256, 4]" in done("train", "vae", "--preset", "vae-nano", "--help").out
    assert "[256, 4]" not in full


def test_top_help_names_every_command(done, tritone):
    listing = done("--help").out
    for name, about in COMMANDS.items():
        assert name in listing and about in listing
    nothing = tritone()
    assert nothing.status == 2 and "prepare" in nothing.err and nothing.err.endswith("tritone: Name a command.\n")


def test_version(done):
    assert done("--version").out.strip() == package_version()


MISTAKES = {
    "trian vae": "'trian'; did you mean train",
    "frobnicate": "'frobnicate'; the commands are demo, prepare",
    "--hlep": "did you mean --help",
    "presets vae-nono": "did you mean vae-nano",
    "presets vae-nano more": "'more' is one word too many",
    "presets --jsom": "did you mean --json",
    "prepare": "SOUND, --out",
    "prepare in": "--out",
    "inspect": "PATH",
    "inspect nowhere": "no nowhere",
    "reconstruct nowhere a.wav --out x": "no run folder nowhere",
    "generate nowhere --out x": "no run folder nowhere",
    "encode nowhere a.wav --out x --format mp3": "--format",
    "encode nowhere a.wav --out x --dims 3 --fidelity 0.5": "not allowed with",
    "decode nowhere a.npy --out x": "no run folder nowhere",
    "loops": "verb",
    "loops sing --out x": "'sing'",
    "loops render --out x --count 0": "--count",
    "loops render --out x --bpm nan": "--bpm",
    "loops render --out x --bpm 100000": "bpm",
    "loops render --out x --kit nowhere": "nowhere",
    "loops render --out x --channels 3": "--channels",
    "loops render --out x --rate 3": "rate",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_one_sentence(refused, monkeypatch, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    assert MISTAKES[words] in refused(*words.split())
    assert not list(tmp_path.iterdir())


def test_mistakes_as_a_process_of_its_own(installed, tmp_path):
    (tmp_path / "in").mkdir()
    outcome = installed("prepare", tmp_path / "in", "--out", tmp_path / "data")
    assert outcome.status == 2 and outcome.out == ""
    assert outcome.err.startswith("tritone: No sound files were found") and outcome.err.count("\n") == 1


def test_text_that_the_terminal_cannot_show(audio, installed, tmp_path):
    audio("in/鼓.wav")
    outcome = installed(
        "prepare", tmp_path / "in", "--out", tmp_path / "data", env={"PYTHONIOENCODING": "ascii", "PATH": ""}
    )
    assert outcome.status == 0, outcome.err


def test_a_reader_that_leaves_early():
    command = f"{sys.executable} -m tritone presets vae-nano | head -1"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert ended.stdout.startswith("family: vae") and ended.stderr == ""


def test_interrupt_is_no_traceback(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tritone.commands.presets.main", interrupted)
    assert run_inside("presets") == 130
    assert capsys.readouterr().err == "tritone: Interrupted.\n"


def test_what_the_system_refuses_names_the_file(monkeypatch, refused):
    def refusing(_):
        raise PermissionError(13, "Permission denied", "some/file")

    monkeypatch.setattr("tritone.commands.presets.main", refusing)
    sentence = refused("presets")
    assert "'some/file'" in sentence and "Permission denied" in sentence and "check" in sentence


def test_defects_of_ours_are_not_hidden(monkeypatch):
    def defect(_):
        raise ZeroDivisionError

    monkeypatch.setattr("tritone.commands.presets.main", defect)
    with pytest.raises(ZeroDivisionError):
        run_inside("presets")
