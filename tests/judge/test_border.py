"""Changes at borders whose size is known, and ranks of seams and of none."""

import pytest
import torch

from tritone.judge.border import border_change, told_apart

RATE = 44_100
WINDOW, HOP = 1024, 256


def pulses(time=24 * WINDOW):
    """One sample for each hop: every window sees the same."""
    return (torch.arange(time) % HOP == 0).double()[None, None]


def noise(count, time=40 * WINDOW, seed=0):
    return torch.randn(count, 1, time, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_step_of_20_db_is_a_change_of_20_db_there_and_none_elsewhere():
    sound = pulses()
    sound[..., : 10 * WINDOW] *= 0.1
    found = border_change(sound, RATE, [10 * WINDOW, 16 * WINDOW])
    assert found.decibels[0].tolist() == pytest.approx([20, 0], abs=1e-6)
    assert found.rank[0, 0] == 1
    assert border_change(sound, RATE, [16 * WINDOW]).rank[0, 0] < 0.5


def test_gain_does_not_matter_and_what_lies_80_db_down_is_silence():
    def change(before, gain=1.0):
        sound = gain * pulses()
        sound[..., : 10 * WINDOW] *= before
        return border_change(sound, RATE, [10 * WINDOW]).decibels.item()

    assert change(0.1, 2.0**-6) == change(0.1)
    assert change(1e-5) == change(0.0)
    assert change(1e-2) == pytest.approx(40)
    assert change(1e-3) < change(0.0) <= 80


def test_any_place_of_a_steady_sound_ranks_in_the_middle_and_another_colour_stands_out():
    plain = noise(60)
    borders = [12 * WINDOW, 25 * WINDOW + 77]
    ranks = border_change(plain, RATE, borders).rank
    assert ranks.mean().item() == pytest.approx(0.5, abs=4 * (1 / 12) ** 0.5 / 120**0.5)
    patched = plain.clone()
    other = noise(60, seed=1)
    patched[..., borders[0] : borders[1]] = (other + other.roll(1, -1))[..., borders[0] : borders[1]]
    touched = border_change(patched, RATE, borders)
    assert touched.rank.mean().item() > 0.9
    assert told_apart(touched.decibels, border_change(plain, RATE, borders).decibels).mean().item() > 0.9
    another = border_change(noise(60, seed=2), RATE, borders).decibels
    told = told_apart(another, border_change(plain, RATE, borders).decibels).mean().item()
    assert told == pytest.approx(0.5, abs=4 * 0.5 / 120**0.5)


def test_a_click_beside_the_border_shows():
    quiet = noise(1) * 0.01
    quiet[..., 20 * WINDOW + 100] += 1
    assert border_change(quiet, RATE, [20 * WINDOW]).rank.item() == 1
    assert border_change(quiet, RATE, [12 * WINDOW]).rank.item() < 1


def test_stereo_counts_the_power_of_both_channels():
    one, silent = noise(1), torch.zeros(1, 1, 40 * WINDOW, dtype=torch.float64)
    both = border_change(torch.cat([one, -one], 1), RATE, [20 * WINDOW])
    assert both.decibels.item() == pytest.approx(border_change(one, RATE, [20 * WINDOW]).decibels.item())
    assert both.decibels.item() == pytest.approx(
        border_change(torch.cat([one, silent], 1), RATE, [20 * WINDOW]).decibels.item()
    )


def test_told_apart_counts_each_sound_and_halves_ties():
    made, real = torch.tensor([[3.0, 1.0], [2.0, 2.0]]), torch.tensor([[2.0, 1.5], [2.0, 0.0]])
    assert told_apart(made, real).tolist() == [0.5, 0.75]


def test_borders_without_room_are_refused():
    with pytest.raises(ValueError, match="at least 1536 samples from the ends"):
        border_change(noise(1), RATE, [1000])
    with pytest.raises(ValueError, match="longer than 1024"):
        border_change(noise(1, 1000), RATE, [500])
    with pytest.raises(ValueError, match="no places apart"):
        border_change(noise(1, 4 * WINDOW), RATE, [2 * WINDOW])
