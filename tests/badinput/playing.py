"""Latents, exported files, and devices that are none."""

import io

import numpy as np
import torch
from safetensors.torch import save_file

from badinput.stage import Got, Rows, Stage

ROWS = Rows("Latents and exports")


def latents(what: str, name: str, content: bytes) -> None:
    """Something that is to be decoded."""

    @ROWS.row(what, "decode")
    def act(stage: Stage) -> Got:
        path = stage.file(name, content)
        got = stage.tritone("decode", stage.made.run, path, "--out", stage.path / "out")
        assert not (stage.path / "out").exists()
        return got


def npy(array: np.ndarray, shape: str | None = None) -> bytes:
    """A .npy file, whose header may state another shape."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    content = buffer.getvalue()
    if shape is None:
        return content
    stated = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return content[:8] + len(stated).to_bytes(2, "little") + stated.encode() + content[10 + 118 :]


latents("latents of 0 bytes", "z.safetensors", b"")
latents("latents that are nonsense", "z.safetensors", b"nonsense, and long enough for a header")
latents(
    "an array whose header states 4 exabytes", "z.npy", npy(np.zeros((8, 4), np.float32), "(1000000000, 1000000000)")
)
latents("an array whose header is not closed", "z.npy", npy(np.zeros((8, 4), np.float32), "(8, (4"))
latents("an array of objects", "z.npy", npy(np.array([{}, []], dtype=object)))
latents("an array of NaN", "z.npy", npy(np.full((8, 4), np.nan, np.float32)))
latents("an array of four dimensions", "z.npy", npy(np.zeros((1, 1, 8, 4), np.float32)))
latents("an array of 129 dimensions a frame, one more than the model has", "z.npy", npy(np.zeros((129, 4), np.float32)))


@ROWS.row("latents that state another sample rate", "decode")
def rate(stage: Stage) -> Got:
    path = stage.path / "z.safetensors"
    save_file({"latent": torch.zeros(1, 8, 4)}, path, {"sample_rate": "22050", "ratio": "²"})
    return stage.tritone("decode", stage.made.run, path, "--out", stage.path / "out")


@ROWS.row("latents of 8-bit floats", "decode")
def eight(stage: Stage) -> Got:
    path = stage.path / "z.safetensors"
    save_file({"latent": torch.zeros(1, 8, 4).to(torch.float8_e4m3fn)}, path)
    return stage.tritone("decode", stage.made.run, path, "--out", stage.path / "out")


@ROWS.row("a device without memory", "generate --device meta")
def meta(stage: Stage) -> Got:
    return stage.tritone("generate", stage.made.run, "--out", stage.path / "out", "--device", "meta")


@ROWS.row("an export whose card says nothing true", "inspect")
def card(stage: Stage) -> Got:
    stage.file("model.ts.json", '{"files": {"model.ts": {"sha256": "0"}}}')
    return stage.tritone("inspect", stage.file("model.ts", b"x"))


@ROWS.row("an export whose card is nested 100,000 deep", "inspect")
def deep_card(stage: Stage) -> Got:
    stage.file("model.ts.json", "[" * 100_000)
    return stage.tritone("inspect", stage.file("model.ts", b"x"))


@ROWS.row("an export into a folder that is not there", "export --to nn")
def export(stage: Stage) -> Got:
    return stage.tritone("export", stage.made.run, "--to", "nn", "--out", stage.path / "nowhere/model.ts")


@ROWS.row("an export under another ending", "export --to nn")
def ending(stage: Stage) -> Got:
    return stage.tritone("export", stage.made.run, "--to", "nn", "--out", stage.path / "model.onnx")
