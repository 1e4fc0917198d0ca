"""Words become controls, or a sentence that says what is wrong; the terminal, OSC and MIDI all end here."""

import threading

import pytest

from tritone.errors import UserError
from tritone.play.engine.controls import starting_controls
from tritone.play.engine.desk import HELP, KNOBS, Desk


@pytest.fixture
def desk():
    return Desk(starting_controls(4), shares=[0.5, 0.8, 0.95, 1.0], status=lambda: "playing")


TURNS = {
    "offset 1 1.5": {"offsets": (0.0, 1.5, 0.0, 0.0)},
    "scale 0.5": {"scale": 0.5},
    "scale 3 -2": {"scales": (1.0, 1.0, 1.0, -2.0)},
    "fidelity 0.9": {"dims": 3},
    "fidelity 0.8": {"dims": 2},
    "fidelity 1": {"dims": 4},
    "fidelity 0": {"dims": 1},
    "dims 2": {"dims": 2},
    "noise 0.3": {"noise": 0.3},
    "fill 1": {"fill": 1.0},
    "seed 7": {"seed": 7},
    "freeze": {"freeze": True},
    "freeze on": {"freeze": True},
    "bypass 1": {"bypass": True},
    "bypass off": {"bypass": False},
    "GAIN -6": {"gain_db": -6.0},
    "wet 0.25": {"wet": 0.25},
}


@pytest.mark.parametrize("line", TURNS)
def test_words_turn_exactly_what_they_name(desk, line):
    before = desk.controls
    reply = desk.apply(line.split())
    changed = {name for name in vars(before) if getattr(before, name) != getattr(desk.controls, name)}
    assert {name: getattr(desk.controls, name) for name in TURNS[line]} == TURNS[line]
    assert changed <= set(TURNS[line]) and reply


@pytest.mark.parametrize(
    "words", [["offset", 1, 1.5], ["offset", "1", "1.5"], ["offset", 1.0, 1.5], ["/offset".strip("/"), True, 1.5]]
)
def test_numbers_may_come_as_numbers_or_as_text(desk, words):
    assert desk.apply(words) == "offset 1 1.5" and desk.controls.offsets[1] == 1.5


MISTAKES = {
    "": "Name a control",
    "ofset 0 1": "did you mean offset",
    "frobnicate": "no control 'frobnicate'",
    "offset 0": "offset AXIS VALUE",
    "offset 4 1": "axes are 0 to 3",
    "offset -1 1": "axes are 0 to 3",
    "offset 0.5 1": "axes are 0 to 3",
    "offset x 1": "axes are 0 to 3",
    "offset 0 21": "from -20 to 20",
    "offset 0 nan": "from -20 to 20",
    "scale inf": "from -10 to 10",
    "scale 1 2 3": "3 values",
    "dims 0": "whole number from 1 to 4",
    "dims 2.5": "whole number from 1 to 4",
    "dims 5": "whole number from 1 to 4",
    "fidelity 1.5": "from 0 to 1",
    "gain": "0 values",
    "gain 30": "from -120 to 24",
    "freeze maybe": "on or off",
    "freeze on off": "on or off",
    "seed -1": "whole number",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_mistakes_change_nothing_and_are_told_in_a_sentence(desk, line):
    before = desk.controls
    with pytest.raises(UserError) as told:
        desk.apply(line.split())
    assert MISTAKES[line] in str(told.value) and "\n" not in str(told.value) and desk.controls is before


def test_fidelity_needs_a_model_that_knows():
    with pytest.raises(UserError, match="give dims"):
        Desk(starting_controls(4)).apply(["fidelity", 0.5])


@pytest.mark.parametrize("line", ["dims 2", "fidelity 0.5", "fill 1"])
def test_codes_and_angles_have_no_axes_to_leave_out(line):
    desk = Desk(starting_controls(4), shares=[0.5, 0.8, 0.95, 1.0], along_axes=False)
    with pytest.raises(UserError, match="codes or angles"):
        desk.apply(line.split())
    desk.apply(["offset", 0, 1])


def test_reset_leads_back_to_the_beginning(desk):
    desk.apply(["dims", 2])
    desk.begin()
    begun = desk.controls
    for line in TURNS:
        desk.apply(line.split())
    assert desk.controls != begun
    desk.apply(["reset"])
    assert desk.controls == begun


def test_questions(desk):
    desk.apply(["offset", 2, -1])
    shown = desk.apply(["show"])
    assert "dims 4 of 4" in shown and "offset 2 -1" in shown and "wet 1" in shown
    assert desk.apply(["status"]) == "playing" and desk.apply(["help"]) == HELP
    assert all(name in HELP for name in KNOBS)


def test_many_hands_lose_no_turn(desk):
    def turn(axis):
        for value in range(200):
            desk.apply(["offset", axis, value / 100])

    hands = [threading.Thread(target=turn, args=(axis,)) for axis in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert desk.controls.offsets == (1.99,) * 4
