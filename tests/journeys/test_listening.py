"""A listener in a real browser: the whole way by keyboard; a reload, a lost connection and a second window."""

import json
import shutil
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from listening import make_test, site

from tritone.judge.listen import store as stores
from tritone.judge.listen.checks import needed_ms
from tritone.judge.listen.downloaded import read_downloaded, read_downloaded_listener
from tritone.judge.listen.files import audio_path
from tritone.judge.listen.static import write_static

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A page in a fresh profile; the test fails where anything is complained of in the console, as policies are."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened, complaints = context.new_page(), []
    opened.complaints = complaints
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert not complaints


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "test"


def enter(page, where: str, expert: str = "Yes") -> None:
    """From the address to the first practice screen, by loudspeakers."""
    page.goto(where)
    page.get_by_label(expert, exact=True).check()
    page.get_by_label("With loudspeakers").check()
    page.get_by_label("I take part").check()
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("Set the volume").wait_for()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Start", disabled=False).wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Practice 1 of 1").wait_for()


def rate(page, *digits: int, on: bool = True) -> None:
    """Plays the one sound until it is heard, and answers the questions with digits."""
    page.keyboard.press("Space")
    page.get_by_text("Heard.").wait_for()
    for digit in digits:
        page.keyboard.press(str(digit))
    if on:
        page.keyboard.press("Enter")


@contextmanager
def visited(page, folder: Path, test):
    """A server of the test, which the page has left before it ends (else it complains that sounds cannot be had)."""
    with site(folder, test) as here:
        yield here
        page.goto("about:blank")


def address(here) -> str:
    return f"http://127.0.0.1:{here.port}/"


def test_a_listener_rates_by_keyboard_and_reloads_in_the_middle(page, folder):
    test = make_test(folder)
    with visited(page, folder, test) as here:
        enter(page, address(here))
        rate(page, 5, 4)
        page.get_by_text("That was the practice").wait_for()
        page.keyboard.press("Enter")
        for number in range(1, 8):
            page.get_by_text(f"Sound {number} of 7").wait_for()
            if number == 3:  # half an answer, and the page is loaded again
                rate(page, 2, on=False)
                page.reload()
                page.get_by_text("Sound 3 of 7").wait_for()
                assert page.get_by_role("radio", name="2 Poor").first.is_checked()
                page.get_by_text("Heard.").wait_for()
                page.keyboard.press("5")
                page.keyboard.press("Enter")
                page.keyboard.press("Enter")
            else:
                rate(page, 1 + number % 5, 5)
                page.keyboard.press("Enter")  # once too often: the next sound is not heard yet
        page.get_by_text("All your answers are saved").wait_for()
        page.reload()
        page.get_by_text("All your answers are saved").wait_for()
    kept = stores.answers(folder / "answers.sqlite", test.id)
    expected = [5] + [2 if number == 3 else 1 + number % 5 for number in range(1, 8)]
    assert [one.value for one in kept if one.question == "audio-quality"] == expected
    assert [one.value for one in kept if one.question == "loopability"] == [4] + [5] * 7
    assert [one.trial for one in kept[::2]] == [trial for trial, _ in test.orders[0].screens]
    assert all(700 <= one.heard_ms < 30_000 for one in kept)
    (me,) = stores.listeners(folder / "answers.sqlite", test.id)
    assert me.expert and me.finished and me.headphones == "loudspeakers" and "Chrome" in me.browser


def test_nothing_is_rated_before_it_is_heard(page, folder):
    test = make_test(folder)
    with visited(page, folder, test) as here:
        enter(page, address(here))
        page.keyboard.press("3")
        page.keyboard.press("Enter")
        page.get_by_text("Listen to the sound first.").first.wait_for()
        assert page.get_by_role("radio", name="3 Fair").first.is_disabled()
        assert page.get_by_role("radio", checked=True).count() == 0
        page.get_by_role("button", name="Play the sound").click()
        page.get_by_text("Heard.").wait_for()
        page.keyboard.press("Enter")
        page.get_by_text("Answer first.").first.wait_for()
        for question, choice in (("How well does it loop?", "5 Excellent"), ("How good does it sound?", "1 Bad")):
            page.get_by_role("group", name=question).get_by_role("radio", name=choice).check(force=True)
        page.get_by_role("button", name="Next").dblclick()
        page.get_by_text("That was the practice").wait_for()
    kept = stores.answers(folder / "answers.sqlite", test.id)
    assert [(one.question, one.value) for one in kept] == [("audio-quality", 1), ("loopability", 5)]


def test_without_a_connection_answers_wait_and_arrive_once(page, folder):
    test = make_test(folder)
    with visited(page, folder, test) as here:
        enter(page, address(here))
        page.wait_for_load_state("networkidle")
        page.context.set_offline(True)
        rate(page, 3, 3)
        page.keyboard.press("Enter")
        rate(page, 4, 4)
        page.get_by_text("2 answers wait on this device").wait_for()
        page.get_by_text("Sound 2 of 7").wait_for()
        assert here.get("/progress").json["answers"] == 0
        page.context.set_offline(False)
        page.get_by_text("wait on this device").wait_for(state="hidden")
        assert here.get("/progress").json["answers"] == 4
        assert any("ERR_INTERNET_DISCONNECTED" in complaint for complaint in page.complaints)
        page.complaints.clear()  # the browser's own word on the lost connection
    assert [one.value for one in stores.answers(folder / "answers.sqlite", test.id)] == [3, 3, 4, 4]


def test_a_second_window_takes_over(page, folder):
    with visited(page, folder, make_test(folder)) as here:
        enter(page, address(here))
        second = page.context.new_page()
        second.goto(address(here))
        second.get_by_text("Practice 1 of 1").wait_for()
        page.get_by_text("goes on in another window").wait_for()


def test_of_two_sounds_one_is_chosen(page, folder):
    test = make_test(folder, "preference")
    with visited(page, folder, test) as here:
        enter(page, address(here), "No")
        for number, digit in enumerate((1, 2, 3, 1)):
            page.get_by_text("Practice 1" if number == 0 else f"Pair {number} of 3").wait_for()
            page.keyboard.press("Space")
            page.get_by_text("Listen to B first").wait_for()
            page.keyboard.press("ArrowRight")
            page.get_by_text("Heard.").wait_for()
            page.keyboard.press(str(digit))
            page.keyboard.press("Enter")
            if number == 0:
                page.keyboard.press("Enter")
        page.get_by_text("All your answers are saved").wait_for()
    kept = stores.answers(folder / "answers.sqlite", test.id)
    assert [one.value for one in kept] == [1, 0, 0.5, 0.5, 0, 1, 1, 0]
    assert [(one.trial, one.stimulus) for one in kept] == [
        (trial, name) for trial, stimuli in test.orders[0].screens for name in stimuli
    ]


def test_several_sounds_are_rated_beside_the_reference(page, folder):
    test = make_test(folder, "mushra", seconds=0.8)
    with visited(page, folder, test) as here:
        enter(page, address(here))
        for screen in ("Practice 1 of 1", "Comparison 1 of 1"):
            page.get_by_text(screen).wait_for()
            page.keyboard.press("Space")
            for number, letter in enumerate("ABCD"):
                page.keyboard.press("ArrowRight")
                slider = page.get_by_role("slider", name=f"Sound {letter}: How close", disabled=False)
                slider.wait_for()
                for _ in range(number):
                    page.keyboard.press("PageUp")
                page.keyboard.press("ArrowUp")
                assert page.evaluate("Player.chosen()") == here_stimulus(test, screen, number)
            page.keyboard.press("r")
            assert page.evaluate("Player.chosen()") == test.trials[0].reference
            page.keyboard.press("Enter")
            if screen.startswith("Practice"):
                page.get_by_text("That was the practice").wait_for()
                page.keyboard.press("Enter")
        page.get_by_text("All your answers are saved").wait_for()
    kept = stores.answers(folder / "answers.sqlite", test.id)
    assert [one.value for one in kept] == [51, 61, 71, 81] * 2
    assert all(one.heard_ms >= 800 for one in kept)


def here_stimulus(test, screen: str, number: int) -> str:
    return test.orders[0].screens[0 if screen.startswith("Practice") else 1][1][number]


def test_headphones_are_checked(page, folder):
    test = make_test(folder)
    with visited(page, folder, test) as here:
        page.goto(address(here))
        page.get_by_label("No", exact=True).check()
        page.get_by_label("With headphones").check()
        page.get_by_label("I take part").check()
        page.get_by_role("button", name="Begin").click()
        for number in (1, 2, 3):
            page.get_by_text(f"Round {number} of 3").wait_for()
            page.keyboard.press("Space")
            page.get_by_role("button", name="Second", disabled=False).wait_for()
            page.keyboard.press("2")
        page.get_by_text("Set the volume").wait_for()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Start", disabled=False).click()
        page.get_by_text("Practice 1").wait_for()
    (me,) = stores.listeners(folder / "answers.sqlite", test.id)
    assert me.headphones in ("0/3", "1/3", "2/3", "3/3") and not me.expert


def test_the_page_without_a_server_gives_the_answers_as_a_file(page, folder, tmp_path):
    test = make_test(folder)
    shutil.copytree(write_static(folder, tmp_path / "out").parent, tmp_path / "elsewhere é")
    shutil.rmtree(folder / "audio")
    enter(page, (tmp_path / "elsewhere é" / "index.html").as_uri())
    rate(page, 5, 4)
    page.keyboard.press("Enter")
    for number in range(1, 8):
        page.get_by_text(f"Sound {number} of 7").wait_for()
        if number == 4:
            page.reload()
            page.get_by_text("Sound 4 of 7").wait_for()
        rate(page, 1 + number % 5, 3)
    page.get_by_text("One last step").wait_for()
    page.reload()
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download my answers").click()
    coming.value.save_as(tmp_path / "answers.json")
    page.get_by_role("button", name="Somebody else").wait_for()
    answers = read_downloaded(tmp_path / "answers.json", test)
    assert [one.value for one in answers] == [5, 4, *(value for n in range(1, 8) for value in (1 + n % 5, 3))]
    who = read_downloaded_listener(tmp_path / "answers.json", test)
    assert [one.trial for one in answers[::2]] == [trial for trial, _ in test.orders[who.number].screens]
    assert who.expert and {one.listener for one in answers} == {who.id}
    shown = json.loads(page.get_by_label("Your answers as text").input_value())
    assert len(shown["answers"]) == 16
    page.get_by_role("button", name="Somebody else").click()
    page.get_by_role("button", name="Begin").wait_for()


def test_a_loop_goes_round_to_the_sample(page, folder):
    """What the audio thread of the browser plays of a padded file is its sound over and over, bit by bit."""
    test = make_test(folder)
    sound = test.stimuli[3]
    with visited(page, folder, test) as here:
        page.goto(address(here))
        page.get_by_role("button", name="Begin").wait_for()
        played = page.evaluate(
            """async ([id, rounds]) => {
                const sound = (await (await fetch("test")).json()).stimuli[id];
                const buffer = Player.decode(await (await fetch(`audio/${id}.wav`)).arrayBuffer(), sound);
                const context = new OfflineAudioContext(1, rounds * sound.samples, sound.rate);
                const source = Player.sourceOf(context, { buffer, loop: sound.loop });
                source.connect(context.destination);
                source.start();
                return Array.from((await context.startRendering()).getChannelData(0));
            }""",
            [sound.id, 3],
        )
    stored, _ = soundfile.read(audio_path(folder, sound.id), dtype="float32")
    assert np.array_equal(np.asarray(played, np.float32), np.tile(stored[: sound.samples], 3))
    assert np.any(stored[: sound.samples]) and len(stored) > sound.samples


@pytest.mark.parametrize("kind", ["rating", "preference", "mushra"])
def test_on_a_phone_nothing_hangs_over_and_everything_has_a_name(chromium, folder, kind):
    test = make_test(folder, kind)
    with site(folder, test) as here:
        context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, color_scheme="dark")
        page = context.new_page()
        page.goto(address(here))
        page.get_by_role("button", name="Begin").wait_for()
        widths = [page.evaluate("document.documentElement.scrollWidth")]
        enter(page, address(here))
        widths.append(page.evaluate("document.documentElement.scrollWidth"))
        assert widths == [360, 360]
        unnamed = page.evaluate(
            """[...document.querySelectorAll("button, input")].filter((part) =>
                !part.getAttribute("aria-label") && !part.labels?.length && !part.textContent.trim()).length"""
        )
        small = page.evaluate(
            """[...document.querySelectorAll(".play, .face, .next, input[type=range]")].filter((part) =>
                part.getBoundingClientRect().height < 32 || part.getBoundingClientRect().width < 44).length"""
        )
        assert (unnamed, small) == (0, 0)
        context.close()
    assert needed_ms(test, test.stimuli[0]) > 0


def test_four_browsers_at_once_take_the_orders_in_turn(chromium, folder):
    test = make_test(folder)
    with site(folder, test) as here:
        pages = [chromium.new_context().new_page() for _ in range(4)]
        for page in pages:
            enter(page, address(here))
        for page in pages:
            rate(page, 3, 3)
        for page in pages:
            page.get_by_text("That was the practice").wait_for()
            page.keyboard.press("Enter")
        for page in pages:
            rate(page, 4, 4)
            page.get_by_text("Sound 2 of 7").wait_for()
            page.context.close()
    kept = stores.answers(folder / "answers.sqlite", test.id)
    second = Counter(one.trial for one in kept if one.value == 4 and one.question == "loopability")
    assert second == {test.orders[0].screens[1][0]: 2, test.orders[1].screens[1][0]: 2}
