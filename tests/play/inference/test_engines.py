"""Engines give the streaming model's numbers, whatever runs them; the choice among them rests on what was measured."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from narrow import small

from tritone.errors import UserError
from tritone.families.vae.model import VAE, build
from tritone.nn.blocks import fold_weight_norm
from tritone.play.inference import live as choosing
from tritone.play.inference import mixed
from tritone.play.inference.build import KINDS, build_engine
from tritone.play.inference.engine import EngineName, EnginePrecision, LiveEngine
from tritone.play.inference.live import open_engine
from tritone.play.inference.measure import Trial, signal_to_noise, try_out
from tritone.play.inference.table import stream_table
from tritone.play.live import LiveStream


@pytest.fixture(scope="module")
def vae() -> VAE:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = replace(small("vae-v2-small"), dilations=((1,), (1,), (1,), (3,)))
    model = fold_weight_norm(build(config).eval())
    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
            layer.weight.data *= 1.5
    return model


def sound(vae: VAE, blocks: int, block: int) -> np.ndarray:
    random = np.random.default_rng(1)
    return (0.3 * random.standard_normal((blocks, vae.channels, block))).astype(np.float32)


@pytest.mark.parametrize(("name", "precision"), [kind for kind in KINDS if kind[1] == "float32"])
def test_every_engine_plays_what_live_stream_plays(vae: VAE, name: str, precision: str) -> None:
    engine = build_engine(vae.streaming(noise=True), name, precision, block=1024, threads=1)
    blocks = sound(vae, 14, 1024)
    live = LiveStream(vae.streaming(noise=True), block=1024)
    wanted = np.concatenate(
        [live.process(torch.from_numpy(block[None])).numpy()[0] for block in blocks], -1
    )  # fmt: skip
    given = try_out(engine, blocks).output
    assert engine.latency_samples == live.latency_samples
    loudest = np.abs(wanted).max()
    assert loudest > 1e-3
    np.testing.assert_allclose(given, wanted, atol=1e-4 * loudest)


@pytest.mark.parametrize(("name", "precision"), [kind for kind in KINDS if kind[1] != "float32"])
def test_rounded_layers_stay_near(
    vae: VAE, name: EngineName, precision: EnginePrecision, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = sound(vae, 14, 1024)
    exact = try_out(build_engine(vae.streaming(), "torch", "float32", block=1024, threads=1), blocks).output
    monkeypatch.setattr(mixed, "AT_LEAST", 500)
    monkeypatch.setattr(mixed, "FIXED", dict.fromkeys(mixed.FIXED, 0.0))
    given = try_out(build_engine(vae.streaming(), name, precision, block=1024, threads=1), blocks).output
    assert mixed.TRUE_DB < signal_to_noise(exact, given) < 70


@pytest.mark.parametrize("name", ["torch", "onnx", "openvino"])
def test_reset_forgets_everything(vae: VAE, name: str) -> None:
    engine = build_engine(vae.streaming(noise=True), name, "float32", block=512, threads=1)
    blocks = sound(vae, 9, 512)
    first = try_out(engine, blocks)
    engine.encode(blocks[3])
    assert np.array_equal(first.output, try_out(engine, blocks).output)


def test_given_noise_is_heard(vae: VAE) -> None:
    engine = build_engine(vae.streaming(noise=True), "torch", "float32", block=512, threads=1)
    facts = engine.facts
    silent = np.zeros((facts.noise_bands, facts.noise_rate), np.float32)
    latent = np.zeros((facts.dims, 1), np.float32)
    engine.reset()
    rested = [engine.decode(latent, silent) for _ in range(12)]
    engine.reset()
    shaped = [engine.decode(latent) for _ in range(12)]
    assert not np.allclose(rested[-1], shaped[-1], atol=1e-4)


def test_an_engine_keeps_no_model(vae: VAE) -> None:
    stream = vae.streaming()
    engine = build_engine(stream, "openvino", "float32", block=512, threads=1)
    held = [value for runner in (engine.encoder, engine.decoder) for value in vars(runner).values()]
    assert not any(isinstance(value, torch.nn.Module | torch.Tensor) for value in held)


def trial(seconds: float, noise: float) -> Trial:
    wave = np.sin(np.arange(60_000) / 7)[None]
    return Trial(wave + noise * np.cos(np.arange(60_000))[None], np.full(60, seconds), np.full(60, seconds))


def test_the_fastest_true_engine_is_taken(vae: VAE, monkeypatch: pytest.MonkeyPatch) -> None:
    speeds = {
        ("torch", "float32"): (5e-3, 0.0), ("torch", "bf16"): (4e-3, 1e-3), ("onnx", "float32"): (3e-3, 1e-6),
        ("openvino", "float32"): (2e-3, 1e-6), ("openvino", "bf16"): (1e-3, 0.1), ("openvino", "int8"): (1e-3, 0.1),
    }  # fmt: skip
    plain = build_engine(vae.streaming(), "torch", "float32", block=512, threads=1)
    monkeypatch.setattr(
        choosing, "build_engine", lambda model, name, precision, **more: replace(plain, name=name, precision=precision)
    )
    monkeypatch.setattr(choosing, "try_out", lambda engine, blocks: trial(*speeds[engine.name, engine.precision]))
    chosen = open_engine(vae, block=512)
    assert (chosen.name, chosen.precision) == ("openvino", "float32")
    assert "openvino bf16 2.00 ms at 20 dB" in chosen.describe()["why"]
    assert chosen.measured["p95_ms"] == 4.0
    assert (open_engine(vae, block=512, precision="bf16").name) == "torch"
    assert isinstance(open_engine(vae, block=512, engine="onnx"), LiveEngine)


def test_mistakes_are_one_sentence(vae: VAE) -> None:
    with pytest.raises(UserError, match=r"No engine plays --precision bf16 with --engine onnx"):
        open_engine(vae, engine="onnx", precision="bf16")
    with pytest.raises(UserError, match=r"--block must be a multiple .* nearest is 512"):
        open_engine(vae, engine="torch", precision="float32", block=600)


def test_the_table_has_a_row_for_every_kind(vae: VAE) -> None:
    rows = stream_table(vae, blocks=[512], threads=[1], seconds=0.1)
    assert [(row["engine"], row["precision"]) for row in rows] == list(KINDS)
    assert rows[0]["snr_db"] is None
    assert all(row["both_p99_ms"] >= row["both_p50_ms"] > 0 for row in rows)
    assert all(row["real_time"] == pytest.approx(512 / vae.sample_rate * 1000 / row["both_p50_ms"]) for row in rows)
