"""Chunk after chunk: what is learned, sound of any length, given sound that stays, and the command line."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch

from tritone.config import load_preset, make_config
from tritone.data.batch import plain_batch
from tritone.errors import UserError
from tritone.families.diffusion.autoregressive import TimeBeside
from tritone.families.diffusion.config import AutoregressiveConfig, Config
from tritone.families.diffusion.controls import Controls
from tritone.families.diffusion.model import build
from tritone.families.diffusion.step import TrainingStep
from tritone.nn.adversarial import identity
from tritone.nn.diffusion.conditions import NOTHING, Conditions
from tritone.nn.diffusion.config import NetworkConfig, NoiseConfig, SamplingConfig, UNetConfig
from tritone.training.run import Run

CHUNKS, CHUNK, RATE = 6, 64, 16_000
UNET = UNetConfig(
    channels=(16, 16, 24), factors=(4, 4, 2), items=(1, 1, 1), attentions=(0, 0, 1), features=16, groups=4, heads=2,
    head_features=8,
)  # fmt: skip
TINY = Config(
    sample_rate=RATE,
    channels=2,
    task="autoregressive",
    autoregressive=AutoregressiveConfig(chunks=CHUNKS),
    network=NetworkConfig(unet=UNET),
    sampling=SamplingConfig(sampler="2m", steps=6),
    learning_rate=3e-3,
    warmup_steps=0,
)


def model_of(config=TINY, chunk=CHUNK):
    torch.manual_seed(0)
    model = build(config)
    torch.nn.init.normal_(model.denoiser.network.network.body.head.weight, std=0.1)
    model.chunk.fill_(chunk)
    return model


def sound(samples, rows=1, channels=2, seed=1):
    return 0.1 * torch.randn(rows, channels, samples, generator=torch.Generator().manual_seed(seed))


def test_levels_are_one_for_each_chunk_and_each_rows_own():
    model, seeds = model_of(), torch.arange(400) * 7 + 3
    levels = model.levels(seeds, sound(CHUNKS * CHUNK, rows=400))
    assert levels.shape == (400, 1, CHUNKS * CHUNK)
    by_chunk = levels.view(400, CHUNKS, CHUNK)
    assert torch.equal(by_chunk.amax(2), by_chunk.amin(2))
    assert torch.equal(model.levels(seeds[7:9], sound(CHUNKS * CHUNK, rows=2)), levels[7:9])
    sigma = by_chunk[..., 0]
    rising = (sigma.diff(dim=1) >= 0).all(1)
    assert 0.4 < rising.float().mean() < 0.6
    clean = (sigma[rising] == 0).sum(1)
    assert clean.bincount(minlength=4)[:4].min() > 20 and clean.max() == CHUNKS // 2
    own = torch.atan(sigma[~rising]) / (torch.pi / 2)  # drawn each by itself: times even in [0, 1], unrelated
    assert own.mean() == pytest.approx(0.5, abs=0.05) and own.std() == pytest.approx(12**-0.5, abs=0.03)
    assert np.abs(np.corrcoef(own.T.numpy()) - np.eye(CHUNKS)).max() < 0.25


def test_the_network_finds_the_level_of_each_place_beside_the_sound():
    seen = []

    class Spy(torch.nn.Module):
        def forward(self, x, time, conditions, circular=False):
            seen.append((time, conditions.channels))
            return x

    network = TimeBeside(Spy())
    times = torch.rand(2, 1, 8)
    network(torch.zeros(2, 2, 8), times.mean((1, 2)), Conditions(channels=times))
    network(torch.zeros(2, 2, 8), torch.tensor([0.0, 1.0]))
    assert all(torch.equal(time, torch.zeros(2)) for time, _ in seen)
    torch.testing.assert_close(seen[0][1], 2 * times - 1)
    torch.testing.assert_close(seen[1][1], torch.tensor([-1.0, 1.0])[:, None, None].expand(2, 1, 8))


def test_one_level_everywhere_is_the_same_however_it_is_told():
    model, x = model_of(), sound(CHUNKS * CHUNK, rows=2)
    sigma = torch.tensor([0.5, 2.0])
    along = sigma[:, None, None].expand(2, 1, x.shape[-1])
    torch.testing.assert_close(model.denoiser(x, sigma), model.denoiser(x, along), rtol=0, atol=1e-6)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.denoiser.loss(x, noise, sigma), model.denoiser.loss(x, noise, along))
    assert (model.denoiser(x, 2 * sigma) - model.denoiser(x, sigma)).abs().max() > 1e-3


@pytest.mark.parametrize("noise", [NoiseConfig(), NoiseConfig(min_snr=5.0), NoiseConfig(objective="flow")])
def test_thirty_steps_on_one_batch_lower_its_loss(noise):
    model = build(replace(TINY, noise=noise))
    step = TrainingStep(model.config, model, identity)
    tone = torch.sin(2 * torch.pi * 500 / RATE * torch.arange(CHUNKS * CHUNK)).expand(4, 2, -1)
    batch = plain_batch(0.3 * tone, torch.arange(4) + 11)
    step.analyse(model, [batch], 0)
    assert int(model.chunk) == 0
    losses = []
    for number in range(30):
        loss = step.losses("denoiser", batch, number)["denoising"]
        step.optimizers["denoiser"].zero_grad()
        loss.backward()
        step.optimizers["denoiser"].step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.85 * losses[0] and int(model.chunk) == CHUNK
    assert float(step.validate(model, [batch], 0)["distance"]) < 1.0
    shown = model.preview(batch)
    assert set(shown) == {"input", "continued"}
    for given, continued in zip(*shown.values(), strict=True):
        assert torch.equal(given[:, : CHUNKS * CHUNK // 2], continued[:, : CHUNKS * CHUNK // 2])
        assert continued.shape == given.shape and continued.isfinite().all()


@pytest.mark.parametrize("samples", [1, CHUNK, 3 * CHUNK + 5, 40 * CHUNK])
def test_sound_of_any_length_out_of_one_window(samples):
    model, longest = model_of(), []
    model.denoiser.register_forward_pre_hook(lambda _, inputs: longest.append(inputs[0].shape[-1]))
    audio = model.generate(2, samples / RATE, [1, 2])
    assert audio.shape == (2, 2, samples) and audio.isfinite().all()
    assert set(longest) == {CHUNKS * CHUNK}
    steps, between = 6, 2  # three chunks come down together
    assert len(longest) == steps + (-(-samples // CHUNK) - 1) * between


def test_a_sound_follows_from_its_seed_alone():
    model = model_of()
    together = model.generate(3, 0.05, [7, 8, 9])
    torch.testing.assert_close(model.generate(1, 0.05, [8])[0], together[1], rtol=0, atol=1e-5)
    longer = model.generate(1, 0.08, [8])[0, :, : together.shape[-1]]
    torch.testing.assert_close(longer, together[1], rtol=0, atol=1e-5)  # and a longer one begins with the shorter
    assert (together[0] - together[2]).abs().max() > 1e-3


@pytest.mark.parametrize("before", [1, CHUNK - 1, CHUNK, 2 * CHUNK + 9, 20 * CHUNK])
def test_given_sound_stays_bit_by_bit_and_is_heard(before):
    model = model_of()
    given, seconds = sound(before), (before + 3 * CHUNK) / RATE
    audio = model.continue_from(given, seconds, [3, 4])
    assert audio.shape == (2, 2, before + 3 * CHUNK) and audio.isfinite().all()
    assert torch.equal(audio[..., :before], given.expand(2, -1, -1))
    other = given.clone()
    other[..., -1] += 1.0
    changed = model.continue_from(other, seconds, [3, 4])
    assert (changed[..., before:] - audio[..., before:]).abs().max() > 1e-4


def test_only_the_last_half_window_is_heard():
    model, given = model_of(), sound(10 * CHUNK)
    other = given.clone()
    other[..., : 7 * CHUNK] = 0
    seconds = 13 * CHUNK / RATE
    one, two = (model.continue_from(each, seconds, [3])[..., 10 * CHUNK :] for each in (given, other))
    assert torch.equal(one, two)


class Process(torch.nn.Module):
    """The exact denoiser of an AR(1) process of unit variance whose neighbours are correlated by `memory`."""

    memory = 0.98

    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(()))  # says where the model is

    def forward(self, x, sigma, conditions=NOTHING, circular=False):
        places = torch.arange(x.shape[-1], dtype=torch.float64)
        covariance = self.memory ** (places[:, None] - places).abs()
        gain = torch.linalg.solve(covariance + torch.diag(sigma[0, 0].double().square()), covariance)
        return (x.double() @ gain).float()


def test_with_an_exact_denoiser_the_process_goes_on_across_the_borders():
    """2000 sounds at a level of 0.2: deviations and correlations on both sides of every border; standard error 0.02."""
    sampling = SamplingConfig(sampler="2m", steps=48, sigma_max=200.0, sigma_min=0.005)
    model = model_of(replace(TINY, channels=1, sampling=sampling), chunk=8)
    model.denoiser = Process()
    model.domain.std.fill_(0.2)
    steps = torch.randn(2_000, 1, 24, generator=torch.Generator().manual_seed(0))
    given = [steps[..., 0]]
    for place in range(1, 24):
        given.append(Process.memory * given[-1] + (1 - Process.memory**2) ** 0.5 * steps[..., place])
    audio = model.continue_from(0.2 * torch.stack(given, -1), 80 / RATE, range(2_000))[:, 0].double().numpy()
    np.testing.assert_allclose(audio.std(0), 0.2, rtol=0.1)
    correlation = np.corrcoef(audio.T)
    for distance in (1, 8, 20):
        found = np.diagonal(correlation, distance)[24 - distance :]
        np.testing.assert_allclose(found, Process.memory**distance, atol=0.07)
        assert found.mean() == pytest.approx(Process.memory**distance, abs=0.025)


def test_guidance_is_one_pass_of_both_and_needs_no_other_shapes():
    config = replace(TINY, labels=("drums", "keys"), by_label=True)
    model, rows = model_of(config), []
    model.denoiser.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    plain = model.generate(1, 0.02, [1], label="keys")
    assert set(rows) == {1}
    rows.clear()
    guided = model.generate(1, 0.02, [1], label="keys", guidance=3.0)
    assert set(rows) == {2} and guided.shape == plain.shape
    assert (guided - plain).abs().max() > 1e-5


def test_a_window_is_told_where_it_begins_in_the_whole():
    model, told, steps = model_of(replace(TINY, by_seconds=True)), [], []
    model.denoiser.register_forward_pre_hook(lambda _, inputs: told.append(inputs[2].vector[0]))
    before, samples = 4 * CHUNK + 7, 9 * CHUNK
    model.continue_from(sound(before), (before + samples) / RATE, [0], show=lambda *counts: steps.append(counts))
    assert steps == [(done, len(told)) for done in range(1, len(told) + 1)]
    asked = model.conditioner.asked(Controls(), 1, (before + samples) / RATE, "cpu")
    for evaluation, first in ((0, -3), (5, -3), (6, -2), (-1, 5)):
        expected = model.conditioner.beginning(asked, (before + first * CHUNK) / RATE).vector[0]
        torch.testing.assert_close(told[evaluation], expected)
    assert not torch.equal(told[0], told[-1])


def test_mistakes_are_told():
    model = model_of()
    with pytest.raises(UserError, match="train it first"):
        model_of(chunk=0).generate(1, 1.0, [0])
    with pytest.raises(UserError, match="--loop"):
        model.generate(1, 1.0, [0], loop=True)
    with pytest.raises(UserError, match="2m or ddim, not by heun"):
        model.generate(1, 1.0, [0], sampler="heun")
    with pytest.raises(UserError, match="one seed for each of the 2"):
        model.generate(2, 1.0, [0])
    with pytest.raises(UserError, match="at least one sample"):
        model.generate(1, 0.0, [0])
    with pytest.raises(UserError, match=r"whole length and must be more than the 0.01 s"):
        model.continue_from(sound(160), 0.01, [0])
    with pytest.raises(UserError, match="at least 1 sample"):
        model.continue_from(sound(0), 1.0, [0])
    with pytest.raises(UserError, match="multiple of 192"):
        TINY.check_crop(1000)
    assert "loop" not in model.controls and "steps" in model.controls


def test_presets_are_of_the_size_they_say():
    for name, parameters in (("diffusion-ar", 128_866_804), ("diffusion-ar-nano", 4.3e6)):
        config = make_config("diffusion", load_preset(name), name=name)
        config.model.check_crop(config.training.crop_samples)
        with torch.device("meta"):
            model = build(config.model)
        assert sum(each.numel() for each in model.parameters()) == pytest.approx(parameters, rel=0.03)


WORDS = (
    "--preset", "diffusion-ar-nano", "--model.network.unet.channels", "[8,8,8,8,8]", "--model.autoregressive.chunks", 4,
    "--model.network.unet.features", 8, "--model.network.unet.heads", 1, "--model.network.unet.head_features", 8,
    "--model.sampling.steps", 2, "--training.batch", 2, "--training.crop_samples", 8192, "--training.ema", 0.9,
    "--training.validation_crops", 2, "--training.previews", 1, "--training.precision", "float32",
)  # fmt: skip


def test_trained_continued_and_played(data, tmp_path, done, audio):
    run, at_once = tmp_path / "run", tmp_path / "at-once"
    done("train", "diffusion", data, "--out", run, *WORDS, "--steps", 3)
    done("train", "diffusion", data, "--out", run, *WORDS, "--steps", 5)
    done("train", "diffusion", data, "--out", at_once, *WORDS, "--steps", 5)
    continued, whole = (Run(each).load().state_dict() for each in (run, at_once))
    assert [name for name, value in whole.items() if not torch.equal(value, continued[name])] == []
    assert {path.stem.split("-")[1] for path in run.rglob("*.wav")} == {"input", "continued"}
    facts = json.loads(done("inspect", run, "--json").out)
    assert facts["can"] == "continue, generate" and facts["chunk_seconds"] == 2048 / 44_100
    (made,) = done("generate", run, "--out", tmp_path / "out", "--count", 1, "--seconds", 0.5, "--steps", 3).paths
    assert soundfile.info(made).frames == 22_050
    given = audio("given.wav", samples=10_000)
    words = ("--continue", given, "--seconds", 0.5, "--count", 1, "--out", tmp_path / "on")
    (longer,) = done("generate", run, *words).paths
    read, expected = (soundfile.read(path)[0] for path in (longer, given))
    assert len(read) == 22_050
    np.testing.assert_allclose(read[:10_000], expected, atol=2**-15)
