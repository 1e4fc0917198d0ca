"""`--to onnx` and `--to openvino`: what is written gives the model's numbers, and says truly what it is."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import openvino
import pytest
import torch
from narrow import small

from tritone.errors import UserError
from tritone.families.vae.model import VAE, build
from tritone.nn.blocks import fold_weight_norm
from tritone.play.export import onnx as to_onnx
from tritone.play.export import openvino as to_openvino
from tritone.play.export.card import card_paths, read_card, write_card
from tritone.play.export.verify import verify
from tritone.play.inference.runners import TorchRunner
from tritone.play.inference.steps import Step


@pytest.fixture(scope="module")
def vae() -> VAE:
    """A small VAE with a noise branch, whose latent has axes and a mean of its own, and whose sound is loud."""
    torch.manual_seed(0)
    config = replace(small("vae-v2-small"), dilations=((1,), (1,), (1,), (3,)))
    model = fold_weight_norm(build(config).eval())
    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
            layer.weight.data *= 1.5
    model.basis.basis.copy_(torch.linalg.qr(torch.randn(8, 8))[0])
    model.basis.mean.copy_(torch.randn(8))
    return model


def feed(facts: dict, run, audio: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """A program without Tritone, written from the card alone: zeros, then what ends in _next goes back in."""
    state = {port["name"]: np.zeros(port["shape"], port["type"]) for port in facts["state"]}
    outputs = []
    for block, heard in zip(np.split(audio, audio.shape[-1] // facts["block"], -1),
                            np.split(noise, audio.shape[-1] // facts["block"], -1), strict=True):  # fmt: skip
        given = run({"audio": block, "noise": heard, **state})
        outputs.append(given["output"])
        state = {port["name"]: given[port["next"]] for port in facts["state"]}
    return np.concatenate(outputs, -1)


def test_an_onnx_file_played_from_its_card_alone_gives_the_offline_sound(vae: VAE, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    facts = write_card(path, to_onnx.write(vae, path, dims=5, block=2 * vae.ratio), title="a test")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    random = np.random.default_rng(3)
    audio = random.standard_normal((1, 1, 40 * vae.ratio)).astype(np.float32) * 0.3
    silent = np.zeros((1, facts["inputs"][1]["shape"][1], 20 * facts["inputs"][1]["shape"][2]), np.float32)
    given = feed(facts, lambda inputs: dict(zip(names, session.run(None, inputs), strict=True)), audio, silent)
    wanted = vae.reconstruct(torch.from_numpy(audio), dims=5).numpy()
    late = facts["latency_samples"]
    assert np.abs(wanted).max() > 1e-3
    np.testing.assert_allclose(given[..., late:], wanted[..., : -late or None], atol=1e-5 * np.abs(wanted).max())
    assert not given[..., :late].any()


@pytest.mark.parametrize("method", ["encode", "decode"])
def test_every_method_is_written_and_compared(vae: VAE, tmp_path: Path, method: str) -> None:
    for module, ending in ((to_onnx, ".onnx"), (to_openvino, ".xml")):
        path = tmp_path / f"{method}{ending}"
        facts = module.write(vae, path, dims=8, block=vae.ratio, method=method)
        assert max(facts["differences"].values()) < 5e-5
        assert {"encode": "latent", "decode": "output"}[method] == facts["outputs"][0]["name"]


def test_an_openvino_pair_can_be_read_by_openvino_where_it_lies(vae: VAE, tmp_path: Path) -> None:
    path = tmp_path / "my model.xml"
    facts = write_card(path, to_openvino.write(vae, path, dims=8, noise=False, block=vae.ratio), title="a test")
    model = openvino.Core().read_model(path)
    assert {name for port in model.inputs for name in port.names} == {
        "audio", *(port["name"] for port in facts["state"])
    }  # fmt: skip
    assert sorted(facts["files"]) == ["my model.bin", "my model.xml"]
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "my model.bin", "my model.xml", "my model.xml.json", "my model.xml.md",
    ]  # fmt: skip


def test_weights_are_stored_once(vae: VAE, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    to_onnx.write(vae, path, dims=8, noise=False, block=vae.ratio)
    stream = vae.streaming(dims=8)
    weights = sum(buffer.numel() * 4 for buffer in stream.buffers())
    assert path.stat().st_size < 1.1 * weights + 200_000


class Wrong(TorchRunner):
    """Plays a little too loud."""

    def run(self, *blocks: np.ndarray) -> np.ndarray:
        return super().run(*blocks) * 1.001


def test_a_file_that_differs_is_refused(vae: VAE) -> None:
    stream = vae.streaming(dims=8, noise=True)
    step = Step(stream, "forward", vae.ratio)
    assert max(verify(TorchRunner(step), vae, stream, vae.ratio).values()) < 5e-5
    with pytest.raises(UserError, match="differs from the model"):
        verify(Wrong(step), vae, stream, vae.ratio)


def test_nothing_is_left_of_a_file_that_fails(vae: VAE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.onnx"
    path.write_text("what was here before")
    monkeypatch.setattr(
        to_onnx, "OnnxRunner", lambda model, spec, threads: Wrong(Step(vae.streaming(), "forward", 512))
    )
    with pytest.raises(UserError, match="differs"):
        to_onnx.write(vae, path, dims=8, noise=False, block=512)
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
    assert path.read_text() == "what was here before"


def test_mistakes_are_one_sentence(vae: VAE, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"multiple of this model's 512 .* nearest is 512"):
        to_onnx.write(vae, tmp_path / "model.onnx", dims=8, block=700)
    with pytest.raises(UserError, match=r"must end in \.onnx"):
        to_onnx.write(vae, tmp_path / "model.pt", dims=8, block=512)
    with pytest.raises(UserError, match="could not be written"):
        to_onnx.write(vae, tmp_path / "nowhere" / "model.onnx", dims=8, block=512)


def test_a_card_belongs_to_its_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"weights")
    write_card(path, {"format": "onnx", "differences": {}}, title="a test")
    assert read_card(path)["files"]["model.onnx"]["sha256"] == hashlib.sha256(b"weights").hexdigest()
    path.write_bytes(b"others")
    with pytest.raises(UserError, match="not the file"):
        read_card(path)
    card_paths(path)[0].write_text(json.dumps(["?"]))
    with pytest.raises(UserError, match="not a card"):
        read_card(path)
    card_paths(path)[0].unlink()
    with pytest.raises(UserError, match="no card"):
        read_card(path)
