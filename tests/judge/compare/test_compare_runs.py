"""Two checkpoints of one run beside each other, on the dataset that they learned from."""

import json

import pytest
import soundfile
from acting import RATE, TINY, hit, run_inside

from tritone.judge.compare.manifest import read_manifest


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Data with held-out sounds, and a run of two steps on it."""
    home = tmp_path_factory.mktemp("runs")
    (home / "sounds").mkdir()
    for number in range(36):
        soundfile.write(home / f"sounds/hit-{number}.wav", hit(number, samples=11_025), RATE)
    assert run_inside("prepare", home / "sounds", "--out", home / "data", "--validation", 0.4) == 0
    assert run_inside("train", "vae", home / "data", "--out", home / "run", *TINY, "--steps", 2) == 0
    return home


@pytest.fixture(scope="module")
def report(made):
    words = (f"early={made / 'run'}@0", made / "run")
    options = ("--count", 12, "--rows", 2, "--embeddings", "logmel", "--no-speed", "--seconds", 0.25)
    assert run_inside("compare", *words, "--reference", made / "data", "--out", made / "report", *options) == 0
    return made / "report"


def test_both_make_and_reconstruct(report):
    manifest = read_manifest(report)
    assert manifest.systems() == ("early", "run") == manifest.systems("reconstructed")
    for name in ("early", "run"):
        sounds = manifest.of(name)
        assert [sound.seed for sound in sounds] == list(range(12))
        assert all(sound.samples == manifest.sound(sound.real).samples == 11_025 for sound in sounds)
        assert all(sound.real == manifest.sound(sound.real).real for sound in sounds)
    levels = [sound.loudness + sound.gain for sound in manifest.of("real", "real")]
    assert max(levels) <= manifest.loudness + 1e-6


def test_what_it_found(report):
    data = json.loads((report / "report.json").read_text())
    assert [(one["name"], one["cost"]["step"]) for one in data["systems"]] == [("early", 0), ("run", 2)]
    assert all(set(one["compute"]) == {"generated", "reconstructed"} for one in data["systems"])
    (curves,) = data["curves"]
    assert curves["name"] == "early and run" and len(curves["held_out"]) >= 2
    assert data["real"]["training"] > 12 and data["real"]["held_out"] >= 12
    judged = {(one["system"], one["kind"]): one for one in data["judged"]}
    assert len(judged["run", "generated"]["copies"]) == 12
    assert {one["how"] for one in data["verdicts"] if one["metric"] == "mel-distance"} == {"signed ranks"}
    assert not any("was trained on" in warning for warning in data["warnings"])
    near = data["near"]
    assert len(near) == 20 and all((report / one["known"]).is_file() for one in near)


def test_the_page_has_pairs_costs_and_curves(report):
    page = (report / "index.html").read_text()
    for heading in ("Copies of training sound?", "What each model cost", "Training curves", "Reconstructed sound"):
        assert heading in page
    assert "Each system was asked for 12 new sounds, of the same seeds and lengths." in page
    assert page.count('class="dot"') == 2 and 'class="chart narrow"' in page


def test_a_model_of_other_sound_is_said(made, tmp_path):
    words = ("--count", 2, "--rows", 1, "--embeddings", "logmel", "--no-speed")
    assert run_inside("compare", made / "run", "--reference", made / "sounds", "--out", tmp_path / "out", *words) == 0
    warnings = json.loads((tmp_path / "out/report.json").read_text())["warnings"]
    assert any("run was trained on" in warning and "not on the reference" in warning for warning in warnings)
    assert any("plain folder" in warning for warning in warnings)
    assert any("not measured" in warning for warning in warnings)


def test_refusals(refused, made, tmp_path):
    out = ("--out", tmp_path / "out")
    words = ("compare", made / "run")
    assert "at least 2" in refused(*words, "--reference", made / "data", *out, "--count", 1)
    assert "no checkpoint 9" in refused("compare", f"{made / 'run'}@9", "--reference", made / "data", *out)
    assert run_inside("prepare", made / "sounds", "--out", tmp_path / "all", "--validation", 0) == 0
    assert "validation" in refused(*words, "--reference", tmp_path / "all", *out)
    assert "no embedding 'ears'" in refused(*words, "--reference", made / "data", *out, "--embeddings", "ears")
    assert "different names" in refused(*words, "--reference", made / "data", *out, "--embeddings", "logmel,logmel")
    assert not (tmp_path / "out").exists()
