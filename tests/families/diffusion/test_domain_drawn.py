"""The latents of a diffusion autoencoder as what is diffused: sound that the codec draws, by the sound's own seed."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_autoencoder import DIMS, RATIO, TINY, data_and_autoencoder, small_drawn
from small_codec import CODECS
from small_sound import DOMAINS, Gaussian, small_sound
from sounds import RATE

from tritone.config import make_config
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.families.codec import shape_of
from tritone.families.diffusion.autoencoder import DiffusionAutoencoder
from tritone.families.diffusion.codec import with_latents
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.domain_latent import HEARD
from tritone.nn.diffusion import samplers
from tritone.play.load import load
from tritone.training.display import Quiet
from tritone.training.loop import train
from tritone.training.run import Run


def alike(one, other, tolerance=1e-5):
    torch.testing.assert_close(one, other, rtol=0, atol=tolerance)


def latent_of(frames, rows=1, seed=1):
    return torch.randn(rows, DIMS, frames, generator=torch.Generator().manual_seed(seed)).tanh()


@pytest.fixture
def model():
    return small_drawn()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A dataset, and a diffusion autoencoder of it after 2 steps. Do not write into it."""
    return data_and_autoencoder(tmp_path_factory.mktemp("once"))


def test_its_shape_is_the_encoders(model):
    shape, codec = model.domain.shape, model.domain.codec
    assert (shape.width, shape.ratio, shape.extra, shape.drawn) == (DIMS, RATIO, 0, True)
    assert shape.context == codec.facts()["latent_context"] == codec.encoder.context < 10


@pytest.mark.parametrize("samples", [1, 63, 64, 65, 6001])
def test_latents_are_the_same_in_whatever_windows(model, samples):
    domain, audio = model.domain, 0.1 * torch.randn(2, 1, samples)
    whole = domain.enter(audio)
    assert whole.shape == (2, DIMS, domain.frames(samples))
    alike(whole, domain.codec.encode(audio))
    domain.window = 5
    alike(domain.enter(audio), whole)
    if samples > 6000:
        domain.shape = replace(domain.shape, context=1)
        assert (domain.enter(audio) - whole).abs().max() > 1e-3, "too little context would show"


def test_the_latent_of_a_period_is_the_middle_of_its_endless_repetition(model):
    period = 0.1 * torch.randn(1, 1, 7 * RATIO)
    endless = model.domain.enter(period.repeat(1, 1, 5))[..., 14:21]
    alike(model.domain.enter_loop(period), endless)


def test_it_is_handed_the_whole_latent_and_goes_through_it_in_its_own_windows():
    domain = small_drawn(replace(TINY, window_seconds=20 * RATIO / RATE)).domain
    domain.window, latent = 5, latent_of(70)
    expected = domain.codec.decode(latent, 4321, noise_seeds=[6 ^ HEARD])
    asked = []
    domain.codec.denoiser.register_forward_pre_hook(lambda _, inputs: asked.append(inputs[0].shape[-1]))
    assert torch.equal(domain.leave(latent, 4321, [6]), expected)
    assert set(asked) == {20 * RATIO}


def test_a_row_is_drawn_from_its_own_seed_alone(model):
    domain, latent = model.domain, latent_of(9, rows=3)
    together = domain.leave(latent, 500, torch.tensor([5, 6, 5]))
    alike(domain.leave(latent[1:2], 500, [6]), together[1:2])
    assert (domain.leave(latent[:1], 500, [7]) - together[:1]).abs().max() > 1e-2
    assert torch.equal(domain.leave(latent, 500), domain.leave(latent, 500, [0, 0, 0]))
    looped = domain.leave_loop(latent, 500, [5, 6, 5])
    alike(domain.leave_loop(latent[1:2], 500, [6]), looped[1:2])
    assert not looped.is_inference()


@pytest.mark.parametrize("turn", [1, 10])
def test_a_loop_is_one_period(model, monkeypatch, turn):
    """A latent that is turned, under noise that is turned as far, is sound that is turned as far."""
    domain, latent, samples = model.domain, latent_of(12), 12 * RATIO
    whole, open_sound = domain.leave_loop(latent, samples, [3]), domain.leave(latent, samples, [3])
    assert whole.shape == (1, 1, samples) and whole.std() > 0.01
    real = samplers.seeded_noise
    monkeypatch.setattr(samplers, "seeded_noise", lambda *given: lambda use: real(*given)(use).roll(turn, -1))
    turned = latent.roll(turn, -1)
    alike(domain.leave_loop(turned, samples, [3]), whole.roll(turn * RATIO, -1))
    apart = (domain.leave(turned, samples, [3]) - open_sound.roll(turn * RATIO, -1)).abs().max()
    assert apart > 1e-2, "a sound that is no loop shows its ends"


@pytest.mark.parametrize("samples", [1, 767, 768, 769, 1000])
def test_a_loop_has_exactly_its_length(model, samples):
    assert model.domain.leave_loop(latent_of(12), samples, [3]).shape == (1, 1, samples)


@pytest.mark.parametrize("window", [12.0, 6 * RATIO / RATE])
def test_loops_have_no_seam(window):
    """An exact denoiser of a slow signal: the step from the last sample to the first is like those between frames."""
    domain = small_drawn(replace(TINY, window_seconds=window)).domain
    domain.codec.denoiser = Gaussian(smooth=True)

    def seam(make):
        made = make(latent_of(15, rows=100), 15 * RATIO, range(100))
        between = torch.cat([made, made[..., :1]], -1).diff().abs()[..., RATIO - 1 :: RATIO]
        return float(between[..., -1].mean() / between[..., :-1].mean())

    assert 0.75 < seam(domain.leave_loop) < 1.33
    assert seam(domain.leave) > 5, "without loop there is a seam, so the measure sees one"


@pytest.mark.parametrize("loop", [False, True])
def test_every_sound_follows_from_its_own_seed(model, loop):
    for samples in (1, 500, 1111):
        three = model.generate(3, samples / RATE, [5, 6, 7], loop=loop)
        assert three.shape == (3, 1, samples) and bool(three.isfinite().all()) and float(three.abs().max()) <= 1
        alike(model.generate(1, samples / RATE, [6], loop=loop), three[1:2])
    assert (three[0] - three[1]).abs().max() > 1e-2
    ends = model.generate(2, 0.05, [3, 4], loop=loop)
    alike(model.morph(3, 4, [0, 1], 0.05, loop=loop), ends)
    audio = 0.1 * torch.randn(1, 1, 800)
    alike(model.vary(audio, 1, [3, 4], loop=loop), ends)
    alike(model.vary(audio, 0.4, [3, 4], loop=loop)[1:], model.vary(audio, 0.4, [4], loop=loop))


def test_what_is_kept_stays_bit_by_bit(model):
    audio = 0.2 * torch.randn(1, 1, 3000)
    keep = (torch.arange(3000) < 1100) | (torch.arange(3000) >= 2222)
    made = model.inpaint(audio, keep[None, None], [1, 2], resamples=2)
    assert torch.equal(made[..., keep], audio[..., keep].expand(2, -1, -1))
    assert not torch.allclose(made[0, :, ~keep], made[1, :, ~keep], atol=1e-2)
    alike(model.inpaint(audio, keep[None, None], [2], resamples=2), made[1:])
    longer = model.continue_from(audio, 0.25, [1])
    assert longer.shape == (1, 1, 4000) and torch.equal(longer[..., :3000], audio)


def test_it_says_what_its_codec_costs(model):
    facts = model.facts()
    assert (facts["codec"], facts["codec_steps"], facts["codec_sampler"]) == ("DiffusionAutoencoder", 2, "unipc")
    assert facts["codec_parameters"] == sum(parameter.numel() for parameter in model.domain.codec.parameters())
    of_vae = small_sound(DOMAINS["latents"]).facts()
    assert of_vae["codec"] == "VAE" and "codec_steps" not in of_vae


@pytest.mark.parametrize("loop", [False, True])
def test_a_codec_that_draws_nothing_is_asked_for_nothing_but_the_sound_of_a_latent(monkeypatch, loop):
    """The sound of a model over a VAE's latents is bit by bit what the VAE makes of them, whatever the seed."""
    model, signals, real = small_sound(DOMAINS["latents"]), [], samplers.SAMPLERS["unipc"]

    def noted(*given):
        signals.append(real(*given))
        return signals[-1]

    monkeypatch.setitem(samplers.SAMPLERS, "unipc", noted)
    codec, ratio, around = model.domain.codec, model.domain.ratio, model.domain.shape.context
    for seed in (1, 2):
        made = model.generate(1, 20 * ratio / model.sample_rate, [seed], loop=loop)
        latent = signals[-1] * model.domain.std + model.domain.mean
        if loop:
            latent = latent[..., torch.arange(-around, 20 + around) % 20]
        sound = codec.decode(latent)[..., around * ratio * loop :][..., : 20 * ratio]
        assert torch.equal(made, sound / sound.abs().max().clamp(min=1))
    assert CODECS["causal"].latent == latent.shape[1]


def test_a_model_that_draws_and_makes_no_loops_or_does_not_say_what_its_latents_see_is_refused():
    class Drawing(Synthesizer):
        def facts(self):
            return {"ratio": 4, "own_windows": True}

    with pytest.raises(UserError, match="Drawing cannot serve as codec: it does not take a latent as a loop"):
        shape_of(Drawing())
    Drawing.controls = ("loop",)
    with pytest.raises(UserError, match="does not state its 'latent_context'"):
        shape_of(Drawing())


def filled(place, **settings):
    asked = Config(sample_rate=RATE, channels=1, codec_from=str(place / "ae"), **settings)
    return with_latents(asked, Dataset.open(place / "data"))


def test_cached_latents_are_those_of_the_encoder_of_which_little_sound_is_asked(place, tmp_path, monkeypatch):
    asked, real = [], DiffusionAutoencoder.encode

    def noted(self, audio, **wishes):
        asked.append(audio.shape[-1])
        return real(self, audio, **wishes)

    shutil.copytree(place, tmp_path / "here")
    monkeypatch.setattr("tritone.data.latents.WINDOW_SECONDS", 0.05)
    monkeypatch.setattr(DiffusionAutoencoder, "encode", noted)
    config, data = filled(tmp_path / "here"), Dataset.open(tmp_path / "here" / "data")
    latents, codec = Dataset.open(data.path / config.latents), Run(place / "ae").load()
    assert max(asked) <= 0.05 * RATE + (1 + 2 * codec.encoder.context) * RATIO
    assert config.codec.family == "diffusion" and latents.summary["latents_of"] == "diffusion, step 2"
    assert (latents.ratio, latents.channels) == (RATIO, DIMS)
    silence = codec.encode(torch.zeros(1, 1, 60 * RATIO))[0, :, 30].numpy()
    for item, sound in zip(latents.items, data.items, strict=True):
        whole = codec.encode(torch.from_numpy(data.read(sound, 0, sound.frames))[None])[0].numpy()
        assert whole.std() > 0.05
        np.testing.assert_allclose(latents.read(item, 0, item.frames), whole, rtol=1e-3, atol=1e-3)
        before = latents.read(item, -3, 2)
        np.testing.assert_allclose(before, silence[:, None].repeat(2, 1), rtol=1e-3, atol=1e-3)


def test_training_leaves_the_codec_as_it_is_and_shows_sound(place, tmp_path):
    unet = {"channels": [8, 12], "factors": [1, 2], "items": [1, 1], "attentions": [0, 1], "heads": 1, "features": 8,
            "head_features": 8, "groups": 2}  # fmt: skip
    model = {"sample_rate": RATE, "channels": 1, "codec_from": str(place / "ae"), "network": {"unet": unet},
             "warmup_steps": 0, "sampling": {"steps": 2}}  # fmt: skip
    training = {"steps": 2, "batch": 2, "crop_samples": 30 * RATIO, "validation_crops": 2, "previews": 2, "ema": 0.9}
    config = make_config("diffusion", {"model": model, "training": training}, data=str(place / "data"))
    config = replace(config, model=with_latents(config.model, Dataset.open(config.data)))
    train(config, tmp_path / "run", show=Quiet(), device="cpu")
    run = Run(tmp_path / "run")
    before, after = (run.load(run.checkpoint(step)).state_dict() for step in (0, 2))
    own = Run(place / "ae").load().state_dict()
    for name, value in own.items():
        assert torch.equal(before[f"domain.codec.{name}"], value) and torch.equal(after[f"domain.codec.{name}"], value)
    moved = [name for name, value in before.items() if not torch.equal(value, after[name])]
    assert moved and all(name.startswith("denoiser.") for name in moved)
    names = {path.name for path in (tmp_path / "run" / "previews" / "step-2").iterdir()}
    assert {"1-real.wav", "1-new.wav", "2-real.wav", "2-new.wav"} <= names
    played = load(tmp_path / "run", "latest", "cpu", "bf16")
    assert played.generate(1, 0.2, [1]).shape == (1, 1, round(0.2 * RATE))
