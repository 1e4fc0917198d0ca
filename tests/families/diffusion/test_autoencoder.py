"""The diffusion autoencoder: who learns, what the latent tells, any length in and out, and the command line."""

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import soundfile
import torch

from tritone.config import load_preset, make_config, preset_names
from tritone.data.batch import plain_batch
from tritone.errors import UserError
from tritone.families.diffusion.config import Config, EncoderConfig
from tritone.families.diffusion.model import build
from tritone.families.diffusion.step import TrainingStep
from tritone.nn.adversarial import identity
from tritone.nn.diffusion.config import NetworkConfig, SamplingConfig, UNetConfig
from tritone.play.windows import extent
from tritone.signal.mel_config import MelConfig
from tritone.training.run import Run

RATIO, LATENT = 64, 4
UNET = UNetConfig(
    channels=(16, 16, 24), factors=(4, 4, 4), items=(1, 1, 1), attentions=(0, 0, 0), context_level=2,
    features=16, groups=4,
)  # fmt: skip
TINY = Config(
    sample_rate=16_000,
    channels=2,
    task="autoencoder",
    network=NetworkConfig(unet=UNET),
    encoder=EncoderConfig(
        mel=MelConfig(rate=16_000, mels=16, window=128, hop=32), width=24, layers=2, factor=2, latent=LATENT
    ),
    sampling=SamplingConfig(steps=4),
    learning_rate=3e-3,
    warmup_steps=0,
)
VARIATIONAL = replace(
    TINY, encoder=replace(TINY.encoder, bottleneck="variational"), weights={"denoising": 1.0, "kl": 1e-3}
)


def model_of(config=TINY, *, lively=True):
    torch.manual_seed(0)
    model = build(config)
    if lively:  # a fresh network gives zero: its last layer starts there
        torch.nn.init.normal_(model.denoiser.network.body.head.weight, std=0.1)
    return model


def sound(samples, rows=1, channels=2, seed=1):
    return 0.1 * torch.randn(rows, channels, samples, generator=torch.Generator().manual_seed(seed))


def steady(samples=1024):
    """Two sounds that differ in loudness from moment to moment, which the magnitudes tell."""
    generator = torch.Generator().manual_seed(3)
    gates = torch.tensor([[1.0, 0.05, 0.05, 1.0], [0.05, 1.0, 1.0, 0.05]]).repeat_interleave(samples // 4, 1)
    return 0.3 * torch.randn(2, 2, samples, generator=generator) * gates[:, None]


def learned(config, sounds, steps, *, fresh):
    """The model, and its losses over so many steps on the same sounds: with fresh noise at each, or always the same."""
    model = model_of(config, lively=False)
    step = TrainingStep(config, model, identity)
    step.analyse(model, [plain_batch(sounds, torch.arange(2))], 0)
    seen = []
    for number in range(steps):
        losses = step.losses("denoiser", plain_batch(sounds, torch.tensor([5, 6]) + 2 * fresh * number), number)
        total = sum(step.weights(number)[name] * value for name, value in losses.items())
        step.optimizers["denoiser"].zero_grad()
        total.backward()
        step.optimizers["denoiser"].step()
        seen.append(float(losses["denoising"].detach()))
    return model, seen


def test_gradients_reach_encoder_and_denoiser_and_nothing_else():
    model = model_of()
    step = TrainingStep(TINY, model, identity)
    losses = step.losses("denoiser", plain_batch(sound(1024, rows=2), torch.arange(2)), 0)
    assert set(losses) == {"denoising", "kl"}
    losses["denoising"].backward()
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert {name.split(".")[0] for name in names} == {"encoder", "denoiser"}
    for part in (model.encoder, model.denoiser):
        assert all(parameter.grad is not None for parameter in part.parameters())
        moved = [bool(parameter.grad.abs().max() > 0) for parameter in part.parameters()]
        assert np.mean(moved) > 0.9
    together = {id(parameter) for group in step.optimizers["denoiser"].param_groups for parameter in group["params"]}
    assert together == {id(parameter) for parameter in model.parameters()}


@pytest.mark.parametrize("config", [TINY, VARIATIONAL])
def test_thirty_steps_on_one_batch_lower_its_loss(config):
    _, losses = learned(config, steady(), 30, fresh=False)
    assert losses[0] == pytest.approx(1.0, abs=0.1)  # the target has unit variance, and nothing is known yet
    assert losses[-1] < 0.9 * losses[0]


def test_the_latent_tells_what_the_noise_hides():
    sounds = steady()
    model, _ = learned(TINY, sounds, 120, fresh=True)
    clean, conditions, _ = model.eval().learn(plain_batch(sounds, torch.arange(2)), torch.zeros(2, dtype=torch.bool))
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        own, swapped = (
            model.denoiser.loss(clean, noise, torch.full((2,), 1.0), replace(conditions, context=context)).mean()
            for context in (conditions.context, conditions.context.flip(0))
        )
    assert own < 0.8 * swapped


def test_a_tanh_is_kept_off_its_ends_by_the_mean_square_of_what_goes_into_it():
    model, batch = model_of(), plain_batch(sound(640, rows=2), torch.tensor([1, 2]))
    _, conditions, losses = model.learn(batch, torch.zeros(2, dtype=torch.bool))
    squares = conditions.context.double().atanh().square()
    torch.testing.assert_close(losses["kl"], squares.mean((0, 2)).sum().float())
    for name in ("diffusion-ae", "diffusion-ae64", "diffusion-ae-nano"):
        assert make_config("diffusion", load_preset(name), name=name).model.weights["kl"] > 0


def test_only_training_draws_the_latent_and_its_divergence_is_a_loss():
    model, batch = model_of(VARIATIONAL), plain_batch(sound(640, rows=2), torch.tensor([1, 2]))
    nobody = torch.zeros(2, dtype=torch.bool)
    _, drawn, losses = model.train().learn(batch, nobody)
    with torch.no_grad():
        mean, std = model.encoder.posterior(batch.audio)
    expected = (mean.square() + std.square() - 2 * std.log() - 1).mean((0, 2)).sum()
    torch.testing.assert_close(losses["kl"], expected)
    deviation = ((drawn.context.detach() - mean) / std).flatten()
    assert deviation.std() == pytest.approx(1.0, abs=0.2) and deviation.mean().abs() < 0.2
    _, quiet, _ = model.eval().learn(batch, nobody)
    torch.testing.assert_close(quiet.context, mean)
    _, alone, _ = model.train().learn(plain_batch(batch.audio[1:], batch.seeds[1:]), nobody[1:])
    torch.testing.assert_close(alone.context[0], drawn.context[1], rtol=0, atol=1e-5)


@pytest.mark.parametrize(("frames", "samples"), [(1, 64), (3, 129), (7, None), (16, 1000), (5, 0)])
def test_a_latent_of_any_length_gives_exactly_so_many_samples(frames, samples):
    latent = torch.tanh(torch.randn(2, LATENT, frames, generator=torch.Generator().manual_seed(0)))
    audio = model_of().decode(latent, samples)
    assert audio.shape == (2, 2, frames * RATIO if samples is None else samples) and audio.isfinite().all()


@pytest.mark.parametrize("samples", [1, 63, 65, 1001])
def test_reconstruction_has_the_length_of_the_sound(samples):
    model, audio = model_of(), sound(samples, rows=2)
    assert model.encode(audio).shape == (2, LATENT, -(-samples // RATIO))
    assert model.reconstruct(audio).shape == audio.shape
    assert model.reconstruct(audio[:, :1]).shape == audio.shape  # mono is doubled


def test_a_row_follows_from_its_own_latent_and_seed():
    model, audio = model_of(), sound(700, rows=3)
    latent = model.encode(audio)
    together = model.decode(latent, noise_seeds=[7, 8, 7])
    torch.testing.assert_close(model.decode(latent[1:2], noise_seeds=[8])[0], together[1], rtol=0, atol=1e-5)
    assert (model.decode(latent[:1], noise_seeds=[9])[0] - together[0]).abs().max() > 1e-3
    torch.testing.assert_close(model.decode(latent), model.decode(latent, noise_seeds=[0, 0, 0]))
    assert (model.decode(latent, steps=9) - model.decode(latent)).abs().max() > 1e-4


class Telling(torch.nn.Module):
    """Gives what the network would have to give for the clean signal to be the first latent dimension, held."""

    def __init__(self):
        super().__init__()
        self.longest = 0
        self.gain = torch.nn.Parameter(torch.ones(()))  # says where the model is

    def forward(self, x, sigma, conditions, circular=False):
        self.longest = max(self.longest, x.shape[-1])
        assert x.shape[-1] == conditions.context.shape[-1] * RATIO
        return conditions.context[:, :1].repeat_interleave(RATIO, -1).expand_as(x)


def test_long_latents_are_decoded_in_windows_that_are_told_their_own_part():
    model = model_of(replace(TINY, window_seconds=0.1))  # 25 frames
    model.denoiser = Telling()
    latent = torch.tanh(torch.randn(2, LATENT, 131, generator=torch.Generator().manual_seed(0)))
    audio = model.decode(latent)
    expected = latent[:, :1].repeat_interleave(RATIO, -1).expand(-1, 2, -1)
    torch.testing.assert_close(audio, expected, rtol=0, atol=1e-5)
    assert model.denoiser.longest == 25 * RATIO


def test_windows_leave_no_seam():
    """With a network that sees one moment at a time, windows change nothing."""
    plain = model_of(replace(TINY, window_seconds=100))
    cut = model_of(replace(TINY, window_seconds=0.1))

    class Local(Telling):
        def forward(self, x, sigma, conditions, circular=False):
            held = conditions.context.mean(1, keepdim=True).repeat_interleave(RATIO, -1)
            return (x + held).tanh() / (1 + sigma[:, None, None])

    plain.denoiser = cut.denoiser = Local()
    latent = torch.tanh(torch.randn(1, LATENT, 90, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(cut.decode(latent), plain.decode(latent), rtol=0, atol=1e-5)


@pytest.mark.parametrize("seconds", [12.0, 0.1])
@pytest.mark.parametrize("samples", [None, 131 * RATIO - 7, 5])
def test_a_loop_is_told_its_own_latent_wherever_it_is_turned(seconds, samples):
    model = model_of(replace(TINY, window_seconds=seconds))
    model.denoiser = Telling()
    latent = torch.tanh(torch.randn(2, LATENT, 131, generator=torch.Generator().manual_seed(0)))
    held = latent[:, :1].repeat_interleave(RATIO, -1).expand(-1, 2, -1)
    expected = held if samples is None else torch.from_numpy(scipy.signal.resample(held, samples, axis=-1))
    torch.testing.assert_close(model.decode(latent, samples, loop=True), expected, rtol=0, atol=1e-4)
    assert model.denoiser.longest == (131 if seconds == 12 else 25) * RATIO


@pytest.mark.parametrize("frames", [1, 3, 8])
def test_a_loop_of_a_latent_is_not_its_sound_with_ends(frames):
    latent = torch.tanh(torch.randn(1, LATENT, frames, generator=torch.Generator().manual_seed(0)))
    loop = model_of().decode(latent, loop=True)
    assert loop.shape == (1, 2, frames * RATIO) and loop.isfinite().all()
    assert (loop - model_of().decode(latent)).abs().max() > 1e-4
    torch.testing.assert_close(loop, model_of().decode(latent, loop=True, noise_seeds=[0]))


def test_mistakes_are_told():
    model = model_of()
    latent = model.encode(sound(640))
    with pytest.raises(UserError, match=rf"\(batch, {LATENT}, frames\), not \(1, 3, 10\)"):
        model.decode(latent[:, :3])
    with pytest.raises(UserError, match="samples asks for 641, but this latent lasts 640"):
        model.decode(latent, 641)
    with pytest.raises(UserError, match="no order; leave --dims"):
        model.encode(sound(640), dims=2)
    with pytest.raises(UserError, match=r"tanh.*--sampled"):
        model.reconstruct(sound(640), seeds=[1])
    with pytest.raises(UserError, match="at least 1 for a loop, not 0"):
        model.decode(latent, 0, loop=True)
    with pytest.raises(UserError, match="--loop"):
        model.reconstruct(sound(640), loop=True)
    with pytest.raises(UserError, match="no sampler 'heum'"):
        model.decode(latent, sampler="heum")
    with pytest.raises(UserError, match="context_level"):
        build(replace(TINY, network=NetworkConfig(unet=replace(UNET, context_level=-1))))
    drawn = model_of(VARIATIONAL).encode(sound(640), seeds=[1])
    assert (drawn - model_of(VARIATIONAL).encode(sound(640))).std() > 0.1


def test_interpolation_holds_both_ends():
    model = model_of()
    first, last = (model.encode(sound(640, seed=seed)) for seed in (1, 2))
    way = model.interpolate(first, last, 5)
    torch.testing.assert_close(way[[0, -1]], torch.cat([first, last]))
    torch.testing.assert_close(way[2:3], (first + last) / 2)
    assert model.decode(way).shape == (5, 2, 640)
    with pytest.raises(UserError, match="at least 2"):
        model.interpolate(first, last, 1)


def test_it_states_what_it_is():
    facts = model_of().facts()
    assert facts["compression"] == 2 * 2 * 32 / 4 and facts["latent_rate"] == 250
    assert facts["latent_context"] == model_of().encoder.context


def test_long_sound_is_left_to_its_own_windows():
    size, context = extent(model_of())
    assert size % RATIO == context == 0 and size > 3_600 * TINY.sample_rate


def test_bf16_is_nearly_the_same():
    model, audio = model_of().eval(), sound(1000)
    exact = model.reconstruct(audio)
    model.use_precision("bf16")
    rounded = model.reconstruct(audio)
    assert rounded.dtype == torch.float32
    assert 0 < (rounded - exact).square().mean().sqrt() < 0.1 * exact.std()


@pytest.mark.parametrize(("name", "ratio", "compression"), [
    ("diffusion-ae", 512, 32.0), ("diffusion-ae64", 1024, 64.0), ("diffusion-ae-nano", 512, 32.0),
])  # fmt: skip
def test_presets_are_of_the_size_they_say(name, ratio, compression):
    assert name in preset_names()
    config = make_config("diffusion", load_preset(name), name=name)
    config.model.check_crop(config.training.crop_samples)
    unet = config.model.network.unet
    assert int(np.prod(unet.factors[: unet.context_level + 1])) == ratio  # where the latent enters is its own rate
    with torch.device("meta"):
        model = build(config.model)
    facts = model.facts()
    assert (facts["ratio"], facts["compression"]) == (ratio, compression)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    if name == "diffusion-ae":  # audio-diffusion-pytorch's has 197,884,508
        assert parameters == pytest.approx(197_884_508, rel=0.05)
    if name == "diffusion-ae-nano":
        assert 1e6 < parameters < 3e6


WORDS = (
    "--preset", "diffusion-ae-nano", "--model.encoder.width", 16, "--model.encoder.layers", 1,
    "--model.encoder.latent", 4, "--model.network.unet.channels", "[8,8,8,8]", "--model.network.unet.features", 8,
    "--model.sampling.steps", 2, "--training.batch", 2, "--training.crop_samples", 8192, "--training.ema", 0.9,
    "--training.validation_crops", 2, "--training.previews", 1, "--training.precision", "float32",
)  # fmt: skip


def test_trained_continued_and_played(data, tmp_path, done, refused, audio):
    run, at_once = tmp_path / "run", tmp_path / "at-once"
    done("train", "diffusion", data, "--out", run, *WORDS, "--steps", 3)
    done("train", "diffusion", data, "--out", run, *WORDS, "--steps", 5)
    done("train", "diffusion", data, "--out", at_once, *WORDS, "--steps", 5)
    continued, whole = (Run(each).load().state_dict() for each in (run, at_once))
    assert [name for name, value in whole.items() if not torch.equal(value, continued[name])] == []
    assert {path.stem.split("-")[1] for path in run.rglob("*.wav")} >= {"input", "output"}
    facts = json.loads(done("inspect", run, "--json").out)
    assert (facts["can"], facts["ratio"], facts["latent"]) == ("decode, encode, reconstruct", 512, 4)
    given = audio("given.wav", channels=2, samples=30_001, rate=48_000)
    (output,) = done("reconstruct", run, given, "--out", tmp_path / "out").paths
    read, rate = soundfile.read(output)
    assert read.shape == (30_001, 2) and rate == 48_000 and np.isfinite(read).all()
    (latent,) = done("encode", run, given, "--out", tmp_path / "latents").paths
    (decoded,) = done("decode", run, latent, "--out", tmp_path / "decoded", "--seed", 3).paths
    assert soundfile.info(decoded).frames == round(30_001 * 44_100 / 48_000)
    (again,) = done("decode", run, latent, "--out", tmp_path / "again", "--seed", 3).paths
    assert np.array_equal(soundfile.read(decoded)[0], soundfile.read(again)[0])
    between = done("generate", run, "--out", tmp_path / "between", "--morph", given, output, "--count", 3).paths
    assert len(between) == 3
    assert "cannot generate" in refused("generate", run, "--out", tmp_path / "o")
    np.save(tmp_path / "other.npy", np.zeros((3, 5), np.float32))
    assert "(batch, 4, frames)" in refused("decode", run, tmp_path / "other.npy", "--out", tmp_path / "o")
