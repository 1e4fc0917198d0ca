"""`tritone listen` as a user types it: plan, answers from everywhere, analyse, export."""

import csv
import json
from dataclasses import asdict

import numpy as np
import pytest
import soundfile
import yaml
from sounding import folders

from tritone.judge.compare.manifest import Manifest, Sound, write_manifest
from tritone.judge.listen.checks import FIELDS
from tritone.judge.listen.files import audio_path, read_key, read_test
from tritone.judge.listen.store import Store
from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, REAL, Answer

GRADES = {"sys1": 2, "sys2": 4, REAL: 5, ANCHOR: 1, MID_ANCHOR: 3}
WHEN = "2024-05-06T07:08:09.000+00:00"


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    return folders(tmp_path_factory.mktemp("systems"), systems=2, count=13, samples=4000)


@pytest.fixture
def planned(places, done, tmp_path):
    """`planned(*words)` plans a test and gives its folder."""

    def make(*words):
        names, real = places
        done("listen", "plan", *names, "--real", real, "--out", tmp_path / "test", "--items", 8, "--seed", 1, *words)
        return tmp_path / "test"

    return make


def answers_of(folder, number, scale=1.0):
    """All answers of one listener who hears everything as it is, give or take a grade."""
    test, key = read_test(folder), read_key(folder)
    rng = np.random.default_rng(number)
    order = test.orders[number % len(test.orders)]
    for trial, stimuli in order.screens:
        grades = [GRADES[key.stimuli[name].system] for name in stimuli]
        for question in test.questions:
            if test.kind == "preference":
                values = [float(grades[0] > grades[1]), float(grades[0] < grades[1])]
            else:
                values = np.clip(np.array(grades) + rng.integers(-1, 1, len(grades)), 1, 5) * scale
            for name, value in zip(stimuli, values, strict=True):
                yield Answer(f"{number:032x}", trial, question.id, name, float(value), 5000, WHEN)


def listen(folder, listeners, scale=1.0):
    """So many listeners answer, into the database."""
    test = read_test(folder)
    store = Store(folder / "answers.sqlite", test.id)
    for number in range(listeners):
        person = store.arrive(f"{number:032x}", "browser", "3/3", number % 2 == 0)
        rows = [Answer(**asdict(row) | {"listener": person.id}) for row in answers_of(folder, number, scale)]
        store.add(rows, len(rows))
    store.close()


def test_a_rating_from_plan_to_report(planned, done, tmp_path):
    folder = planned("--questions", "audio-quality,loopability,drumness", "--title", "Which is better?")
    listen(folder, 9)
    said = done("listen", "analyse", folder)
    assert "9 listeners count." in said.out and "sys2 is better than sys1" in said.out
    assert "pilot" not in said.out
    out = folder / "analysis"
    assert sorted(path.name for path in out.iterdir()) == [
        "analysis.json", "answers.csv", "answers.jsonl", "report.md", "scores.png", "scores.svg"
    ]  # fmt: skip
    report = (out / "report.md").read_text("utf-8")
    for word in (
        "P.800", "drumness (beside it)", "audio-quality (decides)", "A listener does not count who", "up to 8 kHz",
        "9, of whom 9 count; 5 work with sound, 9 passed", "Scores of different tests must not be compared",
        f"tritone listen analyse {folder}",
    ):  # fmt: skip
        assert word in report, word
    assert soundfile is not None and (out / "scores.png").stat().st_size > 10_000
    figures = json.loads((out / "analysis.json").read_text("utf-8"))
    assert [result["question"] for result in figures["results"]] == ["audio-quality", "loopability", "drumness"]
    means = {score["system"]: score["mean"] for score in figures["results"][0]["scores"]}
    assert list(means) == ["sys1", "sys2", REAL, ANCHOR]
    assert means["sys1"] == pytest.approx(1.5, abs=0.15) and means["sys2"] == pytest.approx(3.5, abs=0.15)
    as_json = json.loads(done("listen", "analyse", folder, "--json").out)
    assert as_json == figures


def test_the_raw_data_name_nobody_and_give_the_same_result(planned, done, tmp_path):
    folder = planned()
    listen(folder, 8)
    before = json.loads(done("listen", "analyse", folder, "--json", "--out", tmp_path / "first").out)
    rows = [json.loads(line) for line in (tmp_path / "first" / "answers.jsonl").read_text("utf-8").splitlines()]
    assert {row["listener"] for row in rows} == {f"L{number:02d}" for number in range(1, 9)}
    assert all(len(row["at"]) == 10 for row in rows) and all(row["system"] in GRADES for row in rows)
    with open(tmp_path / "first" / "answers.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [{name: str(value) for name, value in row.items()} for row in rows] == table
    (folder / "answers.sqlite").unlink()
    after = done(
        "listen",
        "analyse",
        folder,
        "--json",
        "--answers",
        tmp_path / "first" / "answers.jsonl",
        "--out",
        tmp_path / "b",
    )
    assert json.loads(after.out) == before


def test_downloaded_answers_are_read_one_by_one_or_as_a_folder(planned, done, refused, tmp_path):
    folder = planned()
    test = read_test(folder)
    (tmp_path / "mail").mkdir()
    for number in range(3):
        who = {
            "id": f"{number:032x}", "order": number, "browser": "b", "headphones": "3/3", "expert": False,
            "started": WHEN, "finished": WHEN,
        }  # fmt: skip
        content = {
            "format": "tritone-listen-answers", "version": 1, "test": test.id, "listener": who,
            "answers": [asdict(row) for row in answers_of(folder, number)],
        }  # fmt: skip
        (tmp_path / "mail" / f"{number}.json").write_text(json.dumps(content))
    listen(folder, 1)
    said = done("listen", "analyse", folder, "--answers", tmp_path / "mail", tmp_path / "mail" / "1.json")
    assert "4 listeners count." in said.out and "This is a pilot" in said.out
    assert "is better than" not in said.out
    assert set(FIELDS) <= {*asdict(next(answers_of(folder, 0)))}
    content["test"] = "0" * 32
    (tmp_path / "other.json").write_text(json.dumps(content))
    assert "another test" in refused("listen", "analyse", folder, "--answers", tmp_path / "other.json")


def test_a_preference_from_plan_to_report(planned, done):
    folder = planned("--kind", "preference", "--items", "6")
    listen(folder, 8)
    said = done("listen", "analyse", folder)
    assert "real sound is preferred to sys1 (100 % of choices)" in said.out
    assert "strength" in said.out
    report = (folder / "analysis" / "report.md").read_text("utf-8")
    assert "prefers the anchor to real sound in more than 34 %" in report


def test_mushra_from_plan_to_report_here_and_through_webmushra(planned, done, refused, tmp_path):
    folder = planned("--kind", "mushra", "--items", "6")
    test, key = read_test(folder), read_key(folder)
    (settings_path,) = done("listen", "export", folder, "--to", "webmushra", "--out", tmp_path / "web").paths
    settings = yaml.safe_load(settings_path.read_text("utf-8"))
    assert settings["testId"] == test.id and settings["pages"][-1]["type"] == "finish"
    (choice,) = [page for page in settings["pages"] if isinstance(page, list)]
    assert choice[0] == "random" and len(choice) == 7
    for page in choice[1:]:
        names = list(page["stimuli"])
        assert sorted(key.stimuli[name].system for name in names) == [ANCHOR, MID_ANCHOR, "sys1", "sys2"]
        for path in (page["reference"], *page["stimuli"].values()):
            audio, _ = soundfile.read(tmp_path / "web" / path)
            name = path.split("/")[-1].removesuffix(".wav")
            assert np.array_equal(audio, soundfile.read(audio_path(folder, name))[0][: len(audio)])
    table = [
        [
            "session_test_id",
            "listener",
            "session_uuid",
            "trial_id",
            "rating_stimulus",
            "rating_score",
            "rating_time",
            "rating_comment",
        ]
    ]
    for number in range(8):
        for row in answers_of(folder, number, scale=20):
            name = "reference" if key.stimuli[row.stimulus].system == REAL else row.stimulus
            score = 100 if name == "reference" else row.value
            table.append([test.id, "me", f"u{number}", row.trial, name, score, 3000, ""])
    table.append(["of-another-test", "me", "u", "t", "x", 1, 1, ""])
    with open(tmp_path / "mushra.csv", "w", newline="") as file:
        csv.writer(file).writerows(table)
    said = done("listen", "analyse", folder, "--answers", tmp_path / "mushra.csv")
    assert "8 listeners count." in said.out and "sys2 is better than sys1" in said.out and "points" in said.out
    (tmp_path / "strange.csv").write_text("a,b\n1,2\n")
    assert "no table of webMUSHRA" in refused("listen", "analyse", folder, "--answers", tmp_path / "strange.csv")


def test_ratings_for_webmushra(places, done, refused, tmp_path):
    names, real = places
    words = ("listen", "plan", *names, "--real", real, "--loops", "--items", 6, "--minutes", 3, "--seed", 2)
    done(*words, "--out", tmp_path / "test")
    test = read_test(tmp_path / "test")
    written = done("listen", "export", tmp_path / "test", "--to", "webmushra", "--out", tmp_path / "web").paths
    assert len(written) == 2  # as many parts as listeners get
    shown = []
    for path in written:
        pages = yaml.safe_load(path.read_text("utf-8"))["pages"]
        shown += next(page for page in pages if isinstance(page, list))[1:]
    assert len(shown) == 6 * 4 and {page["type"] for page in shown} == {"likert_single_stimulus"}
    assert [answer["label"] for answer in shown[0]["response"][0]] == ["Excellent", "Good", "Fair", "Poor", "Bad"]
    assert [answer["value"] for answer in shown[0]["response"][1]] == [5, 4, 3, 2, 1]
    (name,) = shown[0]["stimuli"]
    audio, rate = soundfile.read(tmp_path / "web" / shown[0]["stimuli"][name])
    (stimulus,) = [stimulus for stimulus in test.stimuli if stimulus.id == name]
    assert 8 <= len(audio) / rate < 9 and len(audio) % stimulus.samples == 0
    assert np.array_equal(audio[: stimulus.samples], audio[stimulus.samples : 2 * stimulus.samples])
    trial = shown[0]["id"]
    with open(tmp_path / "lss.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["session_test_id", "listener", "trial_id", "stimuli_rating1", "stimuli_rating2", "stimuli", "rating_time"]
        )
        table.writerow([test.id, "me", trial, 4, 5, name, 9000])
    raw = done("listen", "analyse", tmp_path / "test", "--answers", tmp_path / "lss.csv", "--out", tmp_path / "out")
    assert "0 listeners count (1 of 1 left out by the rule)" in raw.out
    rows = [json.loads(line) for line in (tmp_path / "out" / "answers.jsonl").read_text().splitlines()]
    assert [(row["question"], row["value"]) for row in rows] == [("audio-quality", 4.0), ("loopability", 5.0)]


def make_report(root, places, kind):
    """What `tritone compare` leaves of two systems, as far as a listening test needs it."""
    names, real = places
    sounds = []
    for name, folder in (("real", real), *((name.split("=")[0], name.split("=")[1]) for name in names)):
        (root / "sounds" / name).mkdir(parents=True)
        for number in range(5):
            audio, rate = soundfile.read(f"{folder}/item-{number:02d}.wav")
            file = f"sounds/{name}/{number}.wav"
            soundfile.write(root / file, audio, rate, subtype="FLOAT")
            sounds.append(
                Sound(
                    file, name, "real" if name == "real" else kind, f"seed {number}", rate, 1, len(audio), loop=False,
                    loudness=-30.0, gain=0.0, real=f"sounds/real/{4 - number}.wav" if name != "real" else file,
                )
            )  # fmt: skip
    write_manifest(root, Manifest(-23.0, tuple(sounds)))


def test_a_report_is_a_source(places, done, refused, tmp_path):
    (tmp_path / "report").mkdir()
    make_report(tmp_path / "report", places, "generated")
    planned = json.loads(done("listen", "plan", tmp_path / "report", "--out", tmp_path / "test", "--json").out)
    assert planned["items"] == 4 and planned["per_listener"] == 4 and "these sounds only" in planned["notes"][0]
    for heard in read_key(tmp_path / "test").stimuli.values():
        number = int(heard.item.split()[1])
        hidden = heard.system in (REAL, ANCHOR)
        assert heard.source.endswith(
            f"sounds/real/{4 - number}.wav" if hidden else f"sounds/{heard.system}/{number}.wav"
        )
    assert "--of" in refused("listen", "plan", tmp_path / "report", "--out", tmp_path / "b", "--kind", "mushra")
    assert "--real" in refused("listen", "plan", tmp_path / "report", "--real", tmp_path, "--out", tmp_path / "b")


def test_a_page_without_a_server(planned, done, tmp_path):
    folder = planned("--items", "2")
    (page,) = done("listen", "export", folder, "--to", "page", "--out", tmp_path / "page").paths
    assert page.stat().st_size > 50_000 and "sys1" not in page.read_text("utf-8")


def test_what_is_planned_is_said(places, done, tmp_path):
    names, real = places
    said = done(
        "listen", "plan", *names, "--real", real, "--out", tmp_path / "t", "--exclude-below", 2, "--exclude-share", 0.5
    )
    assert "12 sounds of each system" in said.out and "8 listeners ±" in said.out and "listen serve" in said.out
    rule = read_key(tmp_path / "t").exclusion
    assert (rule.real_below, rule.share, rule.over_anchor) == (2, 0.5, True)
    made = read_key(tmp_path / "t").made
    assert made["command"].startswith("tritone listen plan sys1=") and made["version"]


def test_what_is_refused(planned, refused, places, tmp_path):
    names, real = places
    folder = planned()
    assert "no answers" in refused("listen", "analyse", folder)
    assert "no listening test" in refused("listen", "analyse", tmp_path)
    assert "is not there" in refused("listen", "analyse", folder, "--answers", tmp_path / "none.json")
    (tmp_path / "raw.jsonl").write_text('{"listener": "x"}\n')
    assert "Line 1" in refused("listen", "analyse", folder, "--answers", tmp_path / "raw.jsonl")
    assert "VERB" in refused("listen") or "verb" in refused("listen")
    assert "plan" in refused("listen", "plam")
    assert "new folder" in refused("listen", "plan", *names, "--real", real, "--out", folder)


def test_help_names_all_options(done):
    helping = done("listen", "--help").out
    for option in ("--real", "--questions", "--host", "--token", "--answers", "--to"):
        assert option in helping
    assert "five words" in done("listen", "plan", "--help").out
