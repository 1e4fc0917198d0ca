"""Parts of a sound that stay, and parts that are new."""

import pytest
import torch

from tritone.signal.splice import splice


def mask(text):
    """True where there is a k."""
    return torch.tensor([[[letter == "k" for letter in text]]])


@pytest.mark.parametrize("fade", [0, 1, 3, 100])
@pytest.mark.parametrize("text", ["kkk", "...", "k..k", ".k.k.", "kk.....kkkkk..k", "k.", ".k", "k", "."])
def test_what_is_kept_is_exact_and_what_lies_far_off_is_new(text, fade):
    keep = mask(text)
    made, given = torch.randn(2, 3, len(text)), torch.randn(2, 3, len(text))
    spliced = splice(made, given, keep, fade)
    kept = keep.expand_as(given)
    assert torch.equal(spliced[kept], given[kept])
    if fade == 0 or "k" not in text:
        assert torch.equal(spliced, torch.where(keep, given, made))
    assert spliced.shape == made.shape


def test_the_crossfade_lies_within_what_is_new_and_has_equal_gain():
    keep = torch.ones(1, 1, 100, dtype=torch.bool)
    keep[..., 40:80] = False
    spliced = splice(torch.zeros(1, 1, 100), torch.ones(1, 1, 100), keep, 10)[0, 0]
    assert bool((spliced[50:70] == 0).all()) and bool((spliced[keep[0, 0]] == 1).all())
    assert bool((spliced[40:50].diff() < 0).all()) and bool((spliced[70:80].diff() > 0).all())
    torch.testing.assert_close(spliced[40:50] + spliced[40:50].flip(0), torch.ones(10))
    torch.testing.assert_close(spliced[40:50], spliced[70:80].flip(0))
    same = splice(torch.ones(1, 1, 100), torch.ones(1, 1, 100), keep, 10)
    torch.testing.assert_close(same, torch.ones(1, 1, 100))


def test_there_is_no_click():
    """A slow wave that is kept, and its opposite that is new: without a crossfade it would jump by 2."""
    time = torch.arange(2000)
    wave = torch.cos(2 * torch.pi * time / 500)[None, None]
    keep = (time < 1000)[None, None]
    spliced = splice(-wave, wave, keep, 200)
    assert float(splice(-wave, wave, keep, 0).diff().abs().max()) > 1.9
    assert float(spliced.diff().abs().max()) < 0.03


def test_nothing_of_what_stood_in_the_gap_is_heard():
    keep = torch.ones(1, 1, 90, dtype=torch.bool)
    keep[..., 30:60] = False
    made, given = torch.randn(1, 2, 90), torch.randn(1, 2, 90)
    other = torch.where(keep, given, 1000.0)
    assert torch.equal(splice(made, given, keep, 20), splice(made, other, keep, 20))


def test_rows_have_masks_of_their_own():
    keep = torch.cat([mask("kk....kk"), mask("....kkkk")])
    made, given = torch.randn(2, 1, 8), torch.randn(2, 1, 8)
    both = splice(made, given, keep, 2)
    for row in range(2):
        alone = splice(made[row : row + 1], given[row : row + 1], keep[row : row + 1], 2)
        assert torch.equal(both[row : row + 1], alone)
