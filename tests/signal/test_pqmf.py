import numpy as np
import pytest
import torch

from tritone.signal import prototype
from tritone.signal.pqmf import Pqmf

BANKS = [(16, 512), (8, 256), (4, 128)]


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype) - 0.5


def decibels(reference, result):
    return float(10 * torch.log10(reference.square().sum() / (reference - result).square().sum()))


def direct_analysis(bank, signal, frame, band):
    """The cosine formula summed term by term; the prototype's centre lies `past` samples into the window."""
    future = 0 if bank.causal else bank.taps // 2 - bank.bands
    start = (frame + 1) * bank.bands + future - bank.taps
    total = 0.0
    for tap in range(bank.taps):
        if 0 <= start + tap < len(signal):
            angle = (2 * band + 1) * np.pi / (2 * bank.bands) * (tap - bank.centre) + (-1) ** band * np.pi / 4
            total += 2 * float(bank.prototype[tap]) * np.cos(angle) * signal[start + tap]
    return -total if band % 2 and frame % 2 == 0 else total


@pytest.mark.parametrize("design", ["kaiser", "refined"])
@pytest.mark.parametrize("causal", [False, True])
def test_analysis_is_the_cosine_formula(design, causal):
    bank = Pqmf(8, 128, design=design, causal=causal)
    audio = noise(2, 1, 512)
    bands = bank.analysis(audio)
    for frame in (0, 1, 13, 30, 63):
        for band in (0, 1, 4, 7):
            expected = direct_analysis(bank, audio[1, 0].double().numpy(), frame, band)
            assert float(bands[1, band, frame]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("bands", "taps"), BANKS)
@pytest.mark.parametrize(("design", "least"), [("kaiser", 60), ("refined", 110)])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("channels", [1, 2])
def test_round_trip_is_near_perfect_at_the_declared_delay(bands, taps, design, least, causal, channels):
    bank = Pqmf(bands, taps, design=design, causal=causal)
    audio = noise(2, channels, 8192)
    back = bank.synthesis(bank.analysis(audio))
    assert back.shape == audio.shape
    assert bank.delay_samples == (taps - bands if causal else 0)
    inside = slice(2 * taps, 8192 - 2 * taps)
    assert decibels(audio[..., inside], back.roll(-bank.delay_samples, -1)[..., inside]) > least


def test_refined_bank_reconstructs_perfectly_in_float64():
    bank = Pqmf().double()
    bank.prototype = torch.from_numpy(prototype.refined(16, 512, 100.0))
    bank._modulate()
    audio = noise(1, 1, 8192, dtype=torch.float64)
    back = bank.synthesis(bank.analysis(audio))
    assert decibels(audio[..., 1024:-1024], back[..., 1024:-1024]) > 150


@pytest.mark.parametrize(("design", "taps"), [("kaiser", 511), ("refined", 512)])
def test_stop_band_of_the_prototype(design, taps):
    response = np.abs(np.fft.rfft(getattr(prototype, design)(16, taps, 100.0), 1 << 15))
    beyond = response[int(np.ceil((1 << 15) / 32)) :]
    assert 20 * np.log10(beyond.max() / response[0]) < -98


@pytest.mark.parametrize("causal", [False, True])
def test_causal_bank_is_the_other_one_delayed_and_sees_only_the_past(causal):
    late, now = Pqmf(causal=True), Pqmf()
    audio = noise(1, 1, 4096)
    frames = late.analysis_delay_samples // 16
    delayed = late.analysis(audio, first_frame=-frames)
    assert torch.allclose(delayed[..., frames:], now.analysis(audio)[..., :-frames], atol=1e-6)
    changed = audio.clone()
    changed[..., 2048:] = 9
    assert torch.equal(late.analysis(audio)[..., :128], late.analysis(changed)[..., :128])
    bands = late.analysis(audio)
    other = bands.clone()
    other[..., 128:] = 9
    assert torch.equal(late.synthesis(bands)[..., :2048], late.synthesis(other)[..., :2048])
    assert not torch.equal(late.synthesis(bands)[..., 2048:2064], late.synthesis(other)[..., 2048:2064])


def test_a_rising_tone_stays_upright_in_an_odd_band():
    """A tone near the lower edge of band 3 comes out as a low frequency of that band, not a mirrored high one."""
    bank = Pqmf()
    time = torch.arange(16384)
    tone = torch.sin(np.pi / 16 * 3.2 * time)[None, None]
    spectrum = torch.fft.rfft(bank.analysis(tone)[0, 3, 256:768] * torch.hann_window(512)).abs()
    assert int(spectrum.argmax()) == pytest.approx(0.2 * 256, abs=2)


def test_later_part_of_a_sound_with_its_frame_number():
    bank, audio = Pqmf(causal=True), noise(1, 2, 4096)
    whole = bank.analysis(audio)
    part = bank.analysis(audio[..., 16 * 33 :], first_frame=33)
    assert torch.allclose(whole[..., 33 + 31 :], part[..., 31:], atol=1e-6)


def test_gradient_of_analysis_is_its_transpose():
    bank = Pqmf(4, 32).double()
    audio, other = noise(1, 1, 64, dtype=torch.float64).requires_grad_(), noise(1, 4, 16, seed=1, dtype=torch.float64)
    bank.analysis(audio).mul(other).sum().backward()
    nudged = bank.analysis(audio.detach() + torch.eye(64, dtype=torch.float64)[:, None])
    expected = ((nudged - bank.analysis(audio.detach())) * other).sum((1, 2))
    assert torch.allclose(audio.grad[0, 0], expected)


def test_prototype_comes_with_the_checkpoint_and_is_no_parameter():
    given, taken = Pqmf(design="kaiser", attenuation_db=60), Pqmf(design="kaiser")
    assert list(given.state_dict()) == ["prototype"]
    assert not list(given.parameters())
    taken.load_state_dict(given.state_dict())
    audio = noise(1, 1, 2048)
    assert torch.equal(taken.analysis(audio), given.analysis(audio))
    assert not torch.equal(taken.analysis(audio), Pqmf(design="kaiser").analysis(audio))


def test_lengths_and_settings_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="multiple of the 16 bands, not 100"):
        Pqmf().analysis(noise(1, 1, 100))
    with pytest.raises(ValueError, match="multiple of the 16 bands, not 15"):
        Pqmf().synthesis(noise(1, 15, 8))
    with pytest.raises(ValueError, match="taps a multiple"):
        Pqmf(16, 500)


@pytest.mark.parametrize("frames", [1, 7, 8, 9])
def test_lengths_that_do_not_fill_a_group(frames):
    bank = Pqmf(4, 32)
    long = torch.nn.functional.pad(noise(1, 1, 4 * frames), (0, 64))
    assert torch.allclose(bank.analysis(long[..., : 4 * frames]), bank.analysis(long)[..., :frames], atol=1e-6)
    assert bank.synthesis(noise(1, 4, frames)).shape == (1, 1, 4 * frames)
