"""New sound, as `tritone generate` makes it."""

import numpy as np
import pytest
import soundfile
from acting import RATE


def made(done, run, out, *options):
    return [path.read_bytes() for path in done("generate", run, "--out", out, *options).paths]


def test_sound_i_of_a_seed_is_the_same_whatever_the_count(trained, done, tmp_path):
    three = made(done, trained, tmp_path / "3", "--count", 3, "--seconds", 0.5, "--seed", 7)
    one = made(done, trained, tmp_path / "1", "--count", 1, "--seconds", 0.5, "--seed", 7)
    assert three[:1] == one and len(set(three)) == 3
    assert made(done, trained, tmp_path / "again", "--count", 3, "--seconds", 0.5, "--seed", 7) == three
    assert made(done, trained, tmp_path / "8", "--count", 1, "--seconds", 0.5, "--seed", 8) != one


@pytest.mark.parametrize(("which", "channels"), [("trained", 1), ("stereo", 2)])
def test_length_rate_and_channels(request, which, channels, done, tmp_path):
    (path,) = done(
        "generate", request.getfixturevalue(which), "--out", tmp_path, "--count", 1, "--seconds", 0.3217
    ).paths
    info = soundfile.info(path)
    assert (info.frames, info.samplerate, info.channels) == (round(0.3217 * RATE), RATE, channels)


def test_temperature_zero_and_standing_still(trained, done, tmp_path):
    common = ("--count", 2, "--seconds", 0.5)
    resting = made(done, trained, tmp_path / "rest", *common, "--temperature", 0)
    assert resting[0] == resting[1]
    still = made(done, trained, tmp_path / "still", *common, "--speed", 0)
    assert still[0] != still[1] and still != made(done, trained, tmp_path / "moves", *common)
    assert made(done, trained, tmp_path / "few", *common, "--dims", 1) != made(done, trained, tmp_path / "all", *common)


def test_morph_holds_both_ends(trained, audio, done, tmp_path):
    a, b = audio("a.wav", samples=8000, number=1), audio("b.wav", samples=9000, channels=2, number=2)
    written = done("generate", trained, "--out", tmp_path / "m", "--morph", a, b, "--count", 5).paths
    sounds = [soundfile.read(path)[0] for path in written]
    assert [len(sound) for sound in sounds] == [8000] * 5
    (ends,) = done("reconstruct", trained, a, "--out", tmp_path / "r").paths
    np.testing.assert_allclose(sounds[0], soundfile.read(ends)[0], atol=1e-6)
    way = [np.abs(sound - sounds[0]).max() for sound in sounds]
    assert way[0] == 0 and way[-1] == max(way) > way[1] > 0
    short = done("generate", trained, "--out", tmp_path / "s", "--morph", a, b, "--count", 2, "--seconds", 0.1).paths
    assert soundfile.info(short[0]).frames == 4410


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--count", "0"), ("--count", "many"), ("--seconds", "0"), ("--seconds", "-1"), ("--seconds", "nan"),
        ("--seconds", "inf"), ("--temperature", "-1"), ("--temperature", "nan"), ("--speed", "-2"), ("--dims", "0"),
        ("--dims", "129"), ("--seed", "-1"), ("--seed", "99999999999999999999"),
    ],
)  # fmt: skip
def test_impossible_numbers_are_refused(trained, refused, tmp_path, option, value):
    sentence = refused("generate", trained, "--out", tmp_path / "out", option, value)
    assert option.removeprefix("--") in sentence and value in sentence
    assert not (tmp_path / "out").exists()


def test_morph_mistakes(trained, audio, refused, tmp_path):
    a = audio("a.wav")
    out = ("--out", tmp_path / "out", "--morph", a)
    assert "at least 2" in refused("generate", trained, *out, a, "--count", 1)
    assert "missing.wav" in refused("generate", trained, *out, tmp_path / "missing.wav")
    assert not (tmp_path / "out").exists()
