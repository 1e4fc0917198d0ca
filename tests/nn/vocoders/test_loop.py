import pytest
import torch

from tritone.nn.mel_frames import MelFrames
from tritone.nn.vocoders import build_vocoder
from tritone.nn.vocoders.base import Vocoder
from tritone.nn.vocoders.config import VocoderConfig
from tritone.nn.vocoders.loop import fit_channels, render_loop
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=16_000, mels=20, window=256, hop=64)
SMALL = {
    "vocos": VocoderConfig("vocos", channels=2, mel=MEL, width=16, layers=2),
    "melgan": VocoderConfig("melgan", channels=2, mel=MEL, width=2, layers=2, ratios=(4, 4, 2, 2)),
    "griffin-lim": VocoderConfig("griffin-lim", channels=2, mel=MEL, iterations=8),
}
ARCHITECTURES = tuple(SMALL)


def small(name: str) -> Vocoder:
    return build_vocoder(SMALL[name]).eval()


def some_mel(frames: int) -> torch.Tensor:
    """Log-mels about as loud and as lively as those of music."""
    return torch.randn(1, 2, MEL.mels, frames, generator=torch.Generator().manual_seed(frames)) * 1.5 - 3


def lively(vocoder: Vocoder) -> Vocoder:
    """Weights so large that what lies at the edge of the context is heard."""
    for parameter in vocoder.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return vocoder


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(("frames", "samples"), [(40, 40 * 64), (32, 2500), (3, 200)])
def test_a_loop_rendered_twice_as_long_is_the_loop_twice(name, frames, samples):
    """Also where the loop is shorter than the context, and than the window (3 hops of 4)."""
    vocoder, mel = lively(small(name)), some_mel(frames)
    once = render_loop(vocoder, mel, samples)
    assert once.abs().max() > 1e-3
    assert round(2 * samples / 64) == 2 * round(samples / 64)
    twice = render_loop(vocoder, torch.cat([mel, mel], -1), 2 * samples)
    assert (twice - torch.cat([once, once], -1)).abs().max() <= 1e-5 * once.abs().max()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_turning_the_frames_turns_the_sound(name):
    vocoder, mel = lively(small(name)), some_mel(30)
    turned = render_loop(vocoder, mel.roll(11, -1), 30 * 64)
    whole = render_loop(vocoder, mel, 30 * 64)
    assert (turned - whole.roll(11 * 64, -1)).abs().max() <= 1e-5 * whole.abs().max()


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("bpm", [77, 120, 174])
def test_a_bar_has_exactly_its_samples(name, rate, bpm):
    samples = round(240 / bpm * rate)
    vocoder = small(name)
    quick = vocoder if name != "griffin-lim" else build_vocoder(VocoderConfig(name, 2, MEL, iterations=1))
    assert render_loop(quick, some_mel(64), samples).shape == (1, 2, samples)


@pytest.mark.parametrize("name", ["vocos", "melgan"])
def test_no_sample_sees_further_than_the_context(name):
    """Griffin-Lim, which finds the phases of the whole together, has no such bound."""
    vocoder = lively(small(name))
    frames, place = 2 * vocoder.context + 11, vocoder.context + 5
    mel = some_mel(frames).requires_grad_()
    hop = vocoder(mel)[..., place * 64 : (place + 1) * 64]
    (gradient,) = torch.autograd.grad(hop.square().sum(), mel)
    seen = gradient.abs().amax((0, 1, 2)).nonzero()[:, 0]
    assert place - vocoder.context <= seen.min() and seen.max() <= place + vocoder.context
    assert vocoder.context == max(place - seen.min(), seen.max() - place)


@pytest.mark.parametrize("name", ["vocos", "griffin-lim"])
def test_sound_is_where_its_frames_are(name):
    audio = torch.zeros(1, 2, 64 * 50)
    audio[..., 64 * 20 + 7] = 1.0
    mel = MelFrames(MEL).on_grid(audio, torch.tensor([64 * 50]), 50)
    energy = render_loop(small(name), mel, 64 * 75).square().sum((0, 1))
    centre = (energy * torch.arange(64 * 75)).sum() / energy.sum()
    assert abs(centre - 1.5 * (64 * 20 + 7)) < 128


def test_channels_must_fit_and_can_be_made_to():
    with pytest.raises(ValueError, match="2 channel"):
        render_loop(small("vocos"), some_mel(8)[:, :1], 512)
    mono, stereo = torch.randn(2, 1, 5), torch.randn(2, 2, 5)
    assert torch.equal(fit_channels(mono, 2), torch.cat([mono, mono], 1))
    torch.testing.assert_close(fit_channels(stereo, 1)[:, 0], (stereo[:, 0] + stereo[:, 1]) / 2)
    assert fit_channels(stereo, 2) is stereo
