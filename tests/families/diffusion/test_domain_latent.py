"""Latents of another model as what is diffused."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_codec import CODECS, NANO, lively, over

from tritone.assets import LOOPS
from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.families.codec import shape_of
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.domain import build_domain
from tritone.signal.files import read_audio


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("samples", [1, 31, 32, 33, 1000])
def test_in_and_out_are_the_codecs_own(name, samples):
    domain, audio = lively(CODECS[name]), torch.randn(2, 1, samples)
    signal = domain.enter(audio)
    assert signal.shape == (2, domain.width, domain.frames(samples))
    padded = torch.nn.functional.pad(audio, (0, -samples % domain.ratio))
    torch.testing.assert_close(signal, domain.codec.encode(padded), rtol=0, atol=1e-5)
    torch.testing.assert_close(
        domain.leave(signal, samples), domain.codec.reconstruct(padded)[..., :samples], rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("name", CODECS)
def test_windows_equal_the_whole(name):
    domain = lively(CODECS[name])
    frames = 10 * domain.shape.context + 3
    audio, latent = torch.randn(1, 1, frames * domain.ratio - 5), torch.randn(1, domain.width, frames)
    samples = (frames - domain.shape.extra) * domain.ratio
    whole = domain.enter(audio), domain.leave(latent, samples)
    domain.window = domain.shape.context
    parts = domain.enter(audio), domain.leave(latent, samples)
    for one, other in zip(whole, parts, strict=True):
        assert one.std() > 0.01
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5 * float(one.abs().max()))
    domain.shape = replace(domain.shape, context=1)
    domain.window = 5
    assert not torch.allclose(domain.enter(audio), whole[0], rtol=0, atol=1e-4), "too little context would show"


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_a_rolled_latent_is_rolled_sound(name, count):
    domain = lively(CODECS[name])
    latent, samples = torch.randn(1, domain.width, count), count * domain.ratio
    sound = domain.leave_loop(latent, samples)
    assert sound.shape == (1, 1, samples) and sound.std() > 0.01
    for turn in (1, count - 1):
        rolled = domain.leave_loop(latent.roll(turn, -1), samples)
        torch.testing.assert_close(rolled, sound.roll(turn * domain.ratio, -1), rtol=0, atol=1e-5)
    assert domain.leave_loop(latent, samples - 3).shape == (1, 1, samples - 3)


@pytest.mark.parametrize("name", CODECS)
def test_a_period_is_the_middle_of_its_endless_repetition(name):
    domain = lively(CODECS[name])
    latent, turns = torch.randn(1, domain.width, 5), domain.shape.context // 5 + 1
    endless = domain.leave(latent.repeat(1, 1, 2 * turns + 2), (2 * turns + 1) * 5 * domain.ratio)
    first = turns * 5 * domain.ratio
    period = domain.leave_loop(latent, 5 * domain.ratio)
    torch.testing.assert_close(period, endless[..., first : first + 5 * domain.ratio], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("count", [1, 7])
def test_the_latent_of_a_period_is_the_middle_of_its_endless_repetition(name, count):
    domain = lively(CODECS[name])
    period = 0.3 * torch.randn(1, 1, count * domain.ratio)
    turns = domain.shape.context // count + 1
    endless = domain.enter(period.repeat(1, 1, 2 * turns + 2))[..., turns * count : (turns + 1) * count]
    torch.testing.assert_close(domain.enter_loop(period), endless, rtol=0, atol=1e-5)
    rolled = domain.enter_loop(period.roll(domain.ratio, -1))
    torch.testing.assert_close(rolled, endless.roll(1, -1), rtol=0, atol=1e-5)


def test_every_dimension_has_unit_variance_but_those_that_the_codec_does_not_use():
    domain = lively(NANO)
    spread = torch.tensor([3.0, 1.0, 0.5, 2.0, 1e-5, 0.1])[:, None]
    latents = [torch.randn(4, 6, 200) * spread + torch.arange(6.0)[:, None] for _ in range(5)]
    domain.fit(latents)
    scaled = domain.normalise(torch.cat(latents)).transpose(0, 1).flatten(1)
    torch.testing.assert_close(scaled.mean(1), torch.zeros(6), rtol=0, atol=1e-3)
    torch.testing.assert_close(scaled.std(1)[[0, 1, 2, 3, 5]], torch.ones(5), rtol=0, atol=1e-3)
    assert scaled.std(1)[4] < 0.01
    torch.testing.assert_close(domain.restore(domain.normalise(latents[0])), latents[0], rtol=0, atol=1e-5)


def test_latents_of_shipped_sound_have_unit_variance():
    domain, crops = lively(NANO), []
    for path in sorted(LOOPS.iterdir())[:4]:
        audio, _ = read_audio(path)
        crops.append(torch.from_numpy(audio[:1, :65_536].astype(np.float32))[None])
    signals = [domain.enter(crop) for crop in crops]
    domain.fit(signals)
    scaled = domain.normalise(torch.cat(signals, -1))[0]
    torch.testing.assert_close(scaled.std(1), torch.ones(6), rtol=0, atol=1e-3)
    torch.testing.assert_close(scaled.mean(1), torch.zeros(6), rtol=0, atol=1e-3)


def test_codec_is_frozen_stays_in_evaluation_mode_and_lies_in_the_weights():
    domain = lively(NANO).train()
    assert not domain.codec.training and not any(parameter.requires_grad for parameter in domain.parameters())
    again = build_domain(over(NANO))
    again.load_state_dict(domain.state_dict())
    latent = torch.randn(1, 6, 9)
    assert torch.equal(again.leave(latent, 100), domain.leave(latent, 100))
    assert again.fetched


def test_sound_of_a_decoded_latent_may_be_written_into():
    """What comes out is no inference tensor: inpainting puts samples in, losses differentiate past it."""
    domain = lively(NANO)
    for made in (domain.enter(torch.randn(1, 1, 100)), domain.leave(torch.randn(1, 6, 9), 100)):
        assert not made.is_inference()
        made[..., :2] = 0


def test_latents_of_another_model_are_refused():
    domain = lively(NANO)
    for use in (domain.read, lambda latent: domain.leave(latent, 10), lambda latent: domain.leave_loop(latent, 10)):
        with pytest.raises(UserError, match=r"latents of another model: they have 7 dimensions.*has 6"):
            use(torch.randn(1, 7, 40))
    with pytest.raises(UserError, match="last 96 samples, not 97"):
        domain.leave(torch.randn(1, 6, 3), 97)


def test_a_codec_with_fresh_weights_is_refused():
    domain = build_domain(over(NANO))
    with pytest.raises(UserError, match=r"--model\.codec_from"):
        domain.fit([torch.randn(1, 6, 40)])
    domain.take(lively(NANO).codec.state_dict())
    domain.fit([torch.randn(1, 6, 40)])


def test_a_codec_that_is_not_known_yet_is_refused():
    with pytest.raises(UserError, match=r"model\.codec is empty"):
        build_domain(Config(codec_from="somewhere"))


def test_a_model_that_does_not_state_how_far_it_sees_is_refused():
    class Mute(Synthesizer):
        def facts(self):
            return {"ratio": 4}

    with pytest.raises(UserError, match="Mute cannot serve as codec: it does not state its 'delay_samples'"):
        shape_of(Mute())
