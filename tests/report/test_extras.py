"""What a longer page has: tables, several charts, points with intervals, and sounds that occur twice."""

import re
import zlib

import numpy as np
import pytest

from tritone.report.axes import axis
from tritone.report.page import (
    Cell,
    Chart,
    Clip,
    Curve,
    Point,
    Report,
    Row,
    Scatter,
    Section,
    Table,
    write_report,
)
from tritone.report.picture import wave_png

RATE = 8000
HOSTILE = "<b>&\"'"


def sound(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (1, 2000)).astype(np.float32)


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> str:
    points = [Point(HOSTILE, 0.01, 3.0, 2.0, 5.0), Point("b", 10.0, 3.1), Point("not there", float("nan"), 1.0)]
    table = Table(
        HOSTILE, ["", HOSTILE],
        [Row(HOSTILE, note=HOSTILE), Row("x", [Cell("1.5", "1 to 2", good=True, marks=[1])], "a <i>", "in <i>")],
        notes=[HOSTILE],
    )  # fmt: skip
    report = Report(
        "t",
        contents=True,
        sections=[
            Section("One", "", [Clip("a", sound(0), RATE, True), Clip("b", sound(1), RATE)], warnings=[HOSTILE]),
            Section("Two", "", [Clip("again", sound(0), RATE)], tables=[table, Table("folded", ["n"], [], True)]),
            Section(
                "Three", "",
                charts=[
                    Scatter("speed", points, "seconds", "distance", marks=[(1.0, "real time")]),
                    Chart("loss", [Curve("c", [(0, 100.0), (1, 1.0), (2, -1.0)])], log_y=True, narrow=True,
                          marks=[(1, "here"), (9, "beyond")]),
                ],
            ),
        ],
    )  # fmt: skip
    return write_report(tmp_path_factory.mktemp("page"), report).read_text()


def test_a_sound_that_occurs_twice_is_in_the_page_once(text):
    assert text.count("data:audio/flac") == 2
    first = re.search(r'<figure class="clip" id="(clip-\d+)"', text)[1]
    assert f'<a class="same" href="#{first}">' in text
    assert text.count('class="wave"') == 3


def test_sections_are_listed(text):
    links = re.findall(r'<li><a href="#(section-\d)">(\w+)</a>', text)
    assert links == [("section-1", "One"), ("section-2", "Two"), ("section-3", "Three")]
    assert all(f'id="{name}"' in text for name, _ in links)


def test_words_of_tables_and_charts_stay_words(text):
    assert HOSTILE not in text and "<i>" not in text
    assert text.count("&lt;b&gt;") >= 8


def test_points_lie_where_they_should(text):
    (scatter,) = re.findall(r'<svg viewBox="0 0 760 300" role="img".*?</svg>', text, re.S)
    (one, two) = [
        (float(x), float(y)) for x, y in re.findall(r'<circle class="dot" cx="([\d.]+)" cy="([\d.]+)"', scatter)
    ]
    (mark,) = [float(x) for x in re.findall(r'<line class="mark-line" x1="([\d.]+)"', scatter)]
    assert one[0] < mark < two[0] and one[1] > two[1]
    assert (mark - one[0]) / (two[0] - one[0]) == pytest.approx(2 / 3, abs=0.01)  # logarithms of 0.01, 1 and 10
    (bar,) = re.findall(r'<line class="bar" x1="[\d.]+" x2="[\d.]+" y1="([\d.]+)" y2="([\d.]+)"', scatter)
    low, high = map(float, bar)
    assert (one[1] - high) / (low - one[1]) == pytest.approx(2.0, abs=0.05)
    heights = [float(y) for y in re.findall(r'<text class="label" x="[\d.]+" y="([\d.]+)"', scatter)]
    assert abs(heights[0] - heights[1]) >= 24  # names of neighbours do not lie on each other
    assert "not there" not in text and "3 (2 to 5)" in text


def test_a_logarithmic_chart_leaves_out_what_has_no_logarithm(text):
    (chart,) = re.findall(r'<svg viewBox="0 0 400 240".*?</svg>', text, re.S)
    (line,) = re.findall(r'points="([^"]*)"', chart)
    assert len(line.split()) == 2
    assert "here" in chart and "beyond" not in chart


def test_axes():
    assert axis([1.0, 1000.0], log=True).ticks() == [1, 10, 100, 1000]
    assert axis([0.55, 0.9], log=True).ticks() == [0.55, 0.9]  # nothing round between
    assert axis([2.0, 3.0], from_zero=True).low == 0
    assert axis([-1.0, 3.0], from_zero=True, room=0.1).low == pytest.approx(-1.4)
    assert axis([]).share(0.5) == 0.5 and axis([4.0]).high == 5.0


def test_a_waveform_is_drawn_from_lowest_to_highest():
    audio = np.zeros((2, 64), np.float32)
    audio[0, 32:] = 0.5
    audio[1, 32:] = -2.0
    body = wave_png(audio, 4, 9)
    rows = np.frombuffer(zlib.decompress(body[body.index(b"IDAT") + 4 : body.index(b"IEND") - 8]), np.uint8)
    pixels = rows.reshape(9, 5)[:, 1:]
    assert np.array_equal(pixels[:, 0], [0, 0, 0, 0, 1, 0, 0, 0, 0])
    assert np.array_equal(pixels[:, 3], [0, 0, 1, 1, 1, 1, 1, 1, 1])
