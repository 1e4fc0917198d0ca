"""`tritone evaluate` as a user has it: folders and runs judged, and what cannot be judged refused in one sentence."""

import csv
import json
import math
import shutil

import numpy as np
import pytest
import soundfile
from acting import RATE, hit, run_inside
from little_gan import LITTLE, ORDINARY

import tritone
from tritone.families.gan.model import build
from tritone.judge.compare.models import trained_by
from tritone.judge.evaluation import SCHEMA, Evaluation, as_csv, as_json
from tritone.judge.figure import Figure, Metric

GROUPS = ("likeness", "variety", "copies", "sound")


def fill(folder, numbers, change=lambda audio: audio):
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        soundfile.write(folder / f"hit-{number}.wav", change(hit(number)), RATE, subtype="FLOAT")
    return folder


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A dataset of sixty hits, of which about twenty are held out. Read only."""
    folder = tmp_path_factory.mktemp("real")
    fill(folder / "sounds", range(0, 120, 2))
    assert run_inside("prepare", folder / "sounds", "--out", folder / "data", "--validation", "0.35") == 0
    return folder / "data"


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    """Twenty hits of the same kind. Read only."""
    return fill(tmp_path_factory.mktemp("new") / "sounds", range(1, 121, 6))


def judged(samples, real, embeddings=("logmel",), **more):
    return tritone.evaluate(samples, real, embeddings=embeddings, **more)


@pytest.fixture(scope="module")
def fine(new, real):
    return judged(new, real)


def test_every_figure_has_its_number_its_interval_and_real_sound_beside(fine):
    assert {figure.metric.group for figure in fine.figures} == set(GROUPS)
    for figure in fine.figures:
        assert math.isfinite(figure.value) and figure.n == 20 and figure.metric.about.endswith(".")
        assert figure.real is not None, figure.metric.key
        if figure.metric.key != "ndb":
            assert figure.low <= figure.value <= figure.high, figure.metric.key
    assert fine.count == 20 and len(fine.copies) == 20
    assert any("Only 20 sounds" in warning for warning in fine.warnings)


def test_the_same_sounds_get_the_same_figures(fine, new, real):
    assert judged(new, real) == fine


def test_noise_and_copies_are_told_from_new_sound(fine, real, tmp_path):
    rng = np.random.default_rng(0)
    noisy = judged(fill(tmp_path / "n", range(1, 121, 6), lambda a: a + 0.1 * rng.standard_normal(a.shape)), real)
    for key in ("kd-logmel", "fd-logmel", "w1-flatness"):
        assert noisy.figure(key).low > fine.figure(key).value, key
    copied = judged(fill(tmp_path / "c", range(0, 120, 6), lambda a: 0.5 * a), real, ())
    assert copied.figure("copies").value > fine.figure("copies").value + 30
    assert copied.copies[0].likeness > 0.999 and copied.copies[0].suspect


def test_inputs_are_paired_by_name_and_cut_to_the_shorter(real, tmp_path):
    inputs = fill(tmp_path / "in", range(15))
    outputs = fill(tmp_path / "out", range(15), lambda audio: audio[:-100])
    fill(outputs, [99])
    found = judged(outputs, real, (), inputs=inputs)
    assert found.figure("mel-distance").value == 0 and found.figure("mel-distance").n == 15
    assert found.figure("si-sdr").value == 100
    assert any("no file of their name" in warning for warning in found.warnings)
    assert any("not as long" in warning for warning in found.warnings)


def test_few_sounds_are_judged_in_what_few_can_tell(real, tmp_path):
    found = judged(fill(tmp_path / "few", (1, 3)), real)
    assert found.figure("kd-logmel") is None and found.figure("loudness").n == 2
    assert any("12 sounds" in warning for warning in found.warnings)


def test_loops_are_measured_where_somebody_says_so(real, tmp_path):
    folder = fill(tmp_path / "loops", (1, 3, 5))
    assert judged(folder, real, loops=False).figure("seam-jump") is None
    assert judged(folder, real, loops=True).figure("seam-jump").n == 3


def test_a_count_takes_files_evenly_and_other_rates_are_said(real, tmp_path):
    folder = tmp_path / "low"
    folder.mkdir()
    for number in range(6):
        soundfile.write(folder / f"{number}.wav", hit(number, 11_025), RATE // 2)
    found = judged(folder, real, count=3)
    assert found.count == 3 and list(found.figure("true-peak").by_file) == ["0.wav", "2.wav", "4.wav"]
    assert any("22050 Hz" in warning for warning in found.warnings)


def test_a_plain_folder_of_real_sound_is_a_reference_without_held_out_sound(new, tmp_path):
    found = judged(new, fill(tmp_path / "plain", range(0, 40, 2)))
    assert found.figure("kd-logmel").real is None and found.figure("copies") is None
    assert any("plain folder" in warning for warning in found.warnings)


def test_a_run_is_judged_by_what_it_makes_of_fixed_seeds(trained, real):
    found = judged(trained, real, count=13)
    keys = {figure.metric.key for figure in found.figures}
    assert {"kd-logmel", "mel-distance", "speed-generate", "speed-reconstruct", "memory", "latency"} <= keys
    assert list(found.figure("true-peak").by_file)[:2] == ["seed 0", "seed 1"] and found.count == 13
    again = judged(trained, real, count=2, speed=False)
    assert again.figure("memory") is None
    for name, value in again.figure("true-peak").by_file.items():
        assert found.figure("true-peak").by_file[name] == value


def test_a_gan_says_which_networks_trained_it():
    assert trained_by(build(LITTLE)) == {"musicnn-mtt"}
    assert trained_by(build(ORDINARY)) == frozenset()


def test_json_and_csv_hold_what_was_found(fine):
    values = json.loads(as_json(fine))
    assert values["schema"] == SCHEMA and values["count"] == 20 and values["facts"]["seed"] == 0
    assert [one["key"] for one in values["figures"]] == [figure.metric.key for figure in fine.figures]
    first = values["figures"][0]
    assert first["value"] == fine.figures[0].value and first["unit"] == "100 MMD²" and first["n"] == 20
    assert values["copies"][0]["likeness"] == fine.copies[0].likeness
    rows = list(csv.DictReader(as_csv(fine).splitlines()))
    assert len(rows) == len(fine.figures) and float(rows[0]["value"]) == fine.figures[0].value


def test_numbers_that_are_none_are_written_as_nothing():
    metric = Metric("m", "M", "About.", "", "", "sound")
    odd = Evaluation("a", "b", 2, (Figure(metric, math.nan, 2, -math.inf),))
    assert json.loads(as_json(odd))["figures"][0]["value"] is None
    assert next(csv.DictReader(as_csv(odd).splitlines()))["low"] == ""


def test_the_command_prints_tables_and_writes_files(done, new, real, tmp_path):
    words = ("evaluate", new, "--reference", real, "--embeddings", "logmel", "--json", tmp_path / "e.json")
    out = done(*words, "--csv", tmp_path / "e.csv").out
    for said in (
        "Kernel distance (logmel)",
        "95 % interval",
        "real sound",
        "Only 20 sounds",
        "lower is better",
        "like",
    ):
        assert said in out, said
    assert "lower is better" not in done(*words[:6], "--count", 2, "--brief").out
    assert json.loads((tmp_path / "e.json").read_text("utf-8"))["schema"] == SCHEMA
    assert (tmp_path / "e.csv").read_text("utf-8").startswith("metric,name")


def test_what_cannot_be_judged_is_refused_in_one_sentence(refused, new, real, data, tmp_path):
    def sentence(samples, *more, reference=real):
        return refused("evaluate", samples, "--reference", reference, "--embeddings", "logmel", *more)

    (tmp_path / "empty").mkdir()
    assert "no sound" in sentence(tmp_path / "empty")
    assert "no run or folder" in sentence(tmp_path / "nowhere")
    assert "only one sound" in sentence(fill(tmp_path / "one", [1]))
    assert "silent" in sentence(fill(tmp_path / "silent", (1, 2), lambda audio: 0 * audio))
    assert "not numbers" in sentence(fill(tmp_path / "nan", (1, 2), lambda audio: audio * math.nan))
    assert "lasts only" in sentence(fill(tmp_path / "short", (1, 2), lambda audio: audio[:900]))
    assert "is a dataset" in sentence(real)
    assert "not a folder" in sentence(new, reference=tmp_path / "no-data")
    assert "no sound" in sentence(new, reference=tmp_path / "empty")
    assert "embedding 'ears'" in refused("evaluate", new, "--reference", real, "--embeddings", "ears")
    assert "different names" in refused("evaluate", new, "--reference", real, "--embeddings", "logmel,logmel")
    assert "has the name" in sentence(new, "--inputs", fill(tmp_path / "others", (500, 502)))
    assert "make it first" in sentence(new, "--json", tmp_path / "no" / "e.json")
    assert "--count" in sentence(new, "--count", 1)


def test_data_without_held_out_sound_is_refused(refused, new, tmp_path):
    fill(tmp_path / "sounds", range(4))
    assert run_inside("prepare", tmp_path / "sounds", "--out", tmp_path / "data", "--validation", 0) == 0
    assert "validation split" in refused("evaluate", new, "--reference", tmp_path / "data")
    shutil.rmtree(tmp_path / "data")
