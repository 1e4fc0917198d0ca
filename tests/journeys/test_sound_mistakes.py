"""Sound folders as they come: what cannot be used is named, the rest is kept, and nothing is written into them."""

import errno
import json
import os
import resource
import shutil
import signal
import sys

import numpy as np
import pytest
import soundfile
from acting import RATE, hit, run_inside

from tritone.data.store import Dataset


def prepared(done, tmp_path, *options):
    return json.loads(done("prepare", tmp_path / "in", "--out", tmp_path / "data", "--json", *options).out)


def left_out(report):
    return {skip["name"]: skip["reason"] for skip in report["skipped"]}


def test_empty_folder_and_folder_without_audio(refused, tmp_path):
    (tmp_path / "in").mkdir()
    assert "No sound files were found" in refused("prepare", tmp_path / "in", "--out", tmp_path / "data")
    (tmp_path / "in/readme.txt").write_text("nothing to hear")
    sentence = refused("prepare", tmp_path / "in", "--out", tmp_path / "data")
    assert str(tmp_path / "in") in sentence and "WAV" in sentence
    assert not (tmp_path / "data").exists()


def test_folder_that_is_not_there(refused, tmp_path):
    assert "does not exist" in refused("prepare", tmp_path / "in", "--out", tmp_path / "data")


def test_bad_files_are_named_and_the_good_ones_kept(audio, done, tmp_path):
    audio("in/good.wav")
    audio("in/short.wav", samples=20)
    (tmp_path / "in/corrupt.wav").write_bytes(b"RIFF nonsense")
    (tmp_path / "in/empty.flac").write_bytes(b"")
    (tmp_path / "in/text.mp3").write_text("no sound at all")
    soundfile.write(tmp_path / "in/silent.wav", np.zeros(RATE), RATE)
    soundfile.write(tmp_path / "in/nan.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")
    report = prepared(done, tmp_path)
    reasons = left_out(report)
    assert report["files"] == 1
    assert set(reasons) == {"short.wav", "corrupt.wav", "empty.flac", "text.mp3", "silent.wav", "nan.wav"}
    for name, words in {
        "short.wav": "too short",
        "silent.wav": "silent",
        "empty.flac": "empty",
        "nan.wav": "not num",
    }.items():
        assert words in reasons[name]


@pytest.mark.parametrize("name", ["corrupt", "silent", "short"])
def test_nothing_but_bad_files(refused, audio, tmp_path, name):
    audio("in/short.wav", samples=20)
    if name == "corrupt":
        (tmp_path / "in/short.wav").write_bytes(b"RIFF nonsense")
    if name == "silent":
        soundfile.write(tmp_path / "in/short.wav", np.zeros(RATE), RATE)
    sentence = refused("prepare", tmp_path / "in", "--out", tmp_path / "data")
    assert "short.wav" in sentence and "None of the 1 files can be used" in sentence
    assert not (tmp_path / "data/index.json").exists()


def test_a_file_cut_short_is_used_or_named(audio, done, tmp_path):
    audio("in/good.wav")
    whole = audio("in/cut.flac", samples=60_000).read_bytes()
    (tmp_path / "in/cut.flac").write_bytes(whole[: len(whole) // 2])
    report = prepared(done, tmp_path)
    assert report["files"] + len(left_out(report)) == 2 and report["files"] >= 1


def test_every_depth_rate_and_channel_count(audio, done, tmp_path):
    for number, depth in enumerate(("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW")):
        audio(f"in/{depth}.wav", subtype=depth, number=number)
    audio("in/surround.wav", channels=6, number=10)
    audio("in/fast.wav", rate=96_000, samples=96_000, number=11)
    audio("in/slow.wav", rate=8_000, samples=8_000, number=12)
    report = prepared(done, tmp_path)
    assert report["files"] == 10 and not report["skipped"]
    assert report["rates"] == {"44100": 7 + 1, "96000": 1, "8000": 1} and report["source_channels"] == {"1": 9, "6": 1}
    dataset = Dataset.open(tmp_path / "data")
    assert {item.name: item.frames for item in dataset.items}["fast.wav"] == RATE


NAMES = ["鼓声.wav", "طبل.flac", "🥁 boom.wav", "line\nbreak.wav", "[/red] $(rm).wav", "' \" quote.wav", "-dash.wav"]


def test_names_in_any_script(audio, done, tmp_path):
    for number, name in enumerate(NAMES):
        audio(f"in/{name}", number=number)
    report = prepared(done, tmp_path)
    assert report["files"] == len(NAMES) and not report["skipped"]
    assert {item.name for item in Dataset.open(tmp_path / "data").items} == set(NAMES)
    for name in NAMES[:4]:
        (tmp_path / "in" / name).write_bytes(b"no longer sound")
    assert len(prepared(done, tmp_path)["skipped"]) == 4
    assert "鼓声" in done("prepare", tmp_path / "in", "--out", tmp_path / "data").out


def test_name_that_is_not_text(tmp_path, done, trained, audio):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/in/\xff\xfe.wav")
    audio("plain.wav")
    (tmp_path / "in").mkdir()
    try:
        shutil.copy(tmp_path / "plain.wav", path)
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    assert prepared(done, tmp_path)["files"] == 1
    done("prepare", tmp_path / "in", "--out", tmp_path / "data")
    assert done("reconstruct", trained, path, "--out", tmp_path / "out").out


def test_names_in_any_script_through_a_model(trained, audio, done, tmp_path):
    files = [audio(f"in/{name}", number=number) for number, name in enumerate(NAMES)]
    done("reconstruct", trained, tmp_path / "in", "--out", tmp_path / "out")
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == sorted(path.stem for path in files)


def test_a_mistake_in_a_name_with_a_line_break_is_one_line(trained, refused, tmp_path):
    assert "a\\nb.wav" in refused("reconstruct", trained, tmp_path / "a\nb.wav", "--out", tmp_path / "out")


def test_data_inside_the_sound_folder(audio, refused, tmp_path):
    audio("in/a.wav")
    before = sorted((tmp_path / "in").rglob("*"))
    for out in (tmp_path / "in/data", tmp_path / "in", tmp_path / "in/deep/er"):
        assert "choose another place" in refused("prepare", tmp_path / "in", "--out", out)
    assert sorted((tmp_path / "in").rglob("*")) == before


def test_other_options_on_the_same_data(audio, refused, done, tmp_path):
    audio("in/a.wav")
    prepared(done, tmp_path)
    index = (tmp_path / "data/index.json").read_bytes()
    sentence = refused("prepare", tmp_path / "in", "--out", tmp_path / "data", "--rate", 22_050)
    assert "sample_rate" in sentence and "22050" in sentence
    assert "channels" in refused("prepare", tmp_path / "in", "--out", tmp_path / "data", "--channels", 2)
    assert (tmp_path / "data/index.json").read_bytes() == index


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--rate", "5"), ("--rate", "fast"), ("--channels", "3"), ("--validation", "2"), ("--bars", "-1"),
        ("--bpm", "120"), ("--workers", "-1"), ("--beats-per-bar", "0"), ("--dtype", "int8"), ("--validation", "nan"),
    ],
)  # fmt: skip
def test_impossible_options(audio, refused, tmp_path, option, value):
    audio("in/a.wav")
    sentence = refused("prepare", tmp_path / "in", "--out", tmp_path / "data", option, value)
    assert option[2:] in sentence.replace("_", "-")
    assert not (tmp_path / "data").exists()


def test_bars_without_a_tempo(audio, tritone, tmp_path):
    audio("in/a.wav")
    outcome = tritone("prepare", tmp_path / "in", "--out", tmp_path / "data", "--bars", 1)
    assert outcome.status == 2 and "bpm" in outcome.err


def test_out_that_cannot_be_made(audio, refused, tmp_path):
    audio("in/a.wav")
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file/data"):
        assert str(tmp_path / "file") in refused("prepare", tmp_path / "in", "--out", out)
    assert (tmp_path / "file").read_text() == ""


def in_child(log, change, *words):
    """Status and standard error of the command in a process of its own that is first changed."""
    child = os.fork()
    if child == 0:
        with log.open("w") as sys.stderr:
            change()
            status = run_inside(*words)
            sys.stderr.flush()
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, log.read_text()


def become_nobody():
    """Give up root's rights, before which no permission counts."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


def fill_the_disk(limit):
    """Let no file grow beyond `limit` bytes: what a full disk does to a write."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


@pytest.fixture
def without_rights(tmp_path):
    """`without_rights(*words)` gives status and standard error of the command where permissions count."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    tmp_path.chmod(0o777)
    return lambda *words: in_child(tmp_path / "errors.txt", become_nobody, *words)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_unreadable_file_and_folder(audio, without_rights, tmp_path):
    audio("in/good.wav")
    audio("in/locked.wav").chmod(0)
    status, errors = without_rights("prepare", tmp_path / "in", "--out", tmp_path / "data", "--json")
    assert status == 0, errors
    assert left_out(json.loads((tmp_path / "data/index.json").read_text())["summary"])["locked.wav"].startswith(
        "cannot"
    )
    status, errors = without_rights("prepare", tmp_path / "in/locked.wav", "--out", tmp_path / "other")
    assert status == 2 and "locked.wav" in errors and "Traceback" not in errors
    (tmp_path / "in").chmod(0)
    status, errors = without_rights("prepare", tmp_path / "in", "--out", tmp_path / "third")
    (tmp_path / "in").chmod(0o755)
    assert status == 2 and "permissions" in errors and "Traceback" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_unwritable_out(audio, without_rights, tmp_path):
    audio("in/good.wav")
    (tmp_path / "closed").mkdir(mode=0o555)
    status, errors = without_rights("prepare", tmp_path / "in", "--out", tmp_path / "closed/data")
    assert status == 2 and "closed/data" in errors and "Traceback" not in errors
    assert not list((tmp_path / "closed").iterdir())


def test_full_disk_while_preparing_and_going_on_after(audio, done, tmp_path):
    for number in range(4):
        audio(f"in/{number}.wav", number=number)
    words = ("prepare", tmp_path / "in", "--out", tmp_path / "data")
    status, errors = in_child(tmp_path / "errors.txt", lambda: fill_the_disk(60_000), *words)
    assert (
        status == 2
        and str(tmp_path / "data") in errors
        and "same command again" in errors
        and "Traceback" not in errors
    )
    assert not (tmp_path / "data/index.json").exists()
    assert prepared(done, tmp_path)["files"] == 4
    sound = Dataset.open(tmp_path / "data")
    for item in sound.items:
        wanted = np.rint(hit(int(item.name[0]))[:, 0] * 32768) / 32768
        np.testing.assert_allclose(sound.read(item, 0, item.frames)[0], wanted, atol=1.5 / 32768)


@pytest.mark.parametrize("command", ["reconstruct", "encode", "generate"])
def test_full_disk_while_playing(trained, audio, tmp_path, command):
    path = audio("a.wav", samples=100_000)
    words = [path] if command != "generate" else ["--count", 1]
    words = (command, trained, *words, "--out", tmp_path / "out")
    status, errors = in_child(tmp_path / "errors.txt", lambda: fill_the_disk(3000), *words)
    assert status == 2 and "the disk is full" in errors and "Traceback" not in errors
    assert not list((tmp_path / "out").iterdir())


def test_disk_full_is_said_in_those_words(audio, refused, tmp_path, monkeypatch):
    audio("in/a.wav")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tritone.data.prepare.ShardWriter.append", full)
    assert "the disk is full" in refused("prepare", tmp_path / "in", "--out", tmp_path / "data")
