"""Models of other programs: checkpoints, exports and config.gin as strangers may make them."""

import os
import pickle
import shutil
import struct
import zipfile
from pathlib import Path

import torch

from badinput.stage import Got, Rows, Stage
from tritone.play.foreign.gin import read_gin

ROWS = Rows("Import from acids-rave")


def ckpt(what: str, content: object, *, raw: bool = False) -> None:
    """A file that calls itself a checkpoint."""

    @ROWS.row(what, "import")
    def act(stage: Stage) -> Got:
        path = stage.path / "model.ckpt"
        if raw:
            path.write_bytes(content)  # type: ignore[arg-type]
        else:
            torch.save(content, path)
        stage.file("config.gin", "")
        got = stage.tritone("import", path, "--out", stage.path / "run")
        assert not (stage.path / "run").exists()
        return got


class Runs:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple:
        return os.system, ("touch ran",)


ckpt("a checkpoint of 0 bytes", b"", raw=True)
ckpt("a checkpoint that is nonsense", b"nonsense", raw=True)
ckpt("a checkpoint that would run a program", {"state_dict": {"w": torch.zeros(1)}, "x": Runs()})
ckpt("a checkpoint that is a list", [1, 2])
ckpt("a checkpoint without weights", {"state_dict": {}})
ckpt("a checkpoint of another program", {"state_dict": {"w": torch.zeros(1)}})
FOUR = ("pqmf.hk", "pqmf.h", "latent_pca", "latent_mean")
ckpt("a checkpoint whose tensors have no dimensions", {"state_dict": {name: torch.tensor(1.0) for name in FOUR}})


@ROWS.row("a checkpoint compressed from 64 MB of zeros (zip bomb)", "import")
def bomb(stage: Stage) -> Got:
    path = stage.path / "model.ckpt"
    torch.save({"state_dict": {"w": torch.zeros(4)}}, path)
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            with new.open(name, "w", force_zip64=True) as file:
                for _ in range(1 << 6 if name.endswith("data/0") else 0):
                    file.write(bytes(1 << 20))
                file.write(content if not name.endswith("data/0") else b"")
    stage.file("config.gin", "")
    return stage.tritone("import", path, "--out", stage.path / "run")


def gin(what: str, text: str, more: dict[str, str] | None = None) -> None:
    """A config.gin beside a good checkpoint."""

    @ROWS.row(what, "import --config")
    def act(stage: Stage) -> Got:
        for name, content in (more or {}).items():
            stage.file(name, content)
        path = stage.file("config.gin", text)
        got = stage.tritone("import", stage.made.theirs, "--config", path, "--out", stage.path / "run")
        assert not (stage.path / "run").exists()
        return got


gin("a config.gin that is a letter", "Dear all,\n")
gin("a config.gin whose value is a call", "A = __import__('os').system('true')\n")
gin("a config.gin of macros in a circle", "RATIOS = %A\nA = %B\nB = %A\n")
gin("a config.gin of macros that stand for 10^16 values", "".join(
    f"M{n} = [{', '.join([f'%M{n + 1}'] * 100)}]\n" for n in range(8)) + "M8 = 1\nRATIOS = %M0\n")  # fmt: skip
gin("a config.gin that includes itself under another name", "include './././config.gin'\n")
gin("a config.gin that includes /etc/passwd", "include '../../../../../../etc/passwd'\n")
gin("a config.gin nested 10,000 deep", "A = " + "[" * 10_000 + "\n")
gin("a config.gin whose strides are words", "RATIOS = 'many'\n")
gin("a config.gin whose sample rate is a word", "SAMPLING_RATE = 'fast'\n")


@ROWS.row("a config.gin with a hole of 1 GB", "tritone.play.foreign.gin.read_gin")
def hole(stage: Stage) -> Got:
    path = stage.file("config.gin", "A = [\n")
    os.truncate(path, 1 << 30)
    return stage.refused(read_gin, path)


@ROWS.row("no config.gin anywhere", "import")
def no_gin(stage: Stage) -> Got:
    path = stage.path / "deep/deeper/and/still/model.ckpt"
    path.parent.mkdir(parents=True)
    shutil.copy(stage.made.theirs, path)
    return stage.tritone("import", path, "--out", stage.path / "run")


def ts(what: str, parts: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    """An archive that calls itself an export."""

    @ROWS.row(what, "import")
    def act(stage: Stage) -> Got:
        path = stage.path / "model.ts"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        got = stage.tritone("import", path, "--out", stage.path / "run")
        assert not (stage.path / "run").exists() and not Path("ran").exists()
        return got


def tensor(size: str, stride: str, count: int = 1, kind: str = "FloatStorage") -> bytes:
    """A pickle of an object with one tensor `w`."""
    return (
        b"\x80\x02c__torch__.m\nModel\n)\x81}(X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n"
        b"((X\x07\x00\x00\x00storagectorch\n" + kind.encode() + b"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
        + f"I{count}\n".encode() + b"tQI0\n(" + size.encode() + b"t(" + stride.encode() + b"t\x89NtRub."
    )  # fmt: skip


ts("an export without content", {})
ts("an export that would run a program", {"m/data.pkl": pickle.dumps(Runs())})
ts("an export whose pickle is nonsense", {"m/data.pkl": b"nonsense"})
ts("an export whose tensor is longer than its numbers", {"m/data.pkl": tensor("I9\n", "I1\n"), "m/data/0": bytes(4)})
ts("an export whose one number stands for a tensor of 4 TB",
   {"m/data.pkl": tensor("I1000000000000\n", "I0\n"), "m/data/0": bytes(4)})  # fmt: skip
ts("an export whose numbers are compressed (zip bomb)",
   {"m/data.pkl": tensor("I1000000\n", "I1\n", 10**6), "m/data/0": bytes(4 * 10**6)}, zipfile.ZIP_DEFLATED)  # fmt: skip
ts("an export whose structure takes 100 MB", {"m/data.pkl": bytes(10**8)}, zipfile.ZIP_DEFLATED)
ts(
    "an export with parts that climb out (../../ran)",
    {"../../ran": b"x", "m/data.pkl": tensor("I1\n", "I1\n"), "m/data/0": bytes(4)},
)


@ROWS.row("an export with one bit of its structure changed", "import")
def flipped(stage: Stage) -> Got:
    content = bytearray(stage.made.exported.read_bytes())
    content[content.index(b"data.pkl") + 1000] ^= 16
    return stage.tritone("import", stage.file("model.ts", bytes(content)), "--out", stage.path / "run")


@ROWS.row("an export whose parts are said to be encrypted", "import")
def encrypted(stage: Stage) -> Got:
    content = bytearray(stage.made.exported.read_bytes())
    at = content.index(b"PK\x01\x02")
    while at >= 0:
        content[at + 8 : at + 10] = struct.pack("<H", 1)
        at = content.find(b"PK\x01\x02", at + 4)
    return stage.tritone("import", stage.file("model.ts", bytes(content)), "--out", stage.path / "run")


@ROWS.row("a file of another program (.onnx)", "import")
def other(stage: Stage) -> Got:
    return stage.tritone("import", stage.file("model.onnx", b"x"), "--out", stage.path / "run")


@ROWS.row("a folder that is not empty as the new run", "import")
def full(stage: Stage) -> Got:
    stage.file("mine/letter.txt", "dear")
    return stage.tritone("import", stage.made.theirs, "--out", stage.path / "mine")
