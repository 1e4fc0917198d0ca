"""The report page: whole, self-contained, safe, accessible, and its sound is the sound it was given."""

import base64
import re
import shutil
import zlib
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
import soundfile

from tritone.errors import UserError
from tritone.report import page as module
from tritone.report.axes import number, ticks
from tritone.report.page import Chart, Clip, Command, Curve, Fact, Report, Section, made_by, write_report
from tritone.report.picture import decibels, height_of, png

RATE = 22_050
HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}"
VOID = {"meta", "link", "img", "br", "input", "hr"}


class Page(HTMLParser):
    """Elements with their attributes, and a check that every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words += data

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def noise(seed: int, samples: int = 9000, channels: int = 1) -> np.ndarray:
    return (np.random.default_rng(seed).uniform(-1.2, 1.2, (channels, samples)) * 0.9).astype(np.float32)


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    return [
        Clip("Recorded", noise(0), RATE, True, "held out", "first"),
        Clip("Through the model", noise(1), RATE, True, group="first"),
        Clip(HOSTILE, noise(2, channels=2), 44_100, group=HOSTILE, note=HOSTILE),
        Clip("alone", noise(3, samples=5), 8000),
    ]


@pytest.fixture(scope="module")
def path(clips, tmp_path_factory):
    curves = [Curve(HOSTILE, [(0, 3.0), (5, np.nan), (10, 1.0)]), Curve("b", [(0, 2.0)])]
    report = Report(
        title=HOSTILE,
        lead=HOSTILE,
        highlights=[Fact("speed", 41.234, "×")],
        sections=[Section("Pairs", f"one\n\n{HOSTILE}", clips[:3]), Section("Rest", "", clips[3:])],
        charts=[Chart("How it learned", curves, "step", "loss")],
        facts=[Fact(HOSTILE, HOSTILE), Fact("steps", 12345)],
        commands=[Command("tritone train <x> & y", HOSTILE)],
        made=made_by("tritone demo --out 'a b'"),
    )
    return write_report(tmp_path_factory.mktemp("page"), report)


@pytest.fixture(scope="module")
def page(path) -> Page:
    return Page(path.read_text())


def test_embedded_sound_is_the_sound_given(page, clips):
    players = page.all("audio")
    assert len(players) == len(clips)
    for player, clip in zip(players, clips, strict=True):
        kind, body = player["src"].split(",", 1)
        assert kind == "data:audio/flac;base64"
        sound, rate = soundfile.read(BytesIO(base64.b64decode(body)), dtype="int16", always_2d=True)
        assert rate == clip.rate
        assert np.array_equal(sound.T, np.clip(np.round(clip.audio * 32768), -32768, 32767))
        assert ("loop" in player) == clip.loop


def test_nothing_is_fetched(page, path):
    for _, attributes in page.found:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert not attributes.get(name) or attributes[name].startswith(("data:", "#"))
    text = re.sub(r"data:[a-z]+/[a-z]+;base64,[A-Za-z0-9+/=]+", "", path.read_text())
    assert "http://" not in text and "https://" not in text and "@import" not in text and "url(" not in text
    (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert [item.name for item in path.parent.iterdir()] == ["index.html"]


def test_hostile_words_stay_words(page):
    assert len(page.all("script")) == 1
    assert page.words.count(HOSTILE) >= 9  # title, h1, lead, h3, name, note, paragraph, legend, table, facts, command
    assert "49" not in re.sub(r"\d{3,}|data:\S+", "", page.words).split()
    assert any(HOSTILE in (img["alt"] or "") for img in page.all("img"))


def test_rows_keep_the_clips_of_a_group_together(page):
    rows = [attributes for tag, attributes in page.found if tag == "div" and attributes.get("class") == "row"]
    assert [row["aria-label"] for row in rows] == ["first", HOSTILE, "alone"]


def test_accessible_by_name(page):
    assert page.all("html")[0]["lang"] == "en" and any(m.get("name") == "viewport" for m in page.all("meta"))
    assert all(image["alt"] for image in page.all("img"))
    assert all(button["aria-label"] and button["type"] == "button" for button in page.all("button"))
    assert all(player["aria-label"] for player in page.all("audio"))
    identifiers = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    for _, attributes in page.found:
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in identifiers


def luminance(colour: str) -> float:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_contrast_in_light_and_dark_meets_wcag_aa(path):
    blocks = re.findall(r":root \{([^}]*--paper[^}]*)\}", path.read_text())
    assert len(blocks) == 2
    for block in blocks:
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})\b", block))
        for front in ("ink", "soft", "accent"):
            for back in ("paper", "card"):
                light, dark = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (front, back)


def test_chart_draws_its_points_and_tells_its_axes(page):
    lines = [line["points"] for line in page.all("polyline")]
    assert len(lines) == 2 and len(lines[0].split()) == 2  # the point that is not a number is left out
    (x0, y0), (x1, y1) = ([float(v) for v in point.split(",")] for point in lines[0].split())
    assert x0 < x1 and y0 < y1  # later to the right, lower loss further down the picture
    (label,) = [svg["aria-label"] for svg in page.all("svg") if svg.get("role") == "img"]
    assert "loss over step" in label and HOSTILE in label
    assert "step" in page.words and "12\u202f345" in page.words and "41.2" in page.words


def test_round_numbers():
    assert ticks(0, 23.5) == [0, 5, 10, 15, 20]
    assert ticks(0.0011, 0.0032, 4) == pytest.approx([0.002, 0.003])
    assert [number(v) for v in (0, 3.14159, 0.00213, 1234.5, 2.0, 1e-12, float("nan"))] == [
        "0", "3.14", "0.00213", "1234", "2", "1.00e-12", "nan",
    ]  # fmt: skip


def test_spectrogram_puts_a_sine_where_it_belongs():
    rate = 44_100
    for hertz in (200.0, 1000.0, 9000.0):
        sine = np.sin(2 * np.pi * hertz * np.arange(rate) / rate)[None].astype(np.float32)
        picture = decibels(sine, rate, 64, 144)
        assert picture.shape == (144, 64)
        rows = picture[:, 8:-8].mean(1)
        assert abs(rows.argmax() / 143 - height_of(hertz, rate)) < 0.02
        assert abs(rows.max()) < 3
    late = np.pad(sine, ((0, 0), (rate, 0)))
    assert decibels(late, rate, 64)[:, :28].max() < -60 < decibels(late, rate, 64)[:, 40:].max()


def test_picture_is_a_png_with_the_brightest_colour_at_the_top_level():
    picture = np.full((4, 6), -200.0)
    picture[0, 2] = 0.0  # lowest frequency: last row of the file
    body = png(picture, 0.0)
    rows = zlib.decompress(body[body.index(b"IDAT") + 4 : body.index(b"IEND") - 8])
    pixels = np.frombuffer(rows, np.uint8).reshape(4, 7)[:, 1:]
    assert pixels[3, 2] == 63 and pixels.sum() == 63


def test_too_much_or_no_sound_is_refused(tmp_path, monkeypatch):
    for audio in (np.zeros((1, 0), np.float32), np.full((1, 9), np.nan, np.float32)):
        with pytest.raises(UserError, match="'x'"):
            write_report(tmp_path, Report("r", sections=[Section("s", "", [Clip("x", audio, RATE)])]))
    monkeypatch.setattr(module, "PAGE_BYTES", 20_000)
    with pytest.raises(UserError, match="fewer or shorter"):
        write_report(tmp_path, Report("r", sections=[Section("s", "", [Clip("x", noise(0), RATE)])]))
    assert not list(tmp_path.iterdir())


PROBE = """<script>
addEventListener("load", async () => {
  const context = new AudioContext({ sampleRate: 22050 });
  const lengths = [];
  for (const sound of document.querySelectorAll('[data-rate="22050"] audio')) {
    const body = Uint8Array.from(atob(sound.src.split(",")[1]), (sign) => sign.charCodeAt(0)).buffer;
    lengths.push((await context.decodeAudioData(body)).length);
  }
  const [first, second] = document.querySelectorAll(".row button");
  const wait = async (button) => {
    for (let i = 0; i < 200 && button.getAttribute("aria-pressed") !== "true"; i++)
      await new Promise((go) => setTimeout(go, 20));
    return button.getAttribute("aria-pressed");
  };
  first.click();
  const one = await wait(first);
  second.click();
  const two = await wait(second);
  document.title = JSON.stringify([lengths, one, two, first.getAttribute("aria-pressed"),
    getComputedStyle(document.querySelector("audio")).display]);
});
</script>"""


def test_a_browser_decodes_every_sample_and_switches(path, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    probed = tmp_path / "probed.html"
    probed.write_text(path.read_text().replace("</body>", PROBE + "</body>"))
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=browser, args=["--mute-audio", "--autoplay-policy=no-user-gesture-required"]
        )
        page = chromium.new_page()
        page.goto(probed.as_uri())
        page.wait_for_function("() => document.title.startsWith('[[')", timeout=120_000)
        assert page.title() == '[[9000,9000],"true","true","false","none"]'
        chromium.close()
