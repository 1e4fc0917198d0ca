import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from acting import hit

from tritone.errors import UserError
from tritone.play.sound import as_it_came, find_sounds, make_folder, outputs_for, read_for, write


class Model:
    """What `read_for` asks of a model."""

    def __init__(self, sample_rate=44_100, channels=1):
        self.sample_rate, self.channels = sample_rate, channels


@pytest.mark.parametrize(
    ("file", "model", "batch"),
    [(1, 1, (1, 1)), (2, 1, (2, 1)), (6, 1, (6, 1)), (1, 2, (1, 2)), (2, 2, (1, 2)), (6, 2, (6, 2))],
)
def test_channels_are_fitted_and_given_back(audio, file, model, batch):
    path = audio("a.wav", channels=file, subtype="FLOAT")
    sound = read_for(Model(channels=model), path)
    assert sound.audio.shape[:2] == batch and sound.audio.dtype == torch.float32
    np.testing.assert_allclose(as_it_came(sound, sound.audio, 44_100), hit(1, channels=file).T, atol=1e-6)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_length_in_the_files_own_samples_is_exact(audio, rate):
    path = audio("a.wav", rate=rate, samples=10_007)
    sound = read_for(Model(), path)
    assert abs(sound.audio.shape[-1] - 10_007 * 44_100 / rate) <= 1
    assert as_it_came(sound, sound.audio[..., :-40], 44_100).shape == (1, 10_007)


def test_numbers_that_are_none_are_refused(tmp_path):
    samples = hit(1)
    samples[5] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, 44_100, subtype="FLOAT")
    with pytest.raises(UserError, match=r"nan\.wav holds samples that are not numbers"):
        read_for(Model(), tmp_path / "nan.wav")


def test_empty_sound_is_refused(tmp_path):
    soundfile.write(tmp_path / "no.wav", np.zeros((0, 1)), 44_100)
    with pytest.raises(UserError, match=r"no\.wav holds no sound"):
        read_for(Model(), tmp_path / "no.wav")


def test_outputs_never_collide():
    inputs = [Path(name) for name in ("a/x.wav", "b/x.wav", "a/x-2.wav", "c/x.wav", "X.flac", "y.wav")]
    names = [path.name for path in outputs_for(inputs, Path("out"), ".wav")]
    assert names == ["x.wav", "x-2.wav", "x-2-2.wav", "x-3.wav", "X-4.wav", "y.wav"]


def test_find_sounds(audio, tmp_path):
    for name in ("in/b.wav", "in/a.WAV", "in/c/d.ogg", "in/.hidden.wav", "in/no.txt"):
        audio(name) if not name.endswith("txt") else (tmp_path / name).write_text("")
    assert [path.name for path in find_sounds([tmp_path / "in"])] == ["a.WAV", "b.wav", "d.ogg"]
    assert find_sounds([tmp_path / "in/no.txt"]) == [tmp_path / "in/no.txt"]
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "nowhere"):
        with pytest.raises(UserError, match=folder):
            find_sounds([tmp_path / folder])


def test_write_makes_the_folder_and_says_where_it_cannot(tmp_path):
    write(tmp_path / "x/y/a.wav", np.zeros((1, 5), np.float32), 44_100)
    assert soundfile.info(tmp_path / "x/y/a.wav").subtype == "PCM_24"
    with pytest.raises(UserError, match=r"--out .*a\.wav cannot be made"):
        make_folder(tmp_path / "x/y/a.wav")
    assert os.listdir(tmp_path / "x/y") == ["a.wav"]
