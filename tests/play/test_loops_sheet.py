"""Contact sheets, by what is in the picture."""

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from tritone.play.contact_sheet import DPI, contact_sheet, picture_of

RATE = 44_100


def tone(hertz, samples=44_100):
    return (0.5 * torch.sin(2 * torch.pi * hertz * torch.arange(samples) / RATE)).expand(2, -1)


def drawn(path, *pictures, columns=None):
    contact_sheet(path, pictures, columns)
    return imread(path)[..., :3]


def picture(hertz, **beats):
    return picture_of(f"{hertz} Hz", tone(hertz), RATE, **({"beats": 4} | beats))


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (5, 3, 2), (16, 4, 4), (64, 8, 8)])
def test_size_follows_the_grid(tmp_path, count, columns, rows):
    image = drawn(tmp_path / "sheet.png", *[picture(440)] * count)
    assert image.shape[1] == pytest.approx((2.9 * columns + 0.35) * DPI, abs=1)
    assert image.shape[0] == pytest.approx(1.75 * rows * DPI, abs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


def test_a_higher_tone_is_drawn_higher_up(tmp_path):
    heights = []
    for hertz in (300, 1000, 4000, 12_000):
        image = drawn(tmp_path / "sheet.png", picture(hertz, beats=1))
        bright = (image[..., 0] > 0.9) & (image[..., 1] > 0.4) & (image[..., 2] < 0.9)
        heights.append(np.nonzero(bright)[0].mean())
    assert heights == sorted(heights, reverse=True)


def test_beats_are_lines_and_bars_stronger_ones(tmp_path):
    plain = drawn(tmp_path / "1.png", picture(440, beats=1))
    lined = drawn(tmp_path / "8.png", picture(440, beats=8))
    rise = (lined - plain).sum((0, 2))
    columns = np.nonzero(rise > 0.15 * rise.max())[0]
    groups = np.split(columns, np.nonzero(np.diff(columns) > 3)[0] + 1)
    centres = np.array([group.mean() for group in groups])
    assert len(groups) == 7
    np.testing.assert_allclose(np.diff(centres), np.diff(centres).mean(), atol=1.5)
    strength = [rise[group].sum() for group in groups]
    assert int(np.argmax(strength)) == 3 and strength[3] > 1.5 * max(strength[:3] + strength[4:])


def test_an_empty_place_stays_white(tmp_path):
    image = drawn(tmp_path / "sheet.png", None, picture(440), picture(440), picture(440), columns=2)
    height, width = image.shape[0] // 2, image.shape[1] // 2
    corner = image[: height - 20, : width - 40]
    assert (corner == 1).all() and not (image[:height, width:] == 1).all()


def test_silence_and_loops_shorter_than_a_window_are_drawn(tmp_path):
    quiet = picture_of("silence", torch.zeros(1, 100), RATE, beats=4)
    assert drawn(tmp_path / "sheet.png", quiet).shape[0] > 100
    contact_sheet(tmp_path / "none.png", [])
    assert not (tmp_path / "none.png").exists()


def test_titles_are_taken_as_they_stand(tmp_path):
    odd = picture_of("seed $7$ · [x] _{y}", tone(440), RATE, beats=4)
    plain = picture_of("", tone(440), RATE, beats=4)
    assert (drawn(tmp_path / "a.png", odd) != drawn(tmp_path / "b.png", plain)).any()
