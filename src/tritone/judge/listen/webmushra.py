"""A test for webMUSHRA (Schoeffler et al., J. Open Res. Softw. 6, 2018), and its tables of answers back.

Its settings are YAML as its documentation for experimenters describes; stimuli keep their random names.
"""

import csv
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import yaml

from tritone.errors import UserError
from tritone.judge.listen.files import audio_path, is_id, read_key, read_test
from tritone.judge.listen.strict import said
from tritone.judge.listen.test import REAL, Answer, Key, Question, Stimulus, Test, Trial
from tritone.signal.files import read_audio, write_wav
from tritone.training.atomic import write_text

ROUNDS_SECONDS = 8.0
"""Loops go round for at least so long, in whole rounds: webMUSHRA plays files as they are."""
AUDIO = PurePosixPath("configs/resources/audio")
"""Where webMUSHRA looks for sound, below its own folder."""
REFERENCE = "reference"
"""What webMUSHRA calls the hidden reference, which it adds by itself."""


class _Dumper(yaml.SafeDumper):
    """Names in quotes: one of digits and a single "e" would be a number to webMUSHRA's reader."""


_Dumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"' if is_id(text) else None)
)


def export_webmushra(folder: Path, out: Path) -> list[Path]:
    """Write the test in `folder` for webMUSHRA: `configs/NAME-N.yaml` for each part of the listeners, and the sounds.

    The folder `out`, which must be new, is copied over that of webMUSHRA. Gives the paths of the settings. UserError
    for preference tests, which webMUSHRA can only show with one of both marked as the reference.
    """
    test, key = read_test(folder), read_key(folder)
    if test.kind == "preference":
        raise UserError(
            "webMUSHRA shows pairs only with one of them marked as the reference; use `tritone listen serve`."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is there already; give the export a new folder with --out.")
    place = out / AUDIO / test.id
    place.mkdir(parents=True)
    longest = max(_played(stimulus) for stimulus in test.stimuli)
    for stimulus in test.stimuli:
        write_wav(place / f"{stimulus.id}.wav", _sound(folder, stimulus, longest), stimulus.rate, "PCM_16")
    written = []
    for number, part in enumerate(_parts(test), 1):
        path = out / "configs" / f"{test.id}-{number}.yaml"
        settings = _settings(test, key, part)
        write_text(path, yaml.dump(settings, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))
        written.append(path)
    return written


def _parts(test: Test) -> list[tuple[Trial, ...]]:
    """The different sets of trials that listeners get, training first."""
    trials = {trial.id: trial for trial in test.trials}
    found = dict.fromkeys(tuple(sorted(name for name, _ in order.screens)) for order in test.orders)
    return [tuple(sorted((trials[name] for name in part), key=lambda trial: not trial.training)) for part in found]


def _settings(test: Test, key: Key, trials: tuple[Trial, ...]) -> dict[str, Any]:
    training = [trial for trial in trials if trial.training]
    counted = [trial for trial in trials if not trial.training]
    welcome = {"type": "generic", "id": "welcome", "name": test.title, "content": "Please listen with headphones."}
    volume = {
        "type": "volume", "id": "volume", "name": "Loudness", "content": "Set a loudness that is comfortable.",
        "stimulus": _file(test, training[0].stimuli[0]), "defaultVolume": 0.5,
    }  # fmt: skip
    finish = {
        "type": "finish", "name": "Thank you", "content": "That was all.", "showResults": False, "writeResults": True,
        "questionnaire": [{"type": "text", "label": "Any name that you make up", "name": "listener"}],
    }  # fmt: skip
    pages = [*_pages(test, key, training, "Training"), ["random", *_pages(test, key, counted, "Listen")]]
    return {
        "testname": test.title,
        "testId": test.id,
        "bufferSize": 2048,
        "stopOnErrors": True,
        "showButtonPreviousPage": False,
        "remoteService": "service/write.php",
        "pages": [welcome, volume, *pages, finish],
    }


def _pages(test: Test, key: Key, trials: list[Trial], name: str) -> Iterator[dict[str, Any]]:
    if test.kind == "mushra":
        for trial in trials:
            conditions = [
                one for one in trial.stimuli if key.stimuli[one].system != REAL
            ]  # it adds the hidden reference
            yield {
                "type": "mushra", "id": trial.id, "name": name, "content": test.questions[0].text,
                "showWaveform": False, "enableLooping": True, "reference": _file(test, trial.reference),
                "createAnchor35": False, "createAnchor70": False, "randomize": True, "showConditionNames": False,
                "stimuli": {one: _file(test, one) for one in conditions},
            }  # fmt: skip
        return
    for trial in trials:
        yield {
            "type": "likert_single_stimulus", "id": trial.id, "name": name,
            "content": "<br>".join(question.text for question in test.questions), "mustRate": True,
            "mustPlayback": "ended", "stimuli": {one: _file(test, one) for one in trial.stimuli},
            "response": [_scale(question) for question in test.questions],
        }  # fmt: skip


def _scale(question: Question) -> list[dict[str, Any]]:
    """The words from the best to the worst, each with its grade."""
    return [{"value": grade, "label": word} for grade, word in reversed(list(enumerate(question.words, 1)))]


def _file(test: Test, stimulus: str) -> str:
    return str(AUDIO / test.id / f"{stimulus}.wav")


def _played(stimulus: Stimulus) -> int:
    """Samples of what is heard once a sound is played."""
    if not stimulus.loop:
        return stimulus.samples
    return stimulus.samples * max(1, int(np.ceil(ROUNDS_SECONDS * stimulus.rate / stimulus.samples)))


def _sound(folder: Path, stimulus: Stimulus, longest: int) -> np.ndarray:
    """A sound as long as the longest of the test: webMUSHRA refuses pages whose files differ in length."""
    audio, _ = read_audio(audio_path(folder, stimulus.id), frames=stimulus.samples)
    rounds = _played(stimulus) // stimulus.samples
    audio = np.tile(audio, rounds)
    return np.pad(audio, ((0, 0), (0, longest - audio.shape[-1])))


def read_webmushra(path: Path, test: Test, key: Key) -> list[Answer]:
    """The answers in a table that webMUSHRA wrote (`mushra.csv` or `lss.csv`); rows of other tests are left out.

    Listeners are told apart by `session_uuid`, where there is one, and the name that they made up. UserError where it
    is no such table.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        found = [answer for row in rows if row["session_test_id"] == test.id for answer in _answers(row, test, key)]
    except (LookupError, TypeError, ValueError, ArithmeticError, csv.Error) as error:
        raise UserError(
            f"{path} is no table of webMUSHRA for this test ({said(error)}); give mushra.csv or lss.csv."
        ) from error
    return found


def _answers(row: dict[str, str], test: Test, key: Key) -> Iterator[Answer]:
    trial = {trial.id: trial for trial in test.trials}[row["trial_id"]]
    listener = " ".join(filter(None, (row.get("session_uuid"), row.get("listener")))) or "unnamed"
    heard = round(float(row["rating_time"]))
    if test.kind == "mushra":
        stimulus = row["rating_stimulus"]
        if stimulus == REFERENCE:
            real = [name for name in trial.stimuli if key.stimuli[name].system == REAL]
            stimulus = real[0]
        yield Answer(listener, trial.id, test.questions[0].id, stimulus, float(row["rating_score"]), heard, "")
        return
    for number, question in enumerate(test.questions, 1):
        name = "stimuli_rating" if len(test.questions) == 1 else f"stimuli_rating{number}"
        yield Answer(listener, trial.id, question.id, row["stimuli"], float(row[name]), heard, "")
