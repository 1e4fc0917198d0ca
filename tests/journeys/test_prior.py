"""A prior as a user makes it: a codec, what comes next in its latents, sound of any length, a run that goes on."""

import json

import numpy as np
import pytest
import soundfile
from test_resume import same, whole

SETTINGS = (
    "--preset", "prior-nano", "--model.width", 16, "--model.dilations", "[1, 2, 4]", "--training.batch", 2,
    "--training.validation_crops", 2, "--training.previews", 1, "--training.crop_samples", 32_768,
    "--training.validate_every", 2, "--training.keep", 9,
)  # fmt: skip


@pytest.fixture(scope="module")
def prior(data, trained, tmp_path_factory):
    """A run folder of a tiny prior after four steps. Read only."""
    from acting import run_inside

    folder = tmp_path_factory.mktemp("prior") / "run"
    words = ("train", "prior", data, "--out", folder, "--model.codec_from", trained, *SETTINGS, "--steps", 4)
    assert run_inside(*words) == 0
    return folder


def test_a_prior_makes_sound_of_any_length(prior, tmp_path, done):
    facts = json.loads(done("inspect", prior, "--json").out)
    assert facts["family"] == "prior" and facts["can"] == "continue, generate" and facts["hears_frames"] == 8
    two = done("generate", prior, "--out", tmp_path / "two", "--count", 2, "--seconds", 1.5, "--seed", 7).paths
    (one,) = done("generate", prior, "--out", tmp_path / "one", "--count", 1, "--seconds", 1.5, "--seed", 7).paths
    assert two[0].read_bytes() == one.read_bytes() != two[1].read_bytes()
    assert soundfile.info(one).frames == round(1.5 * 44_100)
    cold = ("--count", 1, "--seconds", 1.5, "--seed", 7, "--temperature", 0.1)
    (other,) = done("generate", prior, "--out", tmp_path / "cold", *cold).paths
    assert other.read_bytes() != one.read_bytes()


def test_a_file_goes_on(prior, audio, tmp_path, done):
    given = audio("given.wav", samples=20_000)
    words = ("--continue", given, "--seconds", 1, "--count", 1)
    (longer,) = done("generate", prior, "--out", tmp_path / "longer", *words).paths
    before, after = soundfile.read(given)[0], soundfile.read(longer)[0]
    assert len(after) == 44_100 and np.array_equal(before, after[:20_000])


def test_a_run_that_goes_on_equals_the_one_that_did_not_stop(prior, data, trained, tmp_path, done):
    words = ("train", "prior", data, "--out", tmp_path / "run", "--model.codec_from", trained, *SETTINGS)
    done(*words, "--steps", 2)
    done(*words, "--steps", 4)
    assert same(whole(tmp_path / "run")[:2], whole(prior)[:2])


def test_mistakes_are_told_in_a_sentence(prior, data, tmp_path, refused):
    assert "name its run" in refused("train", "prior", data, "--out", tmp_path / "run", *SETTINGS)
    assert "it was told none in training" in refused("generate", prior, "--out", tmp_path, "--label", "house")
    assert "--prompt" in refused("generate", prior, "--out", tmp_path, "--prompt", "rain")
