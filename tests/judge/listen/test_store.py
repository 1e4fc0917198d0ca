"""Answers on disk: once each, whole screens, many threads, and nothing of another test."""

import sqlite3
import threading
from dataclasses import fields, replace

import pytest
from listening import identity

from tritone.errors import UserError
from tritone.judge.listen import store as stores
from tritone.judge.listen.checks import Refused
from tritone.judge.listen.store import Counts, Store
from tritone.judge.listen.test import Answer

TEST = identity(1)


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "answers.sqlite", TEST)
    yield opened
    opened.close()


def answer(listener: str, trial: int = 0, value: float = 3.0, question: str = "q") -> Answer:
    return Answer(listener, identity(100 + trial), question, identity(200 + trial), value, 2500, "2026-01-01T00:00:00Z")


def test_the_table_has_the_fields_of_an_answer_and_nothing_else(store):
    rows = sqlite3.connect(store.path).execute("PRAGMA table_info(answers)").fetchall()
    assert [row[1] for row in rows] == [field.name for field in fields(Answer)]


def test_listeners_are_numbered_as_they_arrive_and_once_for_a_visit(store):
    first = store.arrive(identity(1), "Browser", "3/3", True)
    second = store.arrive(identity(2), "Browser", "loudspeakers", False)
    assert store.arrive(identity(1), "Other", "0/3", False) == first
    assert [first.number, second.number] == [0, 1]
    assert first.id != second.id and identity(1) not in (first.id, second.id)
    assert store.listener(second.id) == second
    assert store.listener(identity(3)) is None
    assert stores.listeners(store.path, TEST) == [first, second]


def test_what_was_added_is_read_back_in_order(store):
    who = store.arrive(identity(1), "Browser", "3/3", True).id
    given = [answer(who, trial, value) for trial, value in ((3, 1.0), (1, 5.0), (2, 0.5))]
    for one in given:
        store.add([one], last=9)
    assert stores.answers(store.path, TEST) == given
    assert set(store.trials(who)) == {one.trial for one in given}


def test_the_same_answer_twice_is_kept_once_even_when_heard_again(store):
    who = store.arrive(identity(1), "Browser", "3/3", True).id
    store.add([answer(who)], last=9)
    store.add([replace(answer(who), at="2026-01-02T00:00:00Z", heard_ms=9999)], last=9)
    assert stores.answers(store.path, TEST) == [answer(who)]


def test_another_value_is_refused_and_the_whole_screen_with_it(store):
    who = store.arrive(identity(1), "Browser", "3/3", True).id
    store.add([answer(who)], last=9)
    with pytest.raises(Refused, match="first answer stands") as refusal:
        store.add([answer(who, trial=7), answer(who, value=4.0)], last=9)
    assert refusal.value.status == 409
    assert stores.answers(store.path, TEST) == [answer(who)]


def test_an_unknown_listener_cannot_answer(store):
    with pytest.raises(sqlite3.IntegrityError):
        store.add([answer(identity(77))], last=9)
    assert store.counts() == Counts(0, 0, 0)


def test_the_last_answer_finishes_and_is_dated_once(store):
    who = store.arrive(identity(1), "Browser", "3/3", True).id
    store.add([answer(who, 0)], last=2)
    assert store.listener(who).finished == ""
    store.add([answer(who, 1)], last=2)
    finished = store.listener(who).finished
    store.add([answer(who, 1)], last=2)
    assert finished and store.listener(who).finished == finished
    assert store.counts() == Counts(1, 1, 2)


def test_many_threads_lose_and_double_nothing(store):
    """Eight threads on two connections to the same file, each screen sent twice."""
    other = Store(store.path, TEST)
    names = {}

    def listen(number):
        mine = (store, other)[number % 2]
        who = names[number] = mine.arrive(identity(number), "Browser", "3/3", False).id
        for trial in range(15):
            for _ in range(2):
                mine.add([answer(who, trial, question=q) for q in ("q", "r")], last=30)

    threads = [threading.Thread(target=listen, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    found = stores.answers(store.path, TEST)
    keys = {(one.listener, one.trial, one.question) for one in found}
    assert len(found) == len(keys) == 8 * 15 * 2
    assert sorted(who.number for who in stores.listeners(store.path, TEST)) == list(range(8))
    assert store.counts() == Counts(8, 8, 240)


def test_every_commit_is_flushed_to_a_write_ahead_log(store):
    settings = {
        name: store._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2}


def test_answers_to_another_test_are_not_mixed_in(store):
    with pytest.raises(UserError, match="another test"):
        Store(store.path, identity(2))
    with pytest.raises(UserError, match="another test"):
        stores.answers(store.path, identity(2))


def test_what_is_no_database_is_named(tmp_path):
    path = tmp_path / "answers.sqlite"
    with pytest.raises(UserError, match="nobody has answered"):
        stores.answers(path, TEST)
    path.write_text("no database at all, but long enough to be looked at as one")
    with pytest.raises(UserError, match="cannot hold answers"):
        Store(path, TEST)
    with pytest.raises(UserError, match="cannot be read"):
        stores.answers(path, TEST)


def test_a_full_test_takes_no_more_listeners(store, monkeypatch):
    monkeypatch.setattr(stores, "MOST_LISTENERS", 1)
    store.arrive(identity(1), "Browser", "3/3", True)
    with pytest.raises(Refused):
        store.arrive(identity(2), "Browser", "3/3", True)
    assert store.arrive(identity(1), "Browser", "3/3", True).number == 0
