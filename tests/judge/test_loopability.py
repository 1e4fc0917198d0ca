"""Seam measures on renderers and loops whose faults are known."""

import math

import pytest
import torch
from torch.nn import functional

from tritone.judge import loopability
from tritone.judge.frechet import frechet_distance

RATE = 16_000
HOP = 100


def kernel(taps=301):
    return torch.randn(1, 1, taps, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def renderer(mode):
    """Frames to sound by holding, then a convolution padded so: "circular" knows the loop, "constant" does not."""

    def render(log_mel, samples):
        held = functional.interpolate(log_mel.double().mean(2), size=samples, mode="nearest")
        weight = kernel()
        padded = functional.pad(held, (150, 150), mode=mode)
        return functional.conv1d(padded, weight)

    return render


def spectrogram(frames=40):
    return torch.randn(2, 1, 8, frames, generator=torch.Generator().manual_seed(1))


def test_a_circular_renderer_has_no_wrap_error_and_a_padded_one_has():
    assert loopability.wrap_error(renderer("circular"), spectrogram(), 40 * HOP) < 1e-12
    assert loopability.wrap_error(renderer("constant"), spectrogram(), 40 * HOP) > 0.05


def test_wrap_error_is_the_largest_difference_over_the_peak():
    def render(log_mel, samples):
        sound = torch.ones(1, 1, samples)
        sound[..., 0] = 2.0 if samples == 8 else 1.5
        return sound

    assert loopability.wrap_error(render, spectrogram(8), 8) == pytest.approx(1 / 2)


def sine(periods, time=8000):
    return torch.sin(2 * math.pi * periods * torch.arange(time, dtype=torch.float64) / time)[None, None]


def test_a_whole_number_of_periods_has_no_jump_and_a_half_has():
    assert loopability.seam_jump(sine(20)).item() == pytest.approx(1, abs=0.01)
    broken = torch.cos(2 * math.pi * 20.5 * torch.arange(8000, dtype=torch.float64) / 8000)[None, None]
    step, usual = 2.0, 2 * math.pi * 20.5 / 8000
    assert loopability.seam_jump(broken).item() == pytest.approx(step / usual, rel=0.02)


def test_the_worst_channel_counts_and_silence_is_no_jump():
    clean, silent = sine(20), torch.zeros(1, 1, 8000)
    broken = sine(20) + 0.5 * (torch.arange(8000) >= 4000)
    both = loopability.seam_jump(torch.cat([clean, broken], 1))
    assert both.item() == loopability.seam_jump(broken).item()
    assert loopability.seam_jump(silent).item() == 0
    assert loopability.seam_jump(torch.cat([clean, silent])).tolist()[1] == 0


def beats(clicks):
    """A bar of low hum with a click of this size on each beat."""
    sound = sine(4, RATE)
    for beat, size in enumerate(clicks):
        sound[0, 0, beat * RATE // 4] += size
    return sound


def test_a_click_at_the_seam_is_heard_in_decibels_above_the_other_beats():
    even = loopability.seam_click(beats([0.1, 0.1, 0.1, 0.1]), RATE, 4).item()
    loud = loopability.seam_click(beats([0.3, 0.1, 0.05, 0.1]), RATE, 4).item()
    assert even == pytest.approx(0, abs=0.1)
    assert loud == pytest.approx(20 * math.log10(3), abs=0.1)
    assert loopability.seam_click(torch.zeros(1, 2, RATE), RATE, 4).item() == 0


def test_a_broken_seam_clicks_and_turning_the_loop_moves_the_click_away():
    generator = torch.Generator().manual_seed(4)
    steps = sine(4, RATE) + 0.01 * torch.randn(1, 1, RATE, generator=generator) + torch.linspace(0, 1, RATE)
    assert loopability.seam_click(steps, RATE, 4).item() > 10
    assert loopability.seam_click(steps.roll(RATE // 8, -1), RATE, 4).item() < 5
    with pytest.raises(ValueError, match="at least two"):
        loopability.seam_click(steps, RATE, 1)


def test_windows_around_the_seam_and_the_middle():
    sound = torch.arange(8.0).reshape(1, 1, 8)
    assert loopability.seam_window(sound, 4).flatten().tolist() == [6, 7, 0, 1]
    assert loopability.middle_window(sound, 4).flatten().tolist() == [2, 3, 4, 5]


def test_excess_shows_loops_that_fade_at_their_seam():
    generator = torch.Generator().manual_seed(5)
    real, fine = torch.randn(2, 60, 1, 2048, generator=generator)
    fade = torch.ones(2048)
    fade[-200:] = torch.linspace(1, 0, 200)

    def level(audio):
        return audio.reshape(len(audio), 4, -1).square().mean(-1).log()

    def excess(made):
        return loopability.seam_excess(frechet_distance, level, real, made)

    assert abs(excess(fine)) < 0.02
    assert excess(fine * fade) > 0.1
