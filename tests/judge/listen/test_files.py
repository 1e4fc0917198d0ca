"""A test survives being written and read, and whatever is wrong with its files is said in one sentence."""

import json
from dataclasses import replace

import pytest

from tritone.errors import UserError
from tritone.judge.listen import test as listening
from tritone.judge.listen.files import audio_path, is_id, read_key, read_test, write_test
from tritone.judge.listen.strict import Malformed

A, B, C, T1, T2, ID = (f"{number:032x}" for number in range(6))


def example():
    question = listening.Question("audio-quality", "How good?", ("Bad", "Poor", "Fair", "Good", "Excellent"))
    stimuli = tuple(listening.Stimulus(name, 2.0, 88_200, 44_100, True) for name in (A, B, C))
    trials = (listening.Trial(T1, (A, B), reference=C), listening.Trial(T2, (B, A), C, training=True))
    orders = (listening.Order(((T2, (A, B)), (T1, (B, A)))), listening.Order(((T2, (B, A)), (T1, (A, B)))))
    test = listening.Test(ID, "Größe ☂", "mushra", (question,), stimuli, trials, orders, 12.5)
    heard = {
        name: listening.Heard(system, "7", f"{system}/7.wav", -3.2) for name, system in ((A, "x"), (B, "y"), (C, "z"))
    }
    key = listening.Key(ID, heard, listening.Exclusion(3.0, 0.15), "audio-quality", {"version": "0"})
    return test, key


def test_what_is_written_is_read(tmp_path):
    test, key = example()
    write_test(tmp_path / "test", test, key)
    assert read_test(tmp_path / "test") == test
    assert read_key(tmp_path / "test") == key
    assert sorted(path.name for path in (tmp_path / "test").iterdir()) == ["key.json", "test.json"]


def test_the_test_says_nothing_of_the_key(tmp_path):
    test, key = example()
    write_test(tmp_path, test, key)
    text = (tmp_path / "test.json").read_text("utf-8")
    assert "x/7.wav" not in text and '"system"' not in text
    assert audio_path(tmp_path, A) == tmp_path / "audio" / f"{A}.wav"


def test_a_folder_that_is_no_test(tmp_path):
    with pytest.raises(UserError, match=r"is no listening test; make one with `tritone listen plan`"):
        read_test(tmp_path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda test: test.update(version=2), "of version 2"),
        (lambda test: test.pop("orders"), "lacks orders"),
        (lambda test: test.update(extra=1), "unknown entry 'extra'"),
        (lambda test: test.update(minutes="ten"), "test.minutes must be a number, not 'ten'"),
        (lambda test: test.update(minutes=float("nan")), "test.minutes must be a number"),
        (lambda test: test.update(minutes=True), "test.minutes must be a number"),
        (lambda test: test.update(kind="duel"), "test.kind must be one of rating, preference, mushra"),
        (lambda test: test["stimuli"][0].update(rate=44100.5), r"stimuli\[0\].rate must be a whole number"),
        (lambda test: test["stimuli"][0].update(loop=1), r"stimuli\[0\].loop must be true or false"),
        (lambda test: test["stimuli"][0].update(id="../../etc/passwd"), "is no id"),
        (lambda test: test["stimuli"][0].update(id=B), "stands twice"),
        (lambda test: test["trials"][0].update(stimuli=[A, T1]), "which is no stimulus"),
        (lambda test: test["orders"][0]["screens"][0].pop(), "must have 2 entries, not 1"),
        (lambda test: test["orders"][0]["screens"][0][1].pop(), "none of the trials"),
        (lambda test: test.update(questions=[]), "no questions"),
        (lambda test: test.update(trials=7), "test.trials must be a list, not 7"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, complaint):
    write_test(tmp_path, *example())
    content = json.loads((tmp_path / "test.json").read_text("utf-8"))
    change(content)
    (tmp_path / "test.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(UserError, match=complaint):
        read_test(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", "[" * 100_000, '{"version": 1'])
def test_what_is_no_json_object(tmp_path, text):
    (tmp_path / "test.json").write_text(text, "utf-8")
    with pytest.raises(UserError, match=r"test\.json is"):
        read_test(tmp_path)


def test_a_key_of_another_test(tmp_path):
    test, key = example()
    write_test(tmp_path, test, key)
    for wrong, complaint in (
        (replace(key, test=A), "another test"),
        (replace(key, stimuli={A: key.stimuli[A]}), "same stimuli"),
        (replace(key, primary="taste"), "not asked"),
    ):
        with pytest.raises(Malformed, match=complaint):
            write_test(tmp_path, test, wrong)
    (tmp_path / "key.json").unlink()
    with pytest.raises(UserError, match=r"has no key\.json"):
        read_key(tmp_path)


def test_ids():
    assert is_id(A)
    assert not any(map(is_id, ("", A[:-1], A + "0", A.replace("0", "G"), A + "\n", A.replace("0", "A"))))
