import pytest
import torch

from tritone.signal.windows import in_windows, windows


@pytest.mark.parametrize(("total", "size", "context"), [(1, 4, 2), (8, 4, 0), (9, 4, 2), (100, 7, 30), (12, 12, 5)])
def test_windows_cover_everything_once_with_context_on_both_sides(total, size, context):
    found = list(windows(total, size, context))
    assert [sample for window in found for sample in range(window.start, window.stop)] == list(range(total))
    for window in found:
        assert window.first == max(0, window.start - context) and window.last == min(total, window.stop + context)


def smooth(signal):
    """A moving average over 2 samples before and after, zero outside: what needs a context of 2."""
    padded = torch.nn.functional.pad(signal, (2, 2))
    return padded.unfold(-1, 5, 1).mean(-1)


@pytest.mark.parametrize("total", [1, 4, 7, 8, 9, 31, 64])
def test_a_filter_in_windows_equals_the_filter(total):
    signal = torch.randn(2, 3, total)
    torch.testing.assert_close(in_windows(lambda part, _: smooth(part), signal, 8, 2), smooth(signal))


def test_too_little_context_would_show():
    signal = torch.randn(1, 1, 64)
    assert not torch.allclose(in_windows(lambda part, _: smooth(part), signal, 8, 1), smooth(signal), atol=1e-3)


@pytest.mark.parametrize("total", [4, 8, 40, 64])
def test_down_and_up(total):
    """Every fourth sample down and each sample four times up, in windows and whole."""
    signal = torch.randn(1, 1, total)
    down = in_windows(lambda part, _: part[..., ::4], signal, 8, 4, down=4)
    torch.testing.assert_close(down, signal[..., ::4])
    up = in_windows(lambda part, _: part.repeat_interleave(4, -1), down, 2, 1, up=4)
    torch.testing.assert_close(up, down.repeat_interleave(4, -1))


def test_last_window_keeps_what_padding_added():
    signal = torch.randn(1, 1, 30)
    down = in_windows(
        lambda part, _: torch.nn.functional.pad(part, (0, -part.shape[-1] % 4))[..., ::4], signal, 8, 4, down=4
    )
    torch.testing.assert_close(down, torch.nn.functional.pad(signal, (0, 2))[..., ::4])


def test_windows_are_numbered():
    seen = []
    in_windows(lambda part, number: seen.append(number) or part, torch.zeros(1, 1, 40), 8, 2)
    assert seen == [0, 1, 2, 3, 4]
