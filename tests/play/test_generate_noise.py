"""New sound out of noise, as `tritone generate` makes it: options, seeds, progress, mistakes."""

import numpy as np
import pytest
import soundfile
from small_sound import RATE, small_sound

from tritone.errors import UserError
from tritone.play.generate import generate, morph_seeds, sound_seed


def made(done, run, out, *words):
    return [path.read_bytes() for path in done("generate", run, "--out", out, "--seconds", 0.1, *words).paths]


def test_sound_i_of_a_seed_is_the_same_whatever_the_count(noise_run, done, tmp_path):
    three = made(done, noise_run, tmp_path / "3", "--count", 3, "--seed", 7)
    assert made(done, noise_run, tmp_path / "1", "--count", 1, "--seed", 7) == three[:1] and len(set(three)) == 3
    assert made(done, noise_run, tmp_path / "8", "--count", 1, "--seed", 8) != three[:1]


@pytest.mark.parametrize("seconds", [1 / RATE, 0.1, 0.1234])
def test_length_rate_and_channels(noise_run, done, tmp_path, seconds):
    (path,) = done("generate", noise_run, "--out", tmp_path / "o", "--count", 1, "--seconds", seconds).paths
    info = soundfile.info(path)
    assert (info.frames, info.samplerate, info.channels) == (round(seconds * RATE), RATE, 1)


def test_every_control_changes_the_sound(noise_run, done, tmp_path):
    ways = [
        (), ("--steps", 5), ("--sampler", "heun"), ("--label", "drums"), ("--label", "tones"), ("--bpm", 90),
        ("--label", "drums", "--guidance", 3),
    ]  # fmt: skip
    sounds = [made(done, noise_run, tmp_path / str(i), "--count", 1, *words)[0] for i, words in enumerate(ways)]
    assert len(set(sounds)) == len(ways)


def test_controls_reach_the_model_as_they_are(noise_run, done, tmp_path):
    (path,) = done("generate", noise_run, "--out", tmp_path, "--count", 1, "--seconds", 0.1, "--steps", 5, "--seed", 3,
                   "--sampler", "ddim", "--label", "tones", "--bpm", 100, "--guidance", 2).paths  # fmt: skip
    from tritone.play.load import load

    alone = load(noise_run).generate(
        1, 0.1, [sound_seed(3, 0)], steps=5, sampler="ddim", label="tones", bpm=100.0, guidance=2.0
    )
    np.testing.assert_allclose(soundfile.read(path)[0], alone[0, 0].numpy(), atol=1e-6)


def test_progress_goes_by_steps(tmp_path):
    shown = []
    generate(
        small_sound(), tmp_path, count=2, seconds=0.05, controls={"steps": 4}, show=lambda *counts: shown.append(counts)
    )
    assert shown == [(done, 8) for done in range(1, 9)]


def test_from_seed_to_seed(noise_run, done, tmp_path):
    paths = done("generate", noise_run, "--out", tmp_path / "way", "--morph", "7,19,7", "--count", 5, "--seconds", 0.1)
    way = [path.read_bytes() for path in paths.paths]
    assert way[0] == way[4] == made(done, noise_run, tmp_path / "7", "--count", 1, "--seed", 7)[0]
    assert way[2] == made(done, noise_run, tmp_path / "19", "--count", 1, "--seed", 19)[0]
    assert way[1] not in (way[0], way[2])


MISTAKES = {
    "--prompt rain": "without words",
    "--label drms": "did you mean drums",
    "--sampler 2n": "did you mean 2m",
    "--steps 0": "--steps",
    "--guidance -1": "--guidance",
    "--negative rain": "--guidance more than 1",
    "--temperature 1": "--temperature is for models that make sound of any length from a latent; the one in",
    "--dims 3": "--dims is for models",
    "--truncation 1": "--truncation is for models that make loops; the one in",
    "--vocoder x": "has --seconds, --prompt",
    "--mix coarse:1,fine:2": "--mix is for",
    "--seconds 0": "--seconds",
    "--seconds 0.00001": "at least one sample",
    "--bars 2": "--bars goes with --loop",
    "--strength 0.4": "--strength goes with --vary",
    "--redo 1:2": "--redo goes with --inpaint",
    "--resamples 3": "--resamples goes with --inpaint",
    "--morph a.wav b.wav": "from seed to seed: --morph 7,19",
    "--morph 7,19 --count 1": "--count must be at least 2",
    "--morph 7,19,3 --count 2": "--count must be at least 3",
    "--morph 7,7": "stands still",
    "--morph 7,8 --vary a.wav": "two different ways",
    "--promt rain": "did you mean --prompt",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_one_sentence(noise_run, refused, tmp_path, words):
    assert MISTAKES[words] in refused("generate", noise_run, "--out", tmp_path / "out", *words.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--prompt", "--negative"])
@pytest.mark.parametrize("text", ["", "  "])
def test_empty_words(noise_run, refused, tmp_path, option, text):
    assert "give words" in refused("generate", noise_run, "--out", tmp_path / "out", option, text)
    with pytest.raises(UserError, match="says nothing"):
        generate(small_sound(), tmp_path / "out", controls={option.removeprefix("--"): text})


@pytest.mark.parametrize(
    "option", ["--prompt rain", "--guidance 2", "--sampler ddim", "--loop", "--vary a.wav", "--inpaint a.wav",
               "--continue a.wav", "--redo 1:2"]
)  # fmt: skip
@pytest.mark.parametrize("which", ["trained", "loop_run"])
def test_options_of_sound_out_of_noise_for_other_models(request, which, refused, tmp_path, option):
    run = request.getfixturevalue(which)
    sentence = refused("generate", run, "--out", tmp_path / "out", *option.split())
    assert sentence.startswith(
        f"{option.split()[0]} is for models that make sound of any length out of noise; the one in"
    )


def test_controls_that_a_model_lacks(tmp_path):
    with pytest.raises(UserError, match="no control temperature; its controls are steps, sampler"):
        generate(small_sound(), tmp_path / "out", controls={"temperature": 1.0})
    with pytest.raises(UserError, match="at least two seeds"):
        morph_seeds(small_sound(), [7], tmp_path / "out")
