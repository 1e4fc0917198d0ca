"""`tritone export`, `inspect` of what it wrote, `tritone bench stream`, on a command line; the model is in memory."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from narrow import small

from tritone.families.vae.model import build
from tritone.play import load as loading


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A path that `load` takes for a run of a very small VAE."""
    torch.manual_seed(0)
    model = build(replace(small("vae-v2-small"), dilations=((1,), (1,), (1,), (3,)))).eval()
    monkeypatch.setattr(loading, "load", lambda path, *_: model)
    return tmp_path / "kick"


def test_what_was_exported_says_what_it_is(done, run: Path, tmp_path: Path) -> None:
    path = tmp_path / "kick.onnx"
    told = done("export", run, "--to", "onnx", "--dims", 3, "--block", 1024, "--out", path).out
    assert "3 of 8 latents" in told
    assert "Latency 5488 samples = 124.4 ms" in told
    facts = json.loads(done("inspect", path, "--json").out)
    assert (facts["kind"], facts["format"], facts["block"], facts["dims"]) == ("exported model", "onnx", 1024, 3)
    assert facts["latency_samples"] == 5488
    path.write_bytes(path.read_bytes() + b"\0")
    assert json.loads(path.with_name("kick.onnx.json").read_text())["title"] == "kick as onnx"


def test_options_that_do_not_go_together_are_refused(refused, run: Path, tmp_path: Path) -> None:
    assert "--block and --method are for --to onnx and openvino" in refused(
        "export", run, "--to", "nn", "--method", "encode", "--out", tmp_path / "a.ts"
    )
    assert "--label is for runs of a prior" in refused(
        "export", run, "--to", "onnx", "--label", "x", "--out", tmp_path / "a.onnx"
    )
    assert "must end in .xml" in refused("export", run, "--to", "openvino", "--out", tmp_path / "a.onnx")
    assert "multiple of this model's 512" in refused("bench", "stream", run, "--blocks", "700")


def test_bench_prints_and_writes_its_table(done, run: Path, tmp_path: Path) -> None:
    told = done("bench", "stream", run, "--blocks", 512, "--seconds", 0.1, "--json", tmp_path / "rows.json").out
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert {(row["engine"], row["precision"]) for row in rows} >= {("torch", "float32"), ("openvino", "bf16")}
    assert "openvino" in told
