import numpy as np
import torch
from scipy.optimize import nnls

from tritone.nn.losses import SpectralDistance
from tritone.nn.mel_frames import MelFrames
from tritone.nn.vocoders import build_vocoder
from tritone.nn.vocoders.config import VocoderConfig
from tritone.nn.vocoders.griffin_lim import GriffinLim
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=16_000, mels=40, window=512, hop=128)


def vocoder(iterations: int, mel: MelConfig = MEL) -> GriffinLim:
    return build_vocoder(VocoderConfig("griffin-lim", 1, mel, iterations=iterations))


def music() -> torch.Tensor:
    """A chord that decays, with a noisy stroke: one period of 0.5 s at 16 kHz, 8192 samples."""
    time = torch.arange(8192) / 16_000
    chord = sum((2 * torch.pi * hertz * time).sin() for hertz in (220.0, 277.2, 329.6, 1760.0))
    stroke = torch.randn(8192, generator=torch.Generator().manual_seed(0)) * (-60 * (time - 0.1).abs()).exp()
    return (0.1 * chord * (-3 * time).exp() + 0.1 * stroke)[None, None]


def test_magnitudes_fit_the_bands_about_as_well_as_scipys_least_squares():
    mel = MelFrames(MEL).on_grid(music(), torch.tensor([8192]), 64)
    ours = vocoder(1)
    magnitude = ours.magnitude(mel.double())[0, 0]
    bands = mel[0, 0].T.double().exp()
    filters = ours.filters.numpy()
    for frame in (0, 13, 40):
        wanted = bands[frame].numpy()
        best = nnls(filters, wanted)[1]
        error = np.linalg.norm(filters @ magnitude[frame].numpy() - wanted)
        assert error - best < 0.03 * np.linalg.norm(wanted)
    assert magnitude.min() >= 0


def test_the_spectrum_of_a_sound_is_consistent_already():
    ours = vocoder(1)
    audio = music().double()
    spectrum = torch.fft.rfft(audio[..., ours._places(64)] * ours.window)
    torch.testing.assert_close(ours._sound(spectrum), audio, rtol=0, atol=1e-10)
    torch.testing.assert_close(ours._project(spectrum), spectrum, rtol=0, atol=1e-9)


def test_iterating_comes_nearer_to_the_magnitudes():
    mel = MelFrames(MEL).on_grid(music(), torch.tensor([8192]), 64)
    errors = []
    for iterations in (1, 8, 64):
        ours = vocoder(iterations)
        wanted = ours.magnitude(mel.double())
        got = torch.fft.rfft(ours.around(mel.double())[..., ours._places(64)] * ours.window).abs()
        errors.append(float((got - wanted).norm() / wanted.norm()))
    assert errors[1] < 0.7 * errors[0] and errors[2] < 0.8 * errors[1]
    assert errors[2] < 0.2


def test_it_sounds_like_the_original_and_not_like_another_sound():
    audio = music()
    output = vocoder(32).around(MelFrames(MEL).on_grid(audio, torch.tensor([8192]), 64))
    distance = SpectralDistance((512, 256, 128))
    assert distance(output, audio) < 0.5 * distance(output.roll(3000, -1), audio)


def test_windows_may_be_no_multiple_of_the_hop_and_longer_than_the_sound():
    odd = vocoder(2, MelConfig(rate=16_000, mels=40, window=512, hop=160))
    assert odd(torch.zeros(1, 1, 40, 7)).shape == (1, 1, 7 * 160)
    assert odd.around(torch.zeros(1, 1, 40, 2)).shape == (1, 1, 320)


def test_silence_stays_silence():
    output = vocoder(4)(torch.full((1, 1, 40, 6), float(np.log(MEL.floor))))
    assert output.abs().max() < 1e-3


def test_the_same_spectrogram_gives_the_same_sound():
    mel = MelFrames(MEL).at_hop(music())
    assert torch.equal(vocoder(4)(mel), vocoder(4)(mel))
