import numpy as np
import pytest
import torch

from tritone.nn.mel_frames import MelFrames, resample_frames
from tritone.signal.mel import mel_filters
from tritone.signal.mel_config import MelConfig

SMALL = MelConfig(rate=16_000, mels=20, window=256, hop=64)


def frame(sound: np.ndarray, start: int, config: MelConfig, circular: bool) -> np.ndarray:
    """One frame by its definition, from the first sample of its window; the reference."""
    places = start + np.arange(config.window)
    inside = (places >= 0) & (places < len(sound))
    stretch = sound[places % len(sound)] if circular else np.where(inside, sound[places % len(sound)], 0)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(config.window) / config.window)
    filters = mel_filters(config.rate, config.window, config.mels, config.low, config.high, config.scale).double()
    return np.log(np.maximum(filters.numpy() @ np.abs(np.fft.rfft(stretch * window)), config.floor))


@pytest.mark.parametrize(("window", "hop"), [(256, 64), (1024, 160), (255, 51), (64, 128)])
@pytest.mark.parametrize("time", [1, 500, 640])
def test_frames_at_the_hop_are_centred_on_it(window, hop, time):
    config = MelConfig(rate=16_000, mels=12, window=window, hop=hop)
    audio = torch.randn(2, 1, time, dtype=torch.float64)
    ours = MelFrames(config).at_hop(audio)
    assert ours.shape == (2, 1, 12, -(-time // hop))
    for index in range(ours.shape[-1]):
        wanted = frame(audio[1, 0].numpy(), index * hop + (hop - window) // 2, config, circular=False)
        np.testing.assert_allclose(ours[1, 0, :, index], wanted, atol=1e-5)


@pytest.mark.parametrize("samples", [100, 640, 999])
def test_a_grid_reads_each_loop_as_a_circle_of_its_own_length(samples):
    audio = torch.randn(2, 2, 1000, dtype=torch.float64)
    ours = MelFrames(SMALL).on_grid(audio, torch.tensor([1000, samples]), 16)
    assert ours.shape == (2, 2, 20, 16)
    for index in range(16):
        start = int(np.floor((index + 0.5) * samples / 16 - 128 + 0.5))
        wanted = frame(audio[1, 0, :samples].numpy(), start, SMALL, circular=True)
        np.testing.assert_allclose(ours[1, 0, :, index], wanted, atol=1e-5)


def test_a_loop_turned_by_frames_gives_turned_frames():
    audio = torch.randn(1, 1, 64 * 24)
    measure, length = MelFrames(SMALL), torch.tensor([64 * 24])
    turned = measure.on_grid(audio.roll(64 * 5, -1), length, 24)
    torch.testing.assert_close(turned, measure.on_grid(audio, length, 24).roll(5, -1), rtol=0, atol=1e-4)


def test_away_from_the_ends_a_grid_of_hops_is_the_frames_at_the_hop():
    audio = torch.randn(1, 1, 64 * 24)
    measure = MelFrames(SMALL)
    grid = measure.on_grid(audio, torch.tensor([64 * 24]), 24)
    torch.testing.assert_close(grid[..., 2:-2], measure.at_hop(audio)[..., 2:-2], rtol=0, atol=1e-5)


def test_a_loop_played_twice_on_twice_the_frames_is_the_grid_twice():
    audio = torch.randn(1, 1, 700)
    measure = MelFrames(SMALL)
    once = measure.on_grid(audio, torch.tensor([700]), 10)
    twice = measure.on_grid(torch.cat([audio, audio], -1), torch.tensor([1400]), 20)
    torch.testing.assert_close(twice, torch.cat([once, once], -1), rtol=0, atol=1e-5)


def test_silence_is_the_floor_and_has_a_finite_gradient():
    audio = torch.zeros(1, 1, 640, requires_grad=True)
    mel = MelFrames(SMALL).at_hop(audio)
    assert mel.min().item() == mel.max().item() == pytest.approx(np.log(1e-5))
    mel.sum().backward()
    assert torch.isfinite(audio.grad).all()


def test_the_gradient_is_that_of_differences():
    measure = MelFrames(MelConfig(rate=16_000, mels=6, window=64, hop=32))
    audio = torch.randn(1, 1, 100, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(measure.at_hop, audio)
    assert torch.autograd.gradcheck(lambda x: measure.on_grid(x, torch.tensor([90]), 7), audio)


def test_autocast_does_not_reach_in():
    audio = torch.randn(1, 1, 640)
    with torch.autocast("cpu", torch.bfloat16):
        mel = MelFrames(SMALL).at_hop(audio)
    assert torch.equal(mel, MelFrames(SMALL).at_hop(audio))
    assert MelFrames(SMALL).at_hop(audio.bfloat16()).dtype == torch.float32


@pytest.mark.parametrize(("source", "target"), [(16, 24), (24, 16), (7, 7), (1, 5), (200, 33)])
def test_grids_are_interpolated_on_the_circle(source, target):
    mel = torch.randn(2, 3, source, dtype=torch.float64)
    ours = resample_frames(mel, target)
    places = (np.arange(target) + 0.5) * source / target
    centres = np.arange(-source, 2 * source) + 0.5
    wanted = np.stack([[np.interp(places, centres, np.tile(row, 3)) for row in rows] for rows in mel.numpy()])
    np.testing.assert_allclose(ours, wanted, atol=1e-12)


def test_a_slow_wave_survives_another_grid():
    def wave(count: int) -> torch.Tensor:
        return torch.cos(2 * torch.pi * (torch.arange(count) + 0.5) / count)[None]

    torch.testing.assert_close(resample_frames(wave(400), 300), wave(300), rtol=0, atol=1e-4)
