"""Datasets, run folders and checkpoints that were damaged, edited or made by strangers."""

import json
import os
import pickle
import shutil
import time
import zipfile
from pathlib import Path
from unittest.mock import patch

import torch
from acting import TINY
from safetensors.torch import save_file

from badinput.stage import Got, Rows, Stage, quiet
from tritone.data.store import Dataset
from tritone.training.checkpoint import Damaged, read

ROWS = Rows("Datasets, runs and checkpoints")


def data(what: str, change: dict | None = None, item: dict | None = None, text: str | None = None) -> None:
    """A dataset whose index was changed: its top, its first item, or the whole text."""

    @ROWS.row(what, "train vae")
    def act(stage: Stage) -> Got:
        folder = stage.data()
        index = json.loads((folder / "index.json").read_text())
        index |= change or {}
        index["items"][0] |= item or {}
        (folder / "index.json").write_text(json.dumps(index) if text is None else text)
        got = stage.tritone("train", "vae", folder, "--out", stage.path / "run", *TINY, "--steps", 1)
        assert not (stage.path / "run").exists()
        return got


data("a dataset whose index.json is empty", text="")
data("a dataset whose index.json is nested 100,000 deep", text="[" * 100_000)
data("a dataset of a newer version", change={"format": 99})
data("a dataset whose shard is ../../../etc/passwd", change={"shards": [{"file": "../../../etc/passwd", "bytes": 1}]})
data("a dataset whose shards are fewer than its items say", change={"shards": []})
data("a dataset with an item of `frames: many`", item={"frames": "many"})
data("a dataset with an item that begins at sample -5", item={"offset": -5})
data("a dataset with an item beyond the end of its shard", item={"offset": 10**12})


@ROWS.row("a shard that was cut off", "train vae")
def shard(stage: Stage) -> Got:
    folder = stage.data()
    (path,) = (folder / "shards").iterdir()
    os.truncate(path, 1000)
    return stage.tritone("train", "vae", folder, "--out", stage.path / "run", *TINY, "--steps", 1)


def anew(stage: Stage, folder: Path) -> Got:
    """Prepare again; all files must be there."""
    got = stage.tritone("prepare", stage.made.sounds, "--out", folder)
    assert len(Dataset.open(folder).items) == 4
    return Got(got.status, "All files are prepared anew.")


@ROWS.row("a list of done files (sources.jsonl) that is a picture", "prepare")
def ledger(stage: Stage) -> Got:
    folder = stage.data()
    (folder / "sources.jsonl").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    return anew(stage, folder)


@ROWS.row("a list of done files whose options are a list and whose lines are numbers", "prepare")
def numbers(stage: Stage) -> Got:
    folder = stage.data()
    (folder / "sources.jsonl").write_text('[1]\n3\n"x"\n{"extents": 3}\n')
    return anew(stage, folder)


@ROWS.row("a dataset that is not there", "tritone.data.store.Dataset.open")
def nowhere(stage: Stage) -> Got:
    return stage.refused(Dataset.open, stage.path / "data")


@ROWS.row("sounds instead of a dataset", "train vae")
def sounds(stage: Stage) -> Got:
    return stage.tritone("train", "vae", stage.made.sounds, "--out", stage.path / "run", *TINY)


def goes_on(stage: Stage, run: Path) -> Got:
    """The sentence of a run that continues, and whether it came to its end."""
    status, _, errors = quiet("train", "vae", stage.made.data, "--out", run, *TINY, "--steps", 4)
    assert "Traceback" not in errors
    if status:
        return Got(str(status), stage.plain(errors.splitlines()[-1].removeprefix("tritone: ")))
    assert (run / "checkpoints/latest").read_text() == "step-4\n"
    said = [line for line in errors.splitlines() if "damaged" in line or "Continuing" in line]
    return Got("0", stage.plain(" ".join(said)))


def checkpoint(what: str, name: str, content: bytes | None) -> None:
    """A latest checkpoint of which one file was changed."""

    @ROWS.row(what, "train vae (the same command again)")
    def act(stage: Stage) -> Got:
        run = stage.run()
        path = run / "checkpoints/step-2" / name
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        return goes_on(stage, run)


checkpoint("the latest weights are of 0 bytes", "model.safetensors", b"")
checkpoint("the latest weights are gone", "model.safetensors", None)
checkpoint("the latest training state is nonsense", "training.pt", b"nonsense")
checkpoint("the latest configuration is a picture", "config.yaml", b"\x89PNG\r\n\x1a\n\xff\xfe")


class Boom:
    """Runs when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")


@ROWS.row("a training state that would run a program", "train vae (the same command again)")
def pickled(stage: Stage) -> Got:
    run = stage.run()
    file = run / "checkpoints/step-2/training.pt"
    state = torch.load(file, weights_only=True)
    torch.save({**state, "best": Boom(str(stage.path / "ran"))}, file)
    got = goes_on(stage, run)
    assert not (stage.path / "ran").exists()
    return got


def zipped(path: Path, size: int) -> None:
    """The archive with its content compressed, and `size` zeros more."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
        with new.open(f"{next(iter(parts)).split('/')[0]}/data/0", "w", force_zip64=True) as file:
            for _ in range(size >> 20):
                file.write(bytes(1 << 20))


@ROWS.row(
    "a training state that is a zip bomb: a file that unpacks to 64 MB of zeros", "train vae (the same command again)"
)
def bomb(stage: Stage) -> Got:
    run = stage.run()
    with_warnings_off(zipped, run / "checkpoints/step-2/training.pt", 1 << 26)
    return goes_on(stage, run)


def with_warnings_off(call, *words):
    """A name that stands twice in an archive is warned of."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*words)


@ROWS.row("a training state that is a list", "tritone.training.checkpoint.read")
def listed(stage: Stage) -> Got:
    run = stage.run()
    torch.save([1, 2], run / "checkpoints/step-2/training.pt")
    try:
        read(run / "checkpoints/step-2")
    except Damaged as problem:
        return Got("Damaged", stage.plain(str(problem)))
    raise AssertionError


@ROWS.row("weights whose header states 8 exabytes", "generate")
def header(stage: Stage) -> Got:
    run = stage.run()
    (run / "checkpoints/step-2/model.safetensors").write_bytes((2**63).to_bytes(8, "little") + b"{}")
    return stage.tritone("generate", run, "--out", stage.path / "out")


@ROWS.row("weights cut off in the middle", "generate")
def cut(stage: Stage) -> Got:
    run = stage.run()
    os.truncate(run / "checkpoints/step-2/model.safetensors", 5000)
    return stage.tritone("generate", run, "--out", stage.path / "out")


@ROWS.row("weights of another model", "generate")
def another(stage: Stage) -> Got:
    run = stage.run()
    save_file({"w": torch.zeros(2)}, run / "checkpoints/step-2/model.safetensors")
    return stage.tritone("generate", run, "--out", stage.path / "out")


@ROWS.row("every checkpoint damaged", "train vae (the same command again)")
def every(stage: Stage) -> Got:
    run = stage.run()
    for step in (0, 2):
        os.truncate(run / f"checkpoints/step-{step}/model.safetensors", 100)
    return goes_on(stage, run)


@ROWS.row("`checkpoints/latest` names ../../../etc", "generate")
def climbing(stage: Stage) -> Got:
    run = stage.run()
    (run / "checkpoints/latest").write_text("step-2/../../../../etc\n")
    got = stage.tritone("generate", run, "--out", stage.path / "out", "--count", 1, "--seconds", 0.1)
    return Got(got.status, f"The newest checkpoint is taken: {got.sentence}")


@ROWS.row("`checkpoints/latest` names a step of 5,000 digits", "generate")
def digits(stage: Stage) -> Got:
    run = stage.run()
    (run / "checkpoints/latest").write_text("step-" + "9" * 5000)
    got = stage.tritone("generate", run, "--out", stage.path / "out", "--count", 1, "--seconds", 0.1)
    return Got(got.status, f"The newest checkpoint is taken: {got.sentence}")


def asked(what: str, which: str) -> None:
    """A checkpoint that is not there."""

    @ROWS.row(what, f"generate --checkpoint {which[:8]}")
    def act(stage: Stage) -> Got:
        return stage.tritone("generate", stage.made.run, "--out", stage.path / "out", "--checkpoint", which)


asked("a checkpoint that is not there", "99")
asked("a checkpoint named by a digit that is none to Python", "²")
asked("a checkpoint that climbs out", "../../etc")


@ROWS.row("a log (log.jsonl) whose lines are numbers", "train vae (the same command again)")
def log(stage: Stage) -> Got:
    run = stage.run()
    (run / "log.jsonl").write_text("3\n[]\n{}\n")
    return goes_on(stage, run)


@ROWS.row("a run folder without checkpoints", "generate")
def without(stage: Stage) -> Got:
    run = stage.run()
    shutil.rmtree(run / "checkpoints")
    return stage.tritone("generate", run, "--out", stage.path / "out")


@ROWS.row("a run folder whose configuration was edited into nonsense", "inspect")
def edited(stage: Stage) -> Got:
    run = stage.run()
    (run / "config.yaml").write_text("{")
    return stage.tritone("inspect", run)


@ROWS.row("a run folder of other settings", "train vae --model.latent 64")
def settings(stage: Stage) -> Got:
    run = stage.run()
    before = (run / "log.jsonl").read_bytes()
    got = stage.tritone("train", "vae", stage.made.data, "--out", run, *TINY, "--model.latent", 64)
    assert (run / "log.jsonl").read_bytes() == before
    return got


@ROWS.row("a folder of something else as the run", "train vae")
def foreign(stage: Stage) -> Got:
    stage.file("mine/letter.txt", "dear")
    got = stage.tritone("train", "vae", stage.made.data, "--out", stage.path / "mine", *TINY)
    assert [path.name for path in (stage.path / "mine").iterdir()] == ["letter.txt"]
    return got


@ROWS.row("a clock that goes back an hour every time it is looked at", "train vae (the same command again)")
def clock(stage: Stage) -> Got:
    run, hours = stage.run(), iter(range(10**9, 0, -3600))
    with patch.object(time, "time", lambda: float(next(hours))):
        return goes_on(stage, run)


@ROWS.row("training state pickled in protocol 0 with a name of the system", "tritone.training.checkpoint.read")
def protocol(stage: Stage) -> Got:
    run = stage.run()
    (run / "checkpoints/step-2/training.pt").write_bytes(pickle.dumps(Boom(str(stage.path / "ran")), 0))
    try:
        read(run / "checkpoints/step-2")
    except Damaged as problem:
        assert not (stage.path / "ran").exists()
        return Got("Damaged", stage.plain(str(problem)))
    raise AssertionError
