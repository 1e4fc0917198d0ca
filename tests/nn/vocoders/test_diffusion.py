import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.signal import lfilter
from torch.nn import functional

from tritone.errors import UserError
from tritone.nn.diffusion.config import NetworkConfig, SamplingConfig, UNetConfig
from tritone.nn.mel_frames import MelFrames
from tritone.nn.vocoders import build_vocoder
from tritone.nn.vocoders import diffusion as module
from tritone.nn.vocoders.config import DenoiserConfig, VocoderConfig
from tritone.nn.vocoders.flatten import Flatten
from tritone.nn.vocoders.loop import render_loop
from tritone.nn.vocoders.loudness import Loudness, deemphasised, emphasised
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=16_000, mels=24, window=256, hop=64)
NETWORK = NetworkConfig(
    unet=UNetConfig(channels=(8, 16), factors=(8, 4), items=(1, 1), attentions=(0, 0), features=16, groups=4)
)
CONFIG = VocoderConfig(
    "diffusion", mel=MEL, diffusion=DenoiserConfig(NETWORK, sampling=SamplingConfig(steps=3, sigma_min=0.05))
)


def vocoder(config: VocoderConfig = CONFIG, **changes: object) -> module.DiffusionVocoder:
    """One whose network says something: what comes out of it starts at zero."""
    torch.manual_seed(1)
    made = build_vocoder(replace(config, **changes)).eval()
    torch.nn.init.normal_(made.network.body.head.weight, std=0.05)
    return made


def spectrogram(rows: int = 1, channels: int = 1, frames: int = 12) -> torch.Tensor:
    sound = torch.randn(rows, channels, frames * MEL.hop) * torch.linspace(0.02, 0.3, frames * MEL.hop)
    return MelFrames(MEL).at_hop(sound)


def test_flatten_adds_the_waveform_of_each_band_at_each_hop_as_loud_as_the_band():
    flatten, rows = Flatten(3, 16, 4), torch.randn(2, 2, 3, 5)
    bank, margin = flatten.bank.weight[:, 0].detach(), 6
    wanted = torch.zeros(2, 2, 5 * 4 + 2 * margin)
    for frame in range(5):
        wanted[..., 4 * frame : 4 * frame + 16] += torch.einsum("bcm,mt->bct", rows[..., frame], bank)
    torch.testing.assert_close(flatten(rows), wanted[..., margin:-margin])


def test_flatten_around_a_circle_is_the_middle_of_many_rounds():
    flatten, rows = Flatten(3, 16, 4), torch.randn(1, 1, 3, 3)
    rounds = flatten(rows.repeat(1, 1, 1, 7))
    torch.testing.assert_close(flatten(rows, circular=True), rounds[..., 36:48])


def test_emphasis_is_a_filter_and_its_inverse_undoes_it():
    audio = torch.randn(2, 1, 1000)
    expected = lfilter([1, -0.9], [1], audio.numpy(), axis=-1)
    np.testing.assert_allclose(emphasised(audio).numpy(), expected, atol=1e-6)
    undone = lfilter([1], [1, -0.9], audio.double().numpy(), axis=-1)
    np.testing.assert_allclose(deemphasised(audio).numpy(), undone, atol=2e-5)
    for circular in (False, True):
        torch.testing.assert_close(deemphasised(emphasised(audio, circular), circular), audio, atol=1e-5, rtol=0)


def test_loudness_is_the_level_of_emphasised_noise_whatever_its_level():
    loudness, mel = Loudness(CONFIG), MelFrames(MEL)
    noise = torch.randn(1, 1, 64 * 400)
    for level in (0.001, 0.1):
        for sound in (noise, deemphasised(noise)):
            audio = level * sound
            told = loudness.at_samples(loudness(mel.at_hop(audio)))
            assert (emphasised(audio) / told).std().item() == pytest.approx(1, abs=0.15)


def test_loudness_lies_between_frames_on_a_straight_line_of_its_logarithm():
    loudness, level = Loudness(CONFIG), torch.tensor([[[0.0, 1.0, -1.0]]])
    places = (np.arange(3 * 64) + 0.5) / 64 - 0.5
    open_ended = np.interp(places, [0, 1, 2], [0, 1, -1])
    np.testing.assert_allclose(loudness.at_samples(level)[0, 0].log().numpy(), open_ended, atol=1e-5)
    around = np.interp(places, [-1, 0, 1, 2, 3], [-1, 0, 1, -1, 0])
    np.testing.assert_allclose(loudness.at_samples(level, True)[0, 0].log().numpy(), around, atol=1e-5)


def test_what_is_told_of_a_louder_sound_differs_in_its_level_alone():
    made, quiet = vocoder(), spectrogram()
    first, second = made.told(quiet), made.told(quiet + math.log(10))
    torch.testing.assert_close(second.loudness, 10 * first.loudness)
    made.flatten.bank.weight.data[-1] = 0
    torch.testing.assert_close(made.told(quiet + math.log(10)).channels, made.told(quiet).channels)


def test_a_denoiser_that_knows_the_sound_gives_it_back():
    made, audio = vocoder(corrections=0), 0.1 * torch.randn(1, 1, 12 * 64)
    log_mel = made.measure.at_hop(audio)
    clean = made.clean(audio, made.told(log_mel).loudness)
    made.denoiser.forward = lambda x, sigma, conditions, circular: clean
    torch.testing.assert_close(made(log_mel), audio, atol=1e-5, rtol=0)


def test_correction_brings_the_spectrogram_nearer_to_the_one_asked_for():
    wanted, sounds = spectrogram(frames=40), {}
    for corrections in (0, 1):
        made = vocoder(corrections=corrections)
        sounds[corrections] = made.measure.at_hop(made(wanted))
    distance = {key: (mel - wanted)[..., 4:-4].abs().mean().item() for key, mel in sounds.items()}
    assert distance[1] < 0.6 * distance[0]


def test_length_and_channels_are_those_of_the_spectrogram():
    made = vocoder(channels=2)
    for frames in (0, 1, 3, 12):
        assert made(spectrogram(2, 2, 12)[..., :frames]).shape == (2, 2, 64 * frames)


def test_stereo_channels_are_made_jointly():
    made, log_mel = vocoder(channels=2, corrections=0), spectrogram(1, 2)
    other = log_mel.clone()
    other[:, 1] += torch.randn_like(other[:, 1])
    assert not torch.allclose(made(log_mel)[:, 0], made(other)[:, 0], atol=1e-4)


def test_a_row_is_the_same_whatever_stands_beside_it():
    made, log_mel = vocoder(), spectrogram(3)
    torch.testing.assert_close(made(log_mel)[2:], made(log_mel[2:]), atol=1e-5, rtol=1e-4)
    seeded = made.render(log_mel, [5, 6, 7])
    torch.testing.assert_close(seeded[1:2], made.render(log_mel[1:2], [6]), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(seeded[1:2], made.render(log_mel[1:2], [5]), atol=1e-2)


def test_around_turns_with_the_circle(monkeypatch):
    made, log_mel, turn = vocoder(), spectrogram(frames=12), 5
    sample = module.sample

    def same_noise(turned):
        def turning(denoise, shape, seeds, config, **rest):
            def around(x, sigma):
                return torch.roll(denoise(torch.roll(x, turned, -1), sigma), -turned, -1)

            return torch.roll(sample(around, shape, seeds, config, **rest), turned, -1)

        return turning

    monkeypatch.setattr(module, "sample", same_noise(0))
    first = made.around(log_mel)
    monkeypatch.setattr(module, "sample", same_noise(turn * 64))
    second = made.around(torch.roll(log_mel, turn, -1))
    torch.testing.assert_close(second, torch.roll(first, turn * 64, -1), atol=1e-5, rtol=1e-3)


def test_the_last_sample_of_a_loop_leads_into_its_first():
    made, log_mel = vocoder(), spectrogram(frames=64)
    sound = made.around(log_mel)[0, 0]
    steps = torch.cat([sound, sound[:1]]).diff().abs()
    assert steps[-1] < 2 * steps[:-1].amax()
    assert render_loop(made, log_mel, 4001).shape == (1, 1, 4001)


def test_long_sound_goes_through_the_denoiser_in_windows_each_beside_its_own_spectrogram(monkeypatch):
    made, log_mel, lengths = vocoder(), spectrogram(frames=64), set()

    def pointwise(x, sigma, conditions, circular):
        lengths.add(x.shape[-1])
        return 0.5 * x + conditions.channels

    made.denoiser.forward = pointwise
    whole = {circular: made.render(log_mel, circular=circular) for circular in (False, True)}
    monkeypatch.setattr(module, "WINDOW_SAMPLES", 1024)
    monkeypatch.setattr(module, "OVERLAP_SAMPLES", 256)
    for circular in (False, True):
        torch.testing.assert_close(made.render(log_mel, circular=circular), whole[circular])
    assert lengths == {4096, 1024}


def test_bf16_is_near_to_float32():
    made, log_mel = vocoder(), spectrogram()
    exact = made(log_mel)
    made.use_precision("bf16")
    rough = made(log_mel)
    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).square().mean() < 0.01 * exact.square().mean()


def test_weights_are_one_copy_and_come_back():
    made = vocoder()
    weights = made.state_dict()
    assert len({value.data_ptr() for value in weights.values()}) == len(weights)
    other = build_vocoder(CONFIG)
    other.load_state_dict(weights)
    log_mel = spectrogram()
    torch.testing.assert_close(other.eval()(log_mel), made(log_mel))


def test_the_bank_learns():
    made, audio = vocoder(), 0.1 * torch.randn(2, 1, 12 * 64)
    told = made.told(made.measure.at_hop(audio))
    functional.mse_loss(told.channels, made.clean(audio, told.loudness)).backward()
    assert made.flatten.bank.weight.grad.abs().amax() > 0


def test_a_configuration_without_denoiser_is_refused():
    with pytest.raises(UserError, match="diffusion must say what the denoiser is"):
        VocoderConfig("diffusion", mel=MEL)
