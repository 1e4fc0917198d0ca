"""The files of a listening test: `test.json` and `key.json`, read strictly and written whole or not at all."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tritone.errors import UserError
from tritone.judge.listen.strict import Malformed, decode, said
from tritone.judge.listen.test import Key, Test
from tritone.training.atomic import write_text

VERSION = 1
"""Of both files; another one is refused."""

TEST_NAME, KEY_NAME, AUDIO_NAME, ANSWERS_NAME = "test.json", "key.json", "audio", "answers.sqlite"

_ID = re.compile(r"[0-9a-f]{32}")


def is_id(text: str) -> bool:
    """Whether this can be the id of a test, trial or stimulus: 32 hexadecimal digits, safe in a path or a URL."""
    return _ID.fullmatch(text) is not None


def audio_path(folder: Path, stimulus: str) -> Path:
    """Where the sound of a stimulus is."""
    return Path(folder) / AUDIO_NAME / f"{stimulus}.wav"


def write_test(folder: Path, test: Test, key: Key) -> None:
    """Write both files into `folder`, which is made if need be; `test.json`, which makes it a test, comes last."""
    _check_test(test)
    _check_key(test, key)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / KEY_NAME, _text(key))
    write_text(folder / TEST_NAME, _text(test))


def read_test(folder: Path) -> Test:
    """What listeners may see. UserError where `folder` holds no test, or one that is damaged or of another version."""
    test: Test = _read(Path(folder), TEST_NAME, Test)
    _sound(_check_test, Path(folder) / TEST_NAME, test)
    return test


def read_key(folder: Path) -> Key:
    """What the stimuli are. UserError as for `read_test`, and where the key is another test's."""
    test, key = read_test(folder), _read(Path(folder), KEY_NAME, Key)
    _sound(_check_key, Path(folder) / KEY_NAME, test, key)
    return key


def _text(content: Test | Key) -> str:
    return json.dumps({"version": VERSION} | asdict(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _read(folder: Path, name: str, kind: type) -> Any:
    path = folder / name
    if not path.is_file():
        what = "" if name == TEST_NAME else f" (it has no {name})"
        raise UserError(f"{folder} is no listening test{what}; make one with `tritone listen plan`.")
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is damaged ({said(error)}); plan the test again.") from error
    version = content.pop("version", None) if isinstance(content, dict) else None
    if version != VERSION:
        raise UserError(f"{path} is of version {version}, not {VERSION}; use the Tritone that planned the test.")
    try:
        return decode(kind, content, name.removesuffix(".json"))
    except Malformed as error:
        raise UserError(f"{path} is damaged ({error}); plan the test again.") from error


def _sound(check: Any, path: Path, *parts: Any) -> None:
    """Runs a check; what it complains of is a UserError about the file."""
    try:
        check(*parts)
    except Malformed as error:
        raise UserError(f"{path} is damaged ({error}); plan the test again.") from error


def _check_test(test: Test) -> None:
    """Malformed where ids are not ids, not unique, or name nothing."""
    sounds = [stimulus.id for stimulus in test.stimuli]
    trials = {trial.id: trial for trial in test.trials}
    for identity in (test.id, *sounds, *trials):
        if not is_id(identity):
            raise Malformed(f"{identity!r} is no id")
    if len(set(sounds)) < len(sounds) or len(trials) < len(test.trials):
        raise Malformed("an id stands twice")
    known = set(sounds)
    for trial in test.trials:
        for name in (*trial.stimuli, *((trial.reference,) if trial.reference else ())):
            if name not in known:
                raise Malformed(f"trial {trial.id} names {name!r}, which is no stimulus")
    if not (test.questions and test.orders and test.trials):
        raise Malformed("it has no questions, no trials or no orders")
    for number, order in enumerate(test.orders):
        for identity, shown in order.screens:
            if identity not in trials or sorted(shown) != sorted(trials[identity].stimuli):
                raise Malformed(f"order {number} has a screen that is none of the trials")


def _check_key(test: Test, key: Key) -> None:
    """Malformed where the key is not this test's, or leaves a sound out."""
    if key.test != test.id:
        raise Malformed("it is the key of another test")
    if set(key.stimuli) != {stimulus.id for stimulus in test.stimuli}:
        raise Malformed("it does not name the same stimuli as the test")
    if key.primary not in {question.id for question in test.questions}:
        raise Malformed(f"its primary question {key.primary!r} is not asked")
