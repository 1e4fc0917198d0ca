"""Prepare goes on where it stopped, and redoes only what changed."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sounds import RATE, folder, noise, write

from tritone.data import prepare as module
from tritone.data.prepare import prepare
from tritone.data.store import Dataset
from tritone.errors import UserError

KILLED = """
import os, signal, sys
from pathlib import Path
from tritone.data.prepare import prepare
def show(done, total):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
prepare([Path(sys.argv[1])], Path(sys.argv[2]), sample_rate=16000, workers=2, show=show)
"""


def run(sounds: Path, out: Path, **options):
    return prepare([sounds], out, **{"sample_rate": RATE, "workers": 2} | options)


def content(path: Path) -> dict[str, tuple[str, np.ndarray]]:
    data = Dataset.open(path)
    return {item.name: (item.split, data.read(item, 0, item.frames)) for item in data.items}


def same(one: Path, other: Path) -> None:
    a, b = content(one), content(other)
    assert list(a) == list(b)
    for name, (split, audio) in a.items():
        assert split == b[name][0]
        np.testing.assert_array_equal(audio, b[name][1])


@pytest.fixture
def decoded(monkeypatch):
    """The names of the files that were decoded."""
    names: list[str] = []
    original = module.decode

    def counting(source, config):
        names.append(source.name)
        return original(source, config)

    monkeypatch.setattr(module, "decode", counting)
    return names


@pytest.mark.parametrize("after", [1, 4, 7])
def test_killed_and_run_again(tmp_path, decoded, after):
    sounds = folder(tmp_path / "sounds", files=8)
    command = [sys.executable, "-c", KILLED, str(sounds), str(tmp_path / "data"), str(after)]
    killed = subprocess.run(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(UserError, match="not a DATA folder"):
        Dataset.open(tmp_path / "data")
    run(sounds, tmp_path / "data")
    assert sorted(decoded) == [f"{index:02d}.wav" for index in range(after, 8)]
    run(sounds, tmp_path / "fresh")
    same(tmp_path / "data", tmp_path / "fresh")


def test_torn_writes_are_cut_off(tmp_path, decoded):
    sounds = folder(tmp_path / "sounds", files=4)
    run(sounds, tmp_path / "data")
    ledger, shard = tmp_path / "data" / "sources.jsonl", tmp_path / "data" / "shards" / "00000.pcm"
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(lines[:-1]) + lines[-1][:50])
    with shard.open("ab") as file:
        file.write(b"garbage")
    decoded.clear()
    run(sounds, tmp_path / "data")
    assert decoded == ["03.wav"]
    assert shard.stat().st_size == 4 * 2 * RATE * 2
    run(sounds, tmp_path / "fresh")
    same(tmp_path / "data", tmp_path / "fresh")


def test_a_lost_shard_is_made_again(tmp_path, decoded):
    sounds = folder(tmp_path / "sounds", files=3)
    run(sounds, tmp_path / "data")
    (tmp_path / "data" / "shards" / "00000.pcm").unlink()
    with pytest.raises(UserError, match=r"00000\.pcm is missing"):
        Dataset.open(tmp_path / "data")
    decoded.clear()
    run(sounds, tmp_path / "data")
    assert len(decoded) == 3
    run(sounds, tmp_path / "fresh")
    same(tmp_path / "data", tmp_path / "fresh")


def test_only_what_changed_is_redone(tmp_path, decoded):
    sounds = folder(tmp_path / "sounds", files=5)
    run(sounds, tmp_path / "data")
    decoded.clear()
    assert run(sounds, tmp_path / "data").reused == 5 and decoded == []
    write(sounds / "01.wav", noise(2, 100))
    write(sounds / "new.wav", noise(2, 101))
    (sounds / "02.wav").unlink()
    os.utime(sounds / "03.wav", (1, 1))
    run(sounds, tmp_path / "data")
    assert sorted(decoded) == ["01.wav", "new.wav"]
    run(sounds, tmp_path / "fresh")
    same(tmp_path / "data", tmp_path / "fresh")


def test_sound_and_data_may_move_together(tmp_path, decoded):
    sounds = folder(tmp_path / "here" / "sounds", files=3)
    run(sounds, tmp_path / "here" / "data")
    (tmp_path / "here").rename(tmp_path / "there")
    decoded.clear()
    run(tmp_path / "there" / "sounds", tmp_path / "there" / "data")
    assert decoded == []


@pytest.mark.parametrize(
    "options",
    [
        {"sample_rate": 8_000},
        {"channels": 2},
        {"dtype": "float32"},
        {"lazy": True},
        {"bars": 1.0, "bpm": 120.0},
        {"seed": 1},
    ],
)
def test_other_options_on_the_same_folder(tmp_path, options):
    sounds = folder(tmp_path / "sounds", files=2)
    run(sounds, tmp_path / "data")
    before = (tmp_path / "data" / "index.json").read_bytes()
    with pytest.raises(UserError, match=next(iter(options))) as caught:
        run(sounds, tmp_path / "data", **options)
    assert "another --out" in str(caught.value)
    assert (tmp_path / "data" / "index.json").read_bytes() == before


def test_other_sounds_on_the_same_folder(tmp_path):
    run(folder(tmp_path / "one", files=2), tmp_path / "data")
    with pytest.raises(UserError, match="sounds was"):
        run(folder(tmp_path / "two", files=2), tmp_path / "data")


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path, monkeypatch, decoded):
    sounds = folder(tmp_path / "sounds", files=6)
    opening, writes = Path.open, []

    class Full:
        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            self.file.close()

        def write(self, samples):
            writes.append(len(samples))
            if len(writes) > 3:
                self.file.write(memoryview(samples).cast("B")[:100])
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(samples)

    def full(self, mode="r", *args, **options):
        file = opening(self, mode, *args, **options)
        return Full(file) if self.suffix == ".pcm" and "b" in mode and mode != "rb" else file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(UserError, match=r"disk is full.*same command again"):
            run(sounds, tmp_path / "data")
    assert (tmp_path / "data" / "shards" / "00000.pcm").stat().st_size == 3 * 2 * RATE * 2
    decoded.clear()
    run(sounds, tmp_path / "data")
    assert sorted(decoded) == ["03.wav", "04.wav", "05.wav"]
    run(sounds, tmp_path / "fresh")
    same(tmp_path / "data", tmp_path / "fresh")


def test_workers_change_nothing(tmp_path):
    sounds = folder(tmp_path / "sounds", files=7)
    prepare([sounds], tmp_path / "one", sample_rate=RATE, workers=1)
    prepare([sounds], tmp_path / "four", sample_rate=RATE, workers=4)
    for name in ("index.json", "sources.jsonl", "shards/00000.pcm"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "four" / name).read_bytes()


def test_progress_counts_every_file(tmp_path):
    sounds, seen = folder(tmp_path / "sounds", files=3), []
    run(sounds, tmp_path / "data", show=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert json.loads((tmp_path / "data" / "index.json").read_text())["summary"]["files"] == 3
