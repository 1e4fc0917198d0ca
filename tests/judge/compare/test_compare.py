"""A whole comparison of folders: what it holds, that it tells near from far, and what it refuses."""

import csv
import json
import re

import numpy as np
import pytest
import soundfile

from tritone.errors import UserError
from tritone.judge.compare.compare import Options, compare
from tritone.judge.compare.manifest import read_manifest
from tritone.judge.compare.verdicts import SURE

COUNT = 14


@pytest.fixture(scope="module")
def data(report):
    return json.loads((report / "report.json").read_text(encoding="utf-8"))


def test_all_of_it_is_there(report):
    assert sorted(path.name for path in report.iterdir()) == [
        "index.html", "manifest.json", "report.csv", "report.json", "report.md", "sounds",
    ]  # fmt: skip
    manifest = read_manifest(report)
    assert manifest.systems() == ("near", "noise") and manifest.systems("reconstructed") == ("back",)
    assert len(manifest.sounds) == 4 * COUNT
    assert len(list((report / "sounds").rglob("*.wav"))) == 4 * COUNT


def test_files_are_the_sounds_as_they_came(report, folders):
    manifest = read_manifest(report)
    (sound,) = [sound for sound in manifest.of("noise") if sound.item == "f03.wav"]
    came, rate = soundfile.read(folders / "far/f03.wav", dtype="float32")
    kept, same = soundfile.read(report / sound.file, dtype="float32")
    assert rate == same and np.array_equal(came, kept)
    (back,) = [sound for sound in manifest.of("back", "reconstructed") if sound.item == "hit 03.wav"]
    assert np.array_equal(soundfile.read(report / back.real, dtype="float32")[0],
                          soundfile.read(folders / "real/hit 03.wav", dtype="float32")[0])  # fmt: skip


def test_near_is_surely_better_than_noise(data):
    found = {one["metric"]: one for one in data["verdicts"] if one["kind"] == "generated"}
    kernel = found["kd-logmel"]
    assert (kernel["first"], kernel["second"], kernel["how"]) == ("near", "noise", "exchange of files")
    assert kernel["better"] == "near" and kernel["adjusted"] < SURE
    assert kernel["adjusted"] >= kernel["p"] and kernel["difference"] < 0
    assert all(one["adjusted"] >= one["p"] for one in data["verdicts"])


def test_reconstructions_are_held_against_what_went_in(data):
    (back,) = [one for one in data["judged"] if one["kind"] == "reconstructed"]
    figures = {figure["key"]: figure for figure in back["figures"]}
    assert figures["si-sdr"]["value"] > 15 and figures["si-sdr"]["n"] == COUNT
    assert sorted(figures["mel-distance"]["by_file"]) == [f"hit {number:02d}.wav" for number in range(COUNT)]


def test_data_says_it_all_without_numbers_that_are_none(report, data):
    assert data["schema"] == 1 and data["count"] == COUNT
    assert "NaN" not in (report / "report.json").read_text()
    rows = list(csv.DictReader((report / "report.csv").read_text().splitlines()))
    assert {row["system"] for row in rows} == {"near", "noise", "back"}
    (row,) = [row for row in rows if row["system"] == "near" and row["metric"] == "kd-logmel"]
    (figure,) = [f for one in data["judged"] if one["system"] == "near"
                 for f in one["figures"] if f["key"] == "kd-logmel"]  # fmt: skip
    assert float(row["value"]) == figure["value"] and float(row["low"]) == figure["low"]


def test_the_page_says_what_the_data_says(report):
    page = (report / "index.html").read_text(encoding="utf-8")
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.S))
    words = " ".join(words.split())
    assert "near, noise and back on real" in words and "Surely better" in words
    assert "near better than noise" in words and "at most 14 new sounds stand here" in words
    assert "How to make this page again" in words and "tritone compare" in words and "--count 14" in words
    assert len(re.findall(r'<figure class="clip"', page)) >= 3 * 3 + 3 * 2
    assert "11 more rows are left out" in words
    assert "http://" not in page and "https://" not in page
    text = (report / "report.md").read_text(encoding="utf-8")
    assert "near better than noise" in text and "| kernel" not in text and "Kernel distance (logmel)" in text


def test_the_same_again_is_the_same(report, folders, tmp_path):
    words = [str(folders / "near"), f"noise={folders / 'far'}", str(folders / "back")]
    options = Options(count=COUNT, rows=1, embeddings=("logmel",))
    compare(words, reference=folders / "real", out=tmp_path / "again", options=options)
    one, two = (json.loads((where / "report.json").read_text()) for where in (report, tmp_path / "again"))
    assert one["judged"] == two["judged"] and one["verdicts"] == two["verdicts"]
    page = compare(words[:1], reference=folders / "real", out=tmp_path / "again", options=options).read_text()
    assert "back" not in (tmp_path / "again" / "report.json").read_text()  # a report takes the place of another
    assert "near beside real sound of real" in page and "Who is really better" not in page


def refusal(folders, tmp_path, words, reference="real", out="out", **options):
    with pytest.raises(UserError) as caught:
        compare(words, reference=folders / reference, out=tmp_path / out, options=Options(**options))
    assert not (tmp_path / "out").exists()
    return str(caught.value)


def test_mistakes(folders, tmp_path):
    near = str(folders / "near")
    assert "nothing to compare" in refusal(folders, tmp_path, [])
    assert "no run or folder" in refusal(folders, tmp_path, [str(tmp_path / "absent")])
    assert "Two systems would be called 'near'" in refusal(folders, tmp_path, [near, near])
    assert "called 'real'" in refusal(folders, tmp_path, [str(folders / "real")])
    assert "at least 2" in refusal(folders, tmp_path, [near], count=1)


def test_a_folder_that_holds_other_things_is_left_alone(folders, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other things"):
        compare([str(folders / "near")], reference=folders / "real", out=tmp_path / "out")
    assert (tmp_path / "out/thesis.txt").read_text() == "mine"


def test_one_real_sound_is_too_few(folders, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one/a.wav").write_bytes((folders / "real/hit 00.wav").read_bytes())
    with pytest.raises(UserError, match="only one held-out sound"):
        compare([str(folders / "near")], reference=tmp_path / "one", out=tmp_path / "out")
    with pytest.raises(UserError, match=r"absent is not a folder"):
        compare([str(folders / "near")], reference=tmp_path / "absent", out=tmp_path / "out")
