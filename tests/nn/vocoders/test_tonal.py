import math

import pytest
import torch

from tritone.nn.mel_frames import MelFrames
from tritone.nn.spectrum import SpectrumToWave
from tritone.nn.vocoders.config import VocoderConfig
from tritone.nn.vocoders.tonal import TonalPhases
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=44_100, mels=128, window=1024, hop=256)
CONFIG = VocoderConfig(mel=MEL)


def tone(hertz: float, samples: int) -> torch.Tensor:
    return 0.5 * (2 * math.pi * hertz * torch.arange(samples) / 44_100).sin()[None, None]


def strongest(audio: torch.Tensor) -> float:
    """Frequency of the strongest partial, by a parabola through its logarithm."""
    spectrum = torch.fft.rfft(audio * torch.hann_window(len(audio))).abs().log()
    top = int(spectrum.argmax())
    low, middle, high = spectrum[top - 1 : top + 2]
    return float((top + 0.5 * (low - high) / (low - 2 * middle + high)) * 44_100 / len(audio))


def apart(ours: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Distance of two phases on the circle."""
    return ((ours - wanted + math.pi).remainder(2 * math.pi) - math.pi).abs()


@pytest.mark.parametrize("hertz", [45.0, 55.0, 110.0, 261.6, 440.0, 987.8, 2093.0])
def test_a_steady_tone_keeps_its_pitch(hertz):
    """The bins' true magnitudes with counted phases; multiples of the hop's rate are 172 Hz apart."""
    audio = tone(hertz, 256 * 200)
    measure = MelFrames(MEL)
    spectrum = measure.spectrum(audio)
    phases = TonalPhases(CONFIG)(measure.bands(spectrum))
    output = SpectrumToWave(1024, 256, 1).synthesise(spectrum.abs() * phases)
    inner = slice(256 * 20, 256 * 180)
    assert abs(strongest(output[0, 0, inner]) - hertz) < 1 + 0.0003 * hertz
    assert output[..., inner].std() > 0.9 * audio[..., inner].std()


def test_phases_grow_by_the_frequency():
    audio = tone(440.0, 256 * 60)
    phases = TonalPhases(CONFIG)(MelFrames(MEL).at_hop(audio))[0, 0, 20:50, 10].angle()
    growth = (phases[1:] - phases[:-1]).remainder(2 * math.pi)
    wanted = (2 * math.pi * 440 * 256 / 44_100) % (2 * math.pi)
    torch.testing.assert_close(growth.mean().item(), wanted, rtol=0, atol=0.2)
    assert growth.std() < 0.05


def test_phases_begin_anew_at_an_onset():
    """Where a tone rises, all bins around it have the phase of a sound in the middle of the window."""
    mel = torch.full((1, 1, 128, 40), -9.0)
    mel[..., 28:33, 7:] = torch.tensor([-4.0, -3.0, -2.0, -3.0, -4.0])[:, None]
    phases = TonalPhases(CONFIG)
    counted = phases(mel)[0, 0].angle()
    near = (phases.band >= 29) & (phases.band <= 31)
    middle = (math.pi * torch.arange(513)).remainder(2 * math.pi)
    assert apart(counted[7, near], middle[near]).max() < 1e-5
    assert apart(counted[9, near], middle[near]).min() > 0.1


@pytest.mark.parametrize("frames", [1, 2, 37])
def test_a_circle_has_no_beginning(frames):
    mel = torch.randn(2, 1, 128, frames, generator=torch.Generator().manual_seed(frames)) - 4
    phases = TonalPhases(CONFIG)
    circle = phases.around(mel)
    assert circle.shape == (2, 1, frames, 513)

    assert (phases.around(mel.roll(5, -1)) - circle.roll(5, -2)).abs().max() < 1e-6
    assert (phases.around(torch.cat([mel, mel], -1)) - torch.cat([circle, circle], -2)).abs().max() < 1e-6


def test_bands_without_a_bin_are_left_out():
    crowded = VocoderConfig(mel=MelConfig(rate=44_100, mels=200, window=512, hop=128))
    phases = TonalPhases(crowded)
    assert len(phases.heard) < 200
    assert phases(torch.randn(1, 2, 200, 9)).isfinite().all()
