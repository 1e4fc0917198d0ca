"""Files for nn~: the contract by name, the numbers of the model, and what a patch can do to them."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from small_codec import BANDS
from small_prior import lively
from torch import Tensor, nn

from tritone.errors import UserError
from tritone.families.vae.config import NoiseConfig
from tritone.families.vae.model import VAE, build
from tritone.nn.blocks import fold_weight_norm
from tritone.play.export import nn_verify
from tritone.play.export.nn import load, read_facts, write
from tritone.play.export.nn_noise import hashed_normal

TYPES = {0: bool, 1: int, 2: float}
STEREO = replace(BANDS, channels=2, causal=False, noise=NoiseConfig(bands=3, ratios=(2,), hidden=4), sample_rate=44_100)
DIMS = 4


def audible(config) -> VAE:
    """A model with random weights that is far from silent, along the axes of some sound."""
    torch.manual_seed(1)
    model = build(config).eval()
    for layer in fold_weight_norm(model).modules():
        if isinstance(layer, nn.Conv1d | nn.ConvTranspose1d):
            nn.init.normal_(layer.weight, std=1.2 * layer.weight[0].numel() ** -0.5)
    with torch.no_grad():
        model.decoder.noise_branch.layers[-1].weight.mul_(5)  # amplitudes are far below 1 around 0
    model.analyse([torch.randn(1, config.channels, 100 * model.ratio)])
    return model


@pytest.fixture(scope="module")
def model():
    return audible(STEREO)


@pytest.fixture(scope="module")
def path(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("nn") / "stereo.ts"
    write(model, path, dims=DIMS)
    return path


@pytest.fixture
def file(path):
    """A fresh file, as nn~ calls it."""
    with torch.inference_mode():
        yield load(path)


def sound(frames: int, ratio: int = 16, batch: int = 1) -> Tensor:
    torch.manual_seed(frames)
    return 0.5 * torch.randn(batch, 2, frames * ratio)


def later(signal: Tensor, by: int) -> Tensor:
    """The signal so many steps later, zeros before it, of the same length."""
    return torch.cat([signal.new_zeros(*signal.shape[:2], by), signal], -1)[..., : signal.shape[-1]]


def close(given: Tensor, wanted: Tensor) -> None:
    loudest = wanted.abs().max().item()
    assert loudest > 0.05
    torch.testing.assert_close(given, wanted, rtol=0, atol=2e-5 * loudest)


def test_the_contract(file):
    assert file.get_methods() == ["forward", "encode", "decode"]
    assert file.forward_params.tolist() == [2, 1, 2, 1]
    assert file.encode_params.tolist() == [2, 1, DIMS, 16]
    assert file.decode_params.tolist() == [DIMS, 16, 2, 1]
    for method in file.get_methods():
        ins, _, outs, _ = getattr(file, f"{method}_params").tolist()
        assert len(getattr(file, f"{method}_input_labels")) == ins
        assert len(getattr(file, f"{method}_output_labels")) == outs
    assert file.get_attributes() == ["dims", "temperature", "noise", "seed", "reset", "latency", "rate"]
    for name in file.get_attributes():
        value = getattr(file, f"get_{name}")()
        assert type(value) is TYPES[getattr(file, f"{name}_params").item()]
        refused = name in ("latency", "rate")
        assert getattr(file, f"set_{name}")(value) == (-1 if refused else 0)
    file.set_sample_rate(48_000)
    file.set_sample_rate(None)
    assert file.get_sample_rate() == file.get_rate() == 44_100


def test_what_the_writer_says_is_true(model, path, tmp_path):
    facts = read_facts(path)
    assert facts == write(model, tmp_path / "again.ts", dims=DIMS)
    stream = model.streaming(dims=DIMS, noise=True)
    assert facts["latency_samples"] == stream.latency_samples == model.lag_samples(noise=True)
    assert (facts["dims"], facts["channels"], facts["ratio"], facts["noise"]) == (DIMS, 2, 16, True)
    assert set(facts["differences"]) == {"forward", "encode", "decode", "random"}
    assert all(0 <= value < 1e-5 for value in facts["differences"].values())


def test_forward_is_the_model_later(model, file):
    file.set_noise(0.0)
    given = sound(40)
    blocks = given.split([16, 48, 160, 16, 400], -1)
    close(
        torch.cat([file.forward(block) for block in blocks], -1),
        later(model.reconstruct(given, DIMS), file.get_latency()),
    )


def test_encode_and_decode_are_the_model_later(model, file):
    file.set_noise(0.0)
    stream = model.streaming(dims=DIMS, noise=True)
    given = sound(40)
    latent = torch.cat([file.encode(block) for block in given.split(80, -1)], -1)
    close(latent, later(model.encode(given, DIMS), stream.encoder_lag))
    close(file.decode(latent), later(model.decode(latent), stream.decoder_lag))


def test_methods_do_not_disturb_each_other(path):
    with torch.inference_mode():
        mixed, alone, encoder, decoder = (load(path) for _ in range(4))
        for number in range(6):
            block, latent = sound(number + 1), torch.randn(1, DIMS, number + 1)
            assert torch.equal(mixed.forward(block), alone.forward(block))
            assert torch.equal(mixed.encode(block), encoder.encode(block))
            assert torch.equal(mixed.decode(latent), decoder.decode(latent))


def test_a_new_batch_and_a_reset_begin_anew(file):
    first, two = sound(20), sound(25, batch=2)
    fresh = file.forward(first)
    assert not torch.equal(file.forward(first), fresh)
    assert file.forward(two).shape == two.shape
    assert torch.equal(file.forward(first), fresh)
    file.forward(first)
    assert file.set_reset(True) == 0 and file.get_reset() is False
    assert torch.equal(file.forward(first), fresh)


def test_sounds_of_a_batch_are_apart(file):
    file.set_noise(0.0)
    two = sound(30, batch=2)
    both = file.forward(two)
    for row in range(2):
        close(both[row : row + 1], file.forward(two[row : row + 1]))
        file.set_reset(True)


def test_noise_follows_the_seed_and_not_the_blocks(file):
    given, runs = sound(30), []
    for seed, size in ((0, 16), (0, 96), (5, 96)):
        file.set_reset(True)
        file.set_seed(seed)
        runs.append(torch.cat([file.forward(block) for block in given.split(size, -1)], -1))
    close(runs[0], runs[1])
    assert (runs[1] - runs[2]).abs().max() > 0.01
    file.set_reset(True)
    file.set_noise(0.0)
    assert (file.forward(given) - runs[2]).abs().max() > 0.01


def test_fewer_axes_are_the_model_with_fewer(model, file):
    file.set_noise(0.0)
    assert [file.set_dims(number) for number in (-1, DIMS + 1, 2)] == [-1, -1, 0]
    given = sound(40)
    close(file.forward(given), later(model.reconstruct(given, 2), file.get_latency()))
    assert not file.encode(given)[:, 2:].any()


def test_temperature_moves_the_axes_that_are_not_in_use(model, file):
    file.set_noise(0.0)
    file.set_dims(0)
    file.set_temperature(1.5)
    lag = model.streaming(dims=DIMS, noise=True).decoder_lag
    drawn = 1.5 * hashed_normal(0, 1, 1, model.basis.dims, 0, 30)
    close(file.decode(torch.randn(1, DIMS, 30)), later(model.decode(drawn), lag))


def test_blocks_that_do_not_fit_are_refused(file):
    with pytest.raises(torch.jit.Error, match="A block must be a multiple of 16 samples, not 17; raise the buffer"):
        file.forward(torch.zeros(1, 2, 17))
    with pytest.raises(torch.jit.Error, match="multiple of 16 samples"):
        file.encode(torch.zeros(1, 2, 8))
    with pytest.raises(torch.jit.Error, match=r"takes sound \(batch, 2, time\)"):
        file.forward(torch.zeros(1, 1, 16))
    with pytest.raises(torch.jit.Error, match=f"batch, {DIMS}, frames"):
        file.decode(torch.zeros(1, DIMS + 1, 1))


def test_weights_are_there_once(model, file):
    held = sum(buffer.numel() for buffer in file.buffers())
    stream = sum(buffer.numel() for buffer in model.streaming(dims=DIMS, noise=True).buffers())
    assert not list(file.parameters())
    assert stream <= held <= stream + 40  # the *_params


ALONE = """
import sys
sys.modules["tritone"] = None
import torch
given, wanted = torch.load(sys.argv[2])
with torch.inference_mode():
    file = torch.jit.load(sys.argv[1])
    file.set_noise(0.0)
    result = torch.cat([file(block) for block in given.split(64, -1)], -1)
print((result - wanted).abs().max().item())
"""


def test_plays_where_there_is_no_tritone(model, path, tmp_path):
    given = sound(40)
    wanted = later(model.reconstruct(given, DIMS), read_facts(path)["latency_samples"])
    torch.save((given, wanted), tmp_path / "sound.pt")
    command = [sys.executable, "-W", "ignore", "-c", ALONE, str(path), str(tmp_path / "sound.pt")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert float(ended.stdout) <= 2e-5 * wanted.abs().max().item()


def test_a_file_that_differs_is_not_kept(model, tmp_path, monkeypatch):
    kept = tmp_path / "kept.ts"
    kept.write_text("before")
    monkeypatch.setattr(nn_verify, "BOUND", -1.0)
    with pytest.raises(UserError, match=r"differs from the model by .* in forward"):
        write(model, kept, dims=DIMS)
    assert [file.name for file in tmp_path.iterdir()] == ["kept.ts"] and kept.read_text() == "before"


def test_frames_that_fill_no_block_of_nn_are_refused(tmp_path):
    model = build(replace(BANDS, ratios=(3,), dilations=((1,),)))
    with pytest.raises(UserError, match="lasts 12 samples, but nn~ plays blocks of a power of two"):
        write(model, tmp_path / "odd.ts", dims=2)


def test_a_prior_makes_latents_by_itself(tmp_path):
    prior = lively()
    path = tmp_path / "prior.ts"
    network = prior.streaming("low")
    with pytest.raises(UserError, match=f"--dims {network.dims}"):
        write(prior.codec, path, dims=network.dims - 1, prior=network)
    facts = write(prior.codec, path, dims=network.dims + 1, prior=network)
    assert facts["methods"] == ["forward", "encode", "decode", "prior"] and facts["differences"]["prior"] < 1e-5
    with torch.inference_mode():
        file = load(path)
        assert file.prior_params.tolist() == [1, prior.codec.ratio, network.dims + 1, prior.codec.ratio]
        warm = torch.full((1, 1, 12), 0.9)
        whole = file.prior(warm)
        assert not whole[:, network.dims :].any() and (whole[:, : network.dims].std(2) > 1e-3).all()
        file.set_reset(True)
        close(torch.cat([file.prior(part) for part in warm.split(5, 2)], 2), whole)
        file.set_seed(4)
        file.set_reset(True)
        assert (file.prior(warm) - whole).abs().max() > 1e-2
        assert file.prior(torch.ones(3, 1, 2)).shape == (3, network.dims + 1, 2)
