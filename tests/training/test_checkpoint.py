"""Checkpoints are whole or not there."""

import errno
import os
import resource
import shutil
from dataclasses import replace

import pytest
import safetensors.torch
import torch
from toyfamily.sound import run, toy_config

from tritone.config import make_config, write_config
from tritone.errors import UserError
from tritone.training import atomic
from tritone.training.checkpoint import Checkpoints, Damaged, read
from tritone.training.log import read_log
from tritone.training.run import Run

FILES = ("model.safetensors", "training.pt", "config.yaml")


@pytest.fixture
def trained(tmp_path):
    run(tmp_path / "run", toy_config(steps=6, validate_every=2, ema=0.9))
    return tmp_path / "run"


def test_layout(trained):
    assert sorted(path.name for path in (trained / "checkpoints/step-6").iterdir()) == sorted(FILES)
    assert (trained / "checkpoints/latest").read_text() == "step-6\n"
    assert (trained / "checkpoints/best").read_text().startswith("step-")
    played = safetensors.torch.load_file(trained / "checkpoints/step-6/model.safetensors")
    assert {value.dtype for value in played.values()} == {torch.float32}
    state = torch.load(trained / "checkpoints/step-6/training.pt", weights_only=True)
    assert {"online", "helpers", "optimizers", "step", "seconds", "best", "history"} <= state.keys()
    assert not torch.equal(state["online"]["encoder.weight"], played["encoder.weight"])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "flipped"])
def test_a_damaged_latest_falls_back(trained, name, damage):
    target = trained / "checkpoints/step-6" / name
    data = bytearray(target.read_bytes())
    if damage == "gone":
        target.unlink()
    elif damage == "empty":
        target.write_bytes(b"")
    elif damage == "cut":
        target.write_bytes(data[: len(data) // 2])
    else:
        middle = len(data) // 2
        data[middle : middle + 256] = bytes(byte ^ 0x80 for byte in data[middle : middle + 256])
        target.write_bytes(data)
    with pytest.raises(Damaged):
        read(target.parent)
    warnings = []
    checkpoint = Checkpoints(trained / "checkpoints").read_latest(warnings.append)
    assert checkpoint.step == 4 and "step-6 is damaged" in warnings[0]


def test_training_goes_on_from_the_fallback_and_mends_the_damage(trained, tmp_path):
    (trained / "checkpoints/step-6/training.pt").write_bytes(b"junk")
    run(trained, toy_config(steps=8, validate_every=2, ema=0.9))
    run(tmp_path / "straight", toy_config(steps=8, validate_every=2, ema=0.9))
    mended, straight = (read(path / "checkpoints/step-8") for path in (trained, tmp_path / "straight"))
    assert all(torch.equal(value, straight.weights[name]) for name, value in mended.weights.items())
    steps = [line["step"] for line in read_log(trained / "log.jsonl")]
    assert steps == sorted(steps)
    read(trained / "checkpoints/step-6")


def test_nothing_whole_is_for_the_user(trained):
    for step in Checkpoints(trained / "checkpoints").steps():
        (trained / f"checkpoints/step-{step}/model.safetensors").unlink()
    with pytest.raises(UserError, match=r"No checkpoint in .* is whole"):
        run(trained, toy_config(steps=6, validate_every=2, ema=0.9))


def test_pruning_keeps_the_newest_and_the_best(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for step in range(6):
        checkpoints.write(step, toy_config(), {"a": torch.zeros(2)}, {})
        if step == 1:
            checkpoints.name("best", 1)
        checkpoints.prune(2)
    assert checkpoints.steps() == [1, 4, 5]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best", "latest", "step-1", "step-4", "step-5"]


def test_best_is_the_lowest_distance(tmp_path):
    run(tmp_path, toy_config({"learning_rate": 0.5}, steps=20, validate_every=2, keep=1))
    distances = {
        e["step"]: e["validation/distance"] for e in read_log(tmp_path / "log.jsonl") if "validation/distance" in e
    }
    lowest = min(distances, key=distances.get)
    assert Checkpoints(tmp_path / "checkpoints").named("best") == lowest
    assert lowest in Checkpoints(tmp_path / "checkpoints").steps()


@pytest.mark.parametrize("written", [0, 1000, 3000])
def test_disk_full_loses_nothing_and_leaves_no_part(trained, written):
    """The kernel itself refuses to write: no file may grow beyond `written` bytes."""
    before = {path: path.read_bytes() for path in (trained / "checkpoints").rglob("*") if path.is_file()}
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    checkpoints = Checkpoints(trained / "checkpoints")
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, limit[1]))
    try:
        with pytest.raises(UserError, match=r"is full; make room"), atomic.disk_full_is_for_the_user(trained):
            checkpoints.write(6, toy_config(), {"a": torch.zeros(200)}, {"b": torch.zeros(4000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert {path: path.read_bytes() for path in (trained / "checkpoints").rglob("*") if path.is_file()} == before
    read(trained / "checkpoints/step-6")


def test_disk_full_while_training_is_one_sentence(tmp_path, monkeypatch):
    run(tmp_path, toy_config(steps=2))

    def refuse(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(UserError, match=r"is full; make room and run the same command again"):
            run(tmp_path, toy_config(steps=9))
    assert Checkpoints(tmp_path / "checkpoints").named("latest") == 2
    assert run(tmp_path, toy_config(steps=9)) == "finished"


def test_other_families_and_architectures_are_named(trained, tmp_path):
    write_config(trained / "config.yaml", make_config("vae", {}, data="noise"))
    with pytest.raises(UserError, match=r"is a run of the family vae, not toy"):
        run(trained, toy_config(steps=6, validate_every=2, ema=0.9))
    write_config(trained / "config.yaml", toy_config(steps=6, validate_every=2, ema=0.9))
    write_config(trained / "checkpoints/step-6/config.yaml", make_config("vae", {}, data="noise"))
    with pytest.raises(UserError, match="checkpoint of the family vae, not toy"):
        run(trained, toy_config(steps=6, validate_every=2, ema=0.9))
    other = tmp_path / "other"
    run(other, toy_config({"hidden": 6}, steps=1))
    shutil.copy(other / "checkpoints/step-1/model.safetensors", trained / "checkpoints/step-4/model.safetensors")
    with pytest.raises(UserError, match=r"another architecture.*analysed is \(6,\), not \(4,\)"):
        Run(trained).load(4)


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UserError, match=r"holds thesis.tex"):
        run(tmp_path, toy_config())
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == ["thesis.tex"]


def test_whole_folder_replaces_and_survives_failure(tmp_path):
    with atomic.whole_folder(tmp_path / "a") as folder:
        (folder / "one").write_text("1")
    with pytest.raises(RuntimeError), atomic.whole_folder(tmp_path / "a") as folder:
        (folder / "two").write_text("2")
        raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "one"]
    with atomic.whole_folder(tmp_path / "a") as folder:
        (folder / "three").write_text("3")
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "three"]


def test_moved_data_is_accepted_and_other_data_is_not(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir(), second.mkdir()
    run(tmp_path / "run", replace(toy_config(steps=1), data=str(first)))
    with pytest.raises(UserError, match="started with other settings \\(data"):
        run(tmp_path / "run", replace(toy_config(steps=2), data=str(second)))
    first.rmdir()
    assert run(tmp_path / "run", replace(toy_config(steps=2), data=str(second))) == "finished"
