"""The demo in both forms, short: to a page, once more on top of it, and interrupted; and what it refuses."""

import re
import signal
import subprocess
import sys
import time

import pytest
from acting import RATE, hit


def steps(page: str) -> int:
    return int(re.search(r"<tr>\s*<th[^>]*>\s*steps.*?(\d+)", page, re.S).group(1))


@pytest.fixture
def hits(tmp_path):
    """A folder with 30 s of short sounds."""
    import soundfile

    folder = tmp_path / "sounds"
    folder.mkdir()
    for number in range(15):
        soundfile.write(folder / f"hit-{number}.wav", hit(number, samples=2 * RATE), RATE)
    return folder


@pytest.mark.slow
def test_demo_compares_every_model_and_goes_on_when_called_again(done, tmp_path):
    out = tmp_path / "report"
    spoken = done("demo", "--out", out, "--minutes", 1.5, "--loops", 16)
    page = (out / "index.html").read_text(encoding="utf-8")
    assert str(out / "index.html") in spoken.out and "tritone demo --sound" in spoken.out
    for name in ("vae-fresh", "gan-drums", "diffusion-drums", "diffusion-drums-fast", "vae-drums", "vae-guitar"):
        assert name in page, name
    assert " was trained on " not in page  # what the judge cannot know of models that ship, and we do
    assert page.count("<audio") >= 24 and "Hear this first" in page and "aisfx trained this model" in page
    assert len(list((out / "first-sounds").glob("*.wav"))) == 14
    first = steps(page)
    done("demo", "--out", out, "--minutes", 1.5, "--loops", 16)
    assert steps((out / "index.html").read_text(encoding="utf-8")) > first > 0


@pytest.mark.slow
def test_own_sound_and_ctrl_c_while_training_ends_in_the_page(hits, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in [hits, *hits.iterdir()]}
    out = tmp_path / "report"
    command = [sys.executable, "-m", "tritone", "demo", "--sound", str(hits), "--out", str(out), "--minutes", "30"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as demo:
        for line in demo.stderr:
            if line.startswith("step "):
                demo.send_signal(signal.SIGINT)
                break
        told, said = demo.communicate(timeout=900)
    assert demo.returncode == 0, said
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Your sound through the new model" in page and str(out) in told and steps(page) > 0
    assert {path: path.stat().st_mtime_ns for path in [hits, *hits.iterdir()]} == before


@pytest.mark.slow
def test_ctrl_c_elsewhere_ends_with_a_word_and_it_goes_on(tmp_path):
    out = tmp_path / "report"
    command = [sys.executable, "-m", "tritone", "demo", "--out", str(out), "--loops", "400"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as demo:
        while not list(out.glob("work/rendered/*/*.flac")):
            assert demo.poll() is None
            time.sleep(0.1)
        demo.send_signal(signal.SIGINT)
        _, said = demo.communicate(timeout=300)
    assert demo.returncode == 130 and "the same command goes on" in said and "Traceback" not in said
    assert (out / "work" / "demo.json").is_file()


def test_demo_leaves_other_folders_alone(refused, tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    assert "holds other things" in refused("demo", "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_folders_that_hold_no_sound(refused, tmp_path):
    out = tmp_path / "report"
    assert "does not exist" in refused("demo", "--sound", tmp_path / "none", "--out", out)
    (tmp_path / "empty").mkdir()
    assert "There are no sound files" in refused("demo", "--sound", tmp_path / "empty", "--out", out)
    (tmp_path / "empty" / "notes.txt").write_text("x")
    assert "There are no sound files" in refused("demo", "--sound", tmp_path / "empty", "--out", out)
    assert not out.exists()


def test_too_little_sound_says_how_much_it_takes(refused, audio, tmp_path):
    audio("sounds/only.wav")
    said = refused("demo", "--sound", tmp_path / "sounds", "--out", tmp_path / "report")
    assert "in 1 file" in said and "at least 20 s" in said and not (tmp_path / "report").exists()


def test_results_never_go_into_the_sound(refused, hits):
    for out in (hits, hits / "report"):
        said = refused("demo", "--sound", hits, "--out", out)
        assert "never written to" in said or "holds other things" in said
    assert len(list(hits.iterdir())) == 15


def test_options_that_cannot_be(refused, hits, tmp_path):
    out = tmp_path / "report"
    assert "--minutes 1 is too little" in refused("demo", "--sound", hits, "--out", out, "--minutes", 1)
    assert "leave one of the two out" in refused("demo", "--sound", hits, "--out", out, "--loops", 32)
    assert not out.exists()
