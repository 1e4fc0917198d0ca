"""Layouts by index: mirrors, circles, fades, and where frames of context stand."""

import numpy as np
import pytest
import torch

from tritone.nn.diffusion.lengths import laid_out


@pytest.mark.parametrize("circular", [False, True])
def test_multiples_stay_as_they_are(circular):
    layout, signal = laid_out(24, 8, circular), torch.randn(2, 24)
    assert layout.circular == circular
    assert layout.extended(signal) is signal
    assert layout.restored(signal) is signal


@pytest.mark.parametrize("samples", [1, 3, 7, 9, 20])
def test_an_open_signal_goes_on_as_its_mirror_image(samples):
    layout, signal = laid_out(samples, 8, False), torch.arange(float(samples))
    extended = layout.extended(signal)
    expected = np.pad(signal.numpy(), (0, -samples % 8), mode="symmetric")
    assert np.array_equal(extended.numpy(), expected)
    assert torch.equal(layout.restored(extended), signal)


@pytest.mark.parametrize("samples", [1, 3, 7, 9, 20])
def test_a_circle_is_unrolled_and_closes_again(samples):
    layout, signal = laid_out(samples, 8, True), torch.randn(samples)
    extended = layout.extended(signal)
    assert len(extended) % 8 == 0
    assert not layout.circular
    assert layout.before >= 8
    assert layout.total - layout.before - samples >= 8
    assert np.array_equal(extended.numpy(), np.pad(signal.numpy(), (8, len(extended) - 8 - samples), mode="wrap"))
    torch.testing.assert_close(layout.restored(extended), signal)


def test_neighbours_on_the_circle_were_neighbours_in_the_network():
    """A network that drifts with its own grid leaves no step between the last and the first sample."""
    layout = laid_out(100, 8, True)
    drift = torch.arange(float(layout.total))
    restored = layout.restored(drift)
    steps = (torch.cat([restored, restored[:1]])).diff()
    assert abs(steps[-1] - 1) < 1e-4
    assert steps.min() > -100 / 8
    assert (restored[8:].diff() == 1).all()


def test_context_is_read_where_its_frames_stand():
    """Frames of a straight line, which linear interpolation keeps, at the middles of a level's frames."""
    layout = laid_out(60, 8, False)
    line = (torch.arange(30.0) + 0.5) * 2
    given = layout.resampled(line[None], 4)[0]
    middles = (torch.arange(16.0) + 0.5) * 4
    torch.testing.assert_close(given, middles.clamp(1.0, 59.0))


@pytest.mark.parametrize("samples", [64, 60])
def test_context_goes_around_a_circle(samples):
    layout = laid_out(samples, 8, True)
    angle = 2 * torch.pi * (torch.arange(240) + 0.5) / 240
    given = layout.resampled(torch.stack([angle.sin(), angle.cos()]), 4)
    middles = (torch.arange(layout.total // 4) + 0.5) * 4 - layout.before
    expected = 2 * torch.pi * middles / samples
    torch.testing.assert_close(given, torch.stack([expected.sin(), expected.cos()]), atol=1e-3, rtol=0)


def test_context_of_equal_length_is_left_alone():
    frames = torch.randn(2, 3, 16)
    for circular in (False, True):
        torch.testing.assert_close(laid_out(64, 8, circular).resampled(frames, 4), frames, atol=1e-5, rtol=1e-5)
