"""The magnitude encoder: how long its latents are, what a frame depends on, and that phases do not matter."""

import numpy as np
import pytest
import torch

from tritone.families.diffusion import encoder as module
from tritone.families.diffusion.encoder import MagnitudeEncoder
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=16_000, mels=12, window=128, hop=32)


def little(factor=2, channels=2, variational=False, layers=2, mel=MEL):
    torch.manual_seed(0)
    return MagnitudeEncoder(
        mel=mel, channels=channels, width=16, layers=layers, factor=factor, latent=4, variational=variational
    )


def sound(samples, channels=2, rows=1):
    return 0.1 * torch.randn(rows, channels, samples, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("factor", "samples", "frames"), [(1, 1, 1), (1, 33, 2), (2, 64, 1), (2, 65, 2), (2, 6401, 101), (3, 97, 2)]
)
def test_frames_are_the_length_over_the_ratio_rounded_up(factor, samples, frames):
    latent = little(factor)(sound(samples))
    assert latent.shape == (1, 4, frames) and latent.isfinite().all() and latent.abs().max() <= 1


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_a_frame_depends_on_its_reach_and_on_all_of_it(factor):
    """By the gradient of one frame: zero outside, and within it at both ends (where the window is not zero)."""
    model, place = little(factor), 20
    audio = sound(60 * model.ratio).requires_grad_()
    model(audio)[0, :, place].sum().backward()
    touched = audio.grad.abs().sum((0, 1)).nonzero()[:, 0]
    first, last = model.reach(place, place)
    assert first + 1 == touched[0] and touched[-1] in (last, last - 1)  # the first of a Hann window is zero
    assert first >= (place - model.context) * model.ratio and last < (place + 1 + model.context) * model.ratio


@pytest.mark.parametrize("variational", [False, True])
def test_parts_give_what_the_whole_gives(monkeypatch, variational):
    model, audio = little(variational=variational), sound(100 * 64 + 5, rows=2)
    whole = model.posterior(audio)
    monkeypatch.setattr(module, "PART_FRAMES", 7)
    for part, expected in zip(model.posterior(audio), whole, strict=True):
        assert (part is None) == (expected is None)
        if expected is not None:
            torch.testing.assert_close(part, expected, rtol=0, atol=1e-5)


def test_magnitudes_are_those_of_a_plain_transform():
    """The hidden layers see log-mel magnitudes, two frames beside each other, checked against numpy."""
    model, audio, seen = little(), sound(640), []
    model.layers.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(audio)
    window = np.hanning(129)[:-1]
    padded = np.pad(audio[0, 1].double().numpy(), 48)
    frame = 2 * 5 + 1  # the second of latent frame 5
    spectrum = np.abs(np.fft.rfft(padded[frame * 32 : frame * 32 + 128] * window))
    mels = np.log(np.maximum(spectrum @ model.mel.filters.double().numpy().T, 1e-5))
    expected = (mels - module.CENTRE) / module.SPREAD
    rows = seen[0][0].unflatten(0, (2 * 12, 2))[12:, 1, 5]  # second channel, second frame
    np.testing.assert_allclose(rows.numpy(), expected, atol=1e-4)


def test_the_sign_of_a_sound_is_not_heard():
    model, audio = little(), sound(2000)
    torch.testing.assert_close(model(audio), model(-audio), rtol=0, atol=1e-6)
    assert (model(audio) - model(audio.flip(1))).abs().max() > 1e-3  # left and right are


def test_latents_fill_their_range_without_being_stuck_at_its_ends():
    model = little(layers=6)
    envelope = torch.linspace(0, 1, 6400).square()
    for audio in (sound(6400), sound(6400) * envelope, 0.5 * torch.sin(0.1 * torch.arange(12_800.0)).view(1, 2, -1)):
        latent = model(audio)
        assert 0.15 < latent.std() < 0.85
        assert (latent.abs() > 0.99).float().mean() < 0.05
    loud = model(sound(6400) * envelope)
    assert loud.std(-1).mean() > 0.03  # and they move with the sound


def test_a_variational_latent_has_a_spread():
    mean, std = little(variational=True).posterior(sound(640))
    assert mean.shape == std.shape == (1, 4, 10) and (std > 0).all()
    assert little().posterior(sound(640))[1] is None


def test_bf16_gives_nearly_the_same():
    model, audio = little().eval(), sound(6400)
    exact = model(audio)
    model.use_precision("bf16")
    assert model.layers[0].weight.dtype == torch.bfloat16
    rounded = model(audio)
    assert rounded.dtype == torch.float32 and 0 < (rounded - exact).abs().max() < 0.1
