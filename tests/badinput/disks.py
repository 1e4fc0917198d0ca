"""Disks that are full, under every command that writes."""

from collections.abc import Callable, Sequence
from pathlib import Path

from acting import TINY

from badinput.places import full_from, in_child
from badinput.stage import Got, Rows, Stage, quiet
from tritone.data.store import Dataset
from tritone.training.checkpoint import Checkpoints, read

ROWS = Rows("Disks that are full")
WHAT = "a disk that is full"


@ROWS.row(WHAT, "prepare")
def full_prepare(stage: Stage) -> Got:
    words = ("prepare", stage.made.sounds, "--out", stage.path / "data")
    got = in_child(stage, full_from(60_000), *words)
    assert not (stage.path / "data/index.json").exists()
    assert quiet(*words)[0] == 0 and len(Dataset.open(stage.path / "data").items) == 4
    return got


@ROWS.row(WHAT, "train vae (the same command again)")
def full_train(stage: Stage) -> Got:
    run = stage.run()
    words = ("train", "vae", stage.made.data, "--out", run, *TINY, "--steps", 4)
    got = in_child(stage, full_from(100_000), *words)
    assert Checkpoints(run / "checkpoints").steps() == [0, 2] and read(run / "checkpoints/step-2").step == 2
    assert quiet(*words)[0] == 0
    return got


def full(how: str, words: Callable[[Stage, Path], Sequence[object]], limit: int = 10_000) -> None:
    """A command on a full disk that leaves nothing half written, and writes all of it where there is room."""

    @ROWS.row(WHAT, how)
    def act(stage: Stage) -> Got:
        out = stage.path / "out"
        got = in_child(stage, full_from(limit), *words(stage, out))
        left = [path for path in stage.path.rglob("*") if path.is_file() and not path.is_relative_to(stage.path / "in")]
        assert got.status == "2" and not left, (got, left)
        status, _, errors = quiet(*words(stage, out))
        assert status == 0, errors
        return got


def sounds(stage: Stage) -> Path:
    """A folder of two sounds."""
    for number in range(2):
        stage.sound(f"in/{number}.wav", 22_050 + number)
    return stage.path / "in"


full("generate", lambda stage, out: ("generate", stage.made.run, "--out", out, "--count", 1))
full("reconstruct", lambda stage, out: ("reconstruct", stage.made.run, stage.made.sounds, "--out", out))
full("encode", lambda stage, out: ("encode", stage.made.run, stage.made.sounds, "--out", out))
full("decode", lambda stage, out: ("decode", stage.made.run, stage.made.latents, "--out", out))
full("stream --output", lambda stage, out: (
    "stream", stage.made.run, "--engine", "torch", "--precision", "float32", "--input", sounds(stage) / "0.wav",
    "--output", f"{out}.wav"))  # fmt: skip
full("import", lambda stage, out: ("import", stage.made.theirs, "--out", out))
full("load", lambda stage, out: ("load", stage.made.run, "--out", out))
full("export --to nn", lambda stage, out: ("export", stage.made.run, "--to", "nn", "--out", f"{out}.ts"), 100_000)
full("export --to onnx", lambda stage, out: ("export", stage.made.run, "--to", "onnx", "--out", f"{out}.onnx"), 50_000)
full("export --to openvino", lambda stage, out: (
    "export", stage.made.run, "--to", "openvino", "--out", f"{out}.xml"), 50_000)  # fmt: skip
full("loops render", lambda stage, out: ("loops", "render", "--count", 2, "--out", out))
full("compare", lambda stage, out: ("compare", f"x={sounds(stage)}", "--reference", stage.made.data, "--out", out))
full("evaluate --json", lambda stage, out: (
    "evaluate", sounds(stage), "--reference", stage.made.data, "--json", f"{out}.json", "--brief"), 1000)  # fmt: skip
full("listen plan", lambda stage, out: (
    "listen", "plan", f"x={sounds(stage)}", "--real", sounds(stage), "--out", out))  # fmt: skip
