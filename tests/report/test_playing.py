"""The page in a real browser: a sound that occurs twice plays in both places, keys work, nothing overflows."""

import shutil

import numpy as np
import pytest

from tritone.report.page import Cell, Chart, Clip, Curve, Point, Report, Row, Scatter, Section, Table, write_report

RATE = 8000
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


def sound(seed):
    return np.random.default_rng(seed).uniform(-0.1, 0.1, (1, RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    wide = Table("Many", ["", *(f"system {n}" for n in range(12))],
                 [Row("metric", [Cell("1.234", "1.1 to 1.3") for _ in range(12)], "unit", "what it is")])  # fmt: skip
    charts = [
        Scatter("s", [Point("a system with a long name", 0.1, 1.0), Point("b", 10.0, 2.0)], "x", "y"),
        Chart("c", [Curve("one", [(0, 1.0), (1, 2.0)])], narrow=True),
    ]
    first = [Clip("a" * 60, sound(0), RATE, True, group="row"), Clip("b", sound(1), RATE, True, group="row")]
    sections = [Section("One", "text", first), Section("Two", clips=[Clip("again", sound(0), RATE, True)]),
                Section("Three", charts=charts, tables=[wide], warnings=["few"])]  # fmt: skip
    return write_report(tmp_path_factory.mktemp("page"), Report("title", sections=sections, contents=True))


@pytest.fixture(scope="module")
def browser():
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        words = ["--no-sandbox", "--mute-audio", "--autoplay-policy=no-user-gesture-required"]
        shown = driver.chromium.launch(executable_path=BROWSER, args=words)
        yield shown
        shown.close()


def pressed(page):
    return [button.get_attribute("aria-pressed") == "true" for button in page.query_selector_all(".clip button")]


def until(page, expected):
    """Wait until exactly these buttons are pressed."""
    page.wait_for_function(
        "wanted => JSON.stringify([...document.querySelectorAll('.clip button')]"
        ".map((b) => b.getAttribute('aria-pressed') === 'true')) === wanted",
        arg=str(expected).replace(" ", "").replace("True", "true").replace("False", "false"),
    )
    assert pressed(page) == expected


def test_keys_and_sounds_that_occur_twice(browser, path):
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    first, _, again = page.query_selector_all(".clip button")
    first.click()
    until(page, [True, False, False])
    page.keyboard.press("2")
    until(page, [False, True, False])
    page.keyboard.press("9")  # there is no ninth
    again.click()
    until(page, [False, False, True])
    page.keyboard.press("Escape")
    until(page, [False, False, False])
    assert errors == []
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_only_tables_scroll_sideways(browser, path, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if width == 390:
        box = "document.querySelector('.wide .figures').parentElement"
        assert page.evaluate(f"{box}.scrollWidth > {box}.clientWidth")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(int(part) for part in paper[4:-1].split(",")) > 128) == (scheme == "light")
    context.close()
