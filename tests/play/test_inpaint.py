"""A part of a file made anew."""

import numpy as np
import pytest
import soundfile
from small_sound import RATE

from tritone.errors import UserError
from tritone.play.inpaint import parse_redo

FILES = [
    ("mono.wav", {"rate": RATE}),
    ("stereo.wav", {"rate": RATE, "channels": 2}),
    ("deep.wav", {"rate": RATE, "subtype": "PCM_24"}),
    ("float.wav", {"rate": RATE, "subtype": "FLOAT"}),
    ("fast.wav", {"rate": 44_100, "channels": 2, "samples": 8820}),
    ("slow.flac", {"rate": 5000, "samples": 1000}),
]


@pytest.mark.parametrize(("name", "shape"), FILES)
def test_what_is_kept_is_exact_in_the_file(noise_run, done, audio, tmp_path, name, shape):
    path, rate = audio(name, **{"samples": 1600, **shape}), shape["rate"]
    words = ("--inpaint", path, "--redo", "0.05:0.1,0.15:0.2", "--count", 2, "--resamples", 1)
    paths = done("generate", noise_run, "--out", tmp_path / "o", *words).paths
    given, _ = soundfile.read(path, always_2d=True)
    redone = np.zeros(len(given), dtype=bool)
    for start, end in ((0.05, 0.1), (0.15, 0.2)):
        redone[round(start * rate) : round(end * rate)] = True
    sounds = [soundfile.read(each, always_2d=True) for each in paths]
    for sound, its_rate in sounds:
        assert its_rate == rate and sound.shape == given.shape
        np.testing.assert_array_equal(sound[~redone], given[~redone])
        assert np.abs(sound[redone] - given[redone]).max() > 0.01
    assert not np.allclose(sounds[0][0], sounds[1][0])


def test_the_same_seed_the_same_bytes(noise_run, done, audio, tmp_path):
    path = audio("a.wav", samples=800, rate=RATE)
    words = ("--inpaint", path, "--redo", "0:0.05", "--resamples", 1, "--seed", 4)
    three = done("generate", noise_run, "--out", tmp_path / "3", *words, "--count", 3).paths
    one = done("generate", noise_run, "--out", tmp_path / "1", *words, "--count", 1).paths
    assert one[0].read_bytes() == three[0].read_bytes() and one[0].name == "a-redone-seed-4-000.wav"


@pytest.mark.parametrize(
    ("text", "stretches"),
    [
        ("1.0:2.5", [(1, 2.5)]),
        ("0:0.5,4:5", [(0, 0.5), (4, 5)]),
        (" .5 : 1. ", [(0.5, 1)]),
        ("1:2,1.5:3", [(1, 2), (1.5, 3)]),
    ],
)
def test_stretches(text, stretches):
    assert parse_redo(text) == stretches


@pytest.mark.parametrize("text", ["", "1", "1:", ":2", "a:b", "1-2", "1:2:3", "1:2,", "-1:2", "1:nan", "1:1e3"])
def test_words_that_are_no_stretches(text):
    with pytest.raises(UserError, match=r"like 1\.0:2\.5"):
        parse_redo(text)


MISTAKES = {
    "2:1": "--redo 2:1 ends before it begins",
    "1:1": "--redo 1:1 ends before it begins",
    "0:9": "lasts 0.10 s",
    "5:6": "lasts 0.10 s",
    "0.1:0.104": "holds no sample",
    "0.05:0.05001": "holds no sample",
    "0:0.1": "keeps nothing",
    "0:0.05,0.05:0.1": "keeps nothing",
    "x": "--redo wants seconds",
}


@pytest.mark.parametrize("redo", MISTAKES)
def test_mistakes(noise_run, refused, audio, tmp_path, redo):
    path = audio("a.wav", samples=800, rate=RATE)
    sentence = refused("generate", noise_run, "--out", tmp_path / "out", "--inpaint", path, "--redo", redo)
    assert MISTAKES[redo] in sentence and not (tmp_path / "out").exists()


def test_mistakes_beside(noise_run, refused, audio, tmp_path):
    path = audio("a.wav", samples=800, rate=RATE)
    common = ("generate", noise_run, "--out", tmp_path / "out", "--inpaint", path)
    assert "wants --redo" in refused(*common)
    for words in (("--loop",), ("--seconds", 1)):
        assert "means nothing with --inpaint" in refused(*common, "--redo", "0:0.05", *words)
    assert "leave --sampler ddim out" in refused(*common, "--redo", "0:0.05", "--sampler", "ddim")
    assert "--resamples" in refused(*common, "--redo", "0:0.05", "--resamples", 0)
