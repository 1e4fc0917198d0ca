"""Sound that begins from a file: continued, and varied."""

import numpy as np
import pytest
import soundfile
from small_sound import RATE

from tritone.signal.loop_chunks import read_loop_chunks

FILES = [
    ("mono.wav", {"samples": 700, "rate": RATE}),
    ("stereo.wav", {"samples": 700, "rate": RATE, "channels": 2}),
    ("fast.wav", {"samples": 3001, "rate": 44_100, "channels": 2}),
    ("one.wav", {"samples": 1, "rate": RATE}),
    ("float.wav", {"samples": 500, "rate": RATE, "subtype": "FLOAT"}),
]


@pytest.mark.parametrize(("name", "shape"), FILES)
def test_continued_sound_begins_with_the_file(noise_run, done, audio, tmp_path, name, shape):
    path, rate = audio(name, **shape), shape["rate"]
    paths = done("generate", noise_run, "--out", tmp_path / "o", "--continue", path, "--seconds", 0.2, "--count", 2)
    given, _ = soundfile.read(path, always_2d=True)
    first, second = (soundfile.read(each, always_2d=True) for each in paths.paths)
    for sound, its_rate in (first, second):
        assert its_rate == rate and sound.shape == (round(0.2 * rate), given.shape[1])
        np.testing.assert_array_equal(sound[: len(given)], given)
        assert np.abs(sound[len(given) :]).max() > 0.01
    assert not np.allclose(first[0], second[0])


@pytest.mark.parametrize(("name", "shape"), FILES)
def test_variations_have_the_form_of_the_file(noise_run, done, audio, tmp_path, name, shape):
    path, rate = audio(name, **shape), shape["rate"]
    for strength in (0, 0.4, 1):
        words = ("--vary", path, "--strength", strength, "--count", 1)
        (made,) = done("generate", noise_run, "--out", tmp_path / str(strength), *words).paths
        (given, _), (sound, its_rate) = (soundfile.read(each, always_2d=True) for each in (path, made))
        assert sound.shape == given.shape and its_rate == rate
        if rate == RATE and strength == 0:
            np.testing.assert_allclose(sound, given, atol=1e-6)
        if strength == 1 and name == "stereo.wav":
            np.testing.assert_allclose(sound[:, 0], sound[:, 1], atol=1e-6)


def test_the_default_strength_lies_between(noise_run, done, audio, tmp_path):
    path = audio("a.wav", samples=800, rate=RATE)
    (usual,) = done("generate", noise_run, "--out", tmp_path / "u", "--vary", path, "--count", 1).paths
    (said,) = done(
        "generate", noise_run, "--out", tmp_path / "s", "--vary", path, "--count", 1, "--strength", 0.4
    ).paths
    assert usual.read_bytes() == said.read_bytes()


@pytest.mark.parametrize(("rate", "samples"), [(RATE, 4000), (44_100, 22_050)])
def test_a_varied_loop_says_its_tempo(noise_run, done, audio, tmp_path, rate, samples):
    path = audio("break_120bpm.wav", samples=samples, rate=rate, channels=2)
    (still,) = done(
        "generate", noise_run, "--out", tmp_path, "--vary", path, "--loop", "--strength", 0, "--count", 1
    ).paths
    said = read_loop_chunks(still)
    assert (said.start, said.end, said.beats) == (0, samples - 1, 1) and said.bpm == pytest.approx(120)
    assert still.name == "break-varied-seed-0-000_120bpm.wav"
    (given, _), (sound, its_rate) = soundfile.read(path), soundfile.read(still)
    assert its_rate == rate and sound.shape == given.shape
    if rate == RATE:
        np.testing.assert_allclose(sound, given, atol=1e-6)


def test_mistakes(noise_run, refused, audio, tmp_path):
    path = audio("a.wav", samples=800, rate=RATE)
    common = ("generate", noise_run, "--out", tmp_path / "out")
    assert "wants --seconds" in refused(*common, "--continue", path)
    for seconds in (0.05, 0.1):
        sentence = refused(*common, "--continue", path, "--seconds", seconds)
        assert f"--seconds {seconds} is no longer than {path}, which lasts 0.10 s" in sentence
    assert "--strength must lie between 0 and 1, not 1.5" in refused(*common, "--vary", path, "--strength", 1.5)
    assert "--seconds means nothing with --vary" in refused(*common, "--vary", path, "--seconds", 1)
    assert "--loop means nothing with --continue" in refused(*common, "--continue", path, "--seconds", 1, "--loop")
    assert "missing.wav does not exist" in refused(*common, "--vary", tmp_path / "missing.wav")
    assert not (tmp_path / "out").exists()
