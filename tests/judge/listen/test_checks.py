"""What counts as an answer, for each kind of test; anything else is refused with one sentence, never with a crash."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listening import identity, make_test, screen_rows

from tritone.judge.listen import test as made
from tritone.judge.listen.checks import Refused, count_of, needed_ms, order_of, parsed, screen_answers

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def tests(tmp_path_factory) -> dict[str, made.Test]:
    folder = tmp_path_factory.mktemp("tests")
    return {kind: make_test(folder / kind, kind) for kind in ("rating", "preference", "mushra")}


def check(test: made.Test, rows: object) -> tuple:
    return screen_answers(rows, test, test.orders[0], listener="me", at="now")


@pytest.mark.parametrize("kind", ["rating", "preference", "mushra"])
def test_a_whole_screen_is_taken_as_it_was_given(tests, kind):
    test = tests[kind]
    for screen in test.orders[0].screens:
        rows = screen_rows(test, screen)
        answers = check(test, rows)
        assert [(a.trial, a.question, a.stimulus, a.value, a.heard_ms) for a in answers] == [
            (row["trial"], row["question"], row["stimulus"], row["value"], row["heard_ms"]) for row in rows
        ]
        assert {(a.listener, a.at, type(a.value)) for a in answers} == {("me", "now", float)}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("rating", (1, 5, 2.0), (0, 6, 2.5, -1, True, "3", None, math.nan, [3])),
        ("mushra", (0, 100, 33.5), (-0.5, 100.5, True, "3", math.inf, math.nan, 10**400)),
    ],
)
def test_values_stay_within_their_scale(tests, kind, good, bad):
    test = tests[kind]
    for value in (*good, *bad):
        rows = screen_rows(test, test.orders[0].screens[1])
        rows[0]["value"] = value
        if any(value is one for one in good):
            assert check(test, rows)[0].value == value
        else:
            with pytest.raises(Refused, match="outside its scale"):
                check(test, rows)


@pytest.mark.parametrize(
    ("first", "second", "fine"), [(1, 0, 1), (0.5, 0.5, 1), (0, 1, 1), (1, 1, 0), (0, 0, 0), (0.5, 0, 0)]
)
def test_a_choice_between_two_is_one_choice(tests, first, second, fine):
    test = tests["preference"]
    rows = screen_rows(test, test.orders[0].screens[1])
    rows[0]["value"], rows[1]["value"] = first, second
    if fine:
        assert [one.value for one in check(test, rows)] == [first, second]
    else:
        with pytest.raises(Refused, match="one is chosen"):
            check(test, rows)


@pytest.mark.parametrize("heard", [0, -1, 699, 700.0, True, "900", None, 10**9])
def test_a_sound_that_was_not_heard_is_not_judged(tests, heard):
    test = tests["rating"]  # loops of 200 ms: once through and half a second past the seam is 700 ms
    rows = screen_rows(test, test.orders[0].screens[1])
    assert check(test, [row | {"heard_ms": 700} for row in rows])
    rows[0]["heard_ms"] = heard
    with pytest.raises(Refused, match="heard"):
        check(test, rows)


def test_how_long_must_be_heard(tests):
    def needed(kind, seconds, loop):
        sound = made.Stimulus(identity(0), seconds, round(48_000 * seconds), 48_000, loop)
        return needed_ms(tests[kind], sound)

    assert needed("rating", 4.0, loop=True) == needed("preference", 4.0, loop=True) == 4500
    assert needed("rating", 30.0, loop=True) == 30_500  # its seam comes late, and must be heard
    assert needed("rating", 4.0, loop=False) == 4000
    assert needed("rating", 30.0, loop=False) == 10_000
    assert needed("mushra", 10.0, loop=False) == needed("mushra", 10.0, loop=True) == 3000
    assert needed("mushra", 1.0, loop=False) == 1000


def test_half_a_screen_or_a_doubled_row_is_refused(tests):
    for test in tests.values():
        rows = screen_rows(test, test.orders[0].screens[1])
        for wrong in (rows[:-1], [*rows, rows[0]], [*rows[:-1], rows[0]]):
            with pytest.raises(Refused, match=r"as a whole|one is chosen"):
                check(test, wrong)


def test_what_the_test_does_not_have_is_refused(tests):
    test = tests["rating"]
    (trial, stimuli), (other, elsewhere) = test.orders[0].screens[1:3]
    rows = screen_rows(test, (trial, stimuli))
    for field, value, sentence in (
        ("question", "taste", "no such question"), ("question", 3, "no such question"),
        ("stimulus", identity(99), "no such sound"), ("stimulus", elsewhere[0], "no such sound"),
        ("stimulus", "../key.json", "no such sound"), ("trial", other, "several trials"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=sentence):
            check(test, [rows[0], rows[1] | {field: value}])
    for value in (identity(99), "", None, ["x"], {}):
        with pytest.raises(Refused, match="no such trial"):
            check(test, [row | {"trial": value} for row in rows])
    for wrong in ([row | {"more": 1} for row in rows], [{} for _ in rows]):
        with pytest.raises(Refused, match="fields"):
            check(test, wrong)


def test_counts_and_orders(tests):
    test = tests["rating"]
    assert count_of(test, test.orders[0]) == 8 * 2
    assert count_of(tests["mushra"], tests["mushra"].orders[0]) == 2 * 4
    assert [order_of(test, number) for number in range(3)] == [test.orders[0], test.orders[1], test.orders[0]]


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"3", b"nothing", b'{"a": NaN}', b'{"a": Infinity}', b"\xff\xfe{}", b"[" * 60_000, b'{"a":' * 9000,
     b'{"a": ' + b"1" * 60_000 + b"}"],
)  # fmt: skip
def test_a_body_that_is_no_object_is_refused(text):
    with pytest.raises(Refused, match="body"):
        parsed(text)


@settings(deadline=None, max_examples=100)
@given(
    rows=ANY
    | st.lists(st.fixed_dictionaries({name: ANY for name in ("trial", "question", "stimulus", "value", "heard_ms")}))
)
def test_nothing_else_than_a_refusal_comes_of_nonsense(tests, rows):
    for test in tests.values():
        with pytest.raises(Refused):
            check(test, rows)


@settings(deadline=None, max_examples=100)
@given(
    place=st.integers(0, 1), field=st.sampled_from(["trial", "question", "stimulus", "value", "heard_ms"]), value=ANY
)
def test_one_wrong_field_is_refused_or_was_right(tests, place, field, value):
    test = tests["rating"]
    rows = screen_rows(test, test.orders[0].screens[1])
    right = rows[place][field]
    rows[place][field] = value
    try:
        answers = check(test, rows)
    except Refused:
        return
    fits = {"value": value in (1, 2, 3, 4, 5), "heard_ms": type(value) is int and value >= 700}
    assert fits.get(field, value == right)
    assert json.dumps(answers[place].value)
