"""What words on the command line name, what systems are asked for, and how their files are called."""

import numpy as np
import pytest

from tritone.errors import UserError
from tritone.judge.clips import Clip, Clips
from tritone.judge.compare.names import named
from tritone.judge.compare.stems import stems
from tritone.judge.compare.systems import check
from tritone.judge.compare.wishes import each_once, wishes_of


def told(word):
    (one,) = named([str(word)])
    return one.name, one.origin, one.checkpoint


def test_runs_checkpoints_and_folders(trained, sounds):
    assert told(trained) == ("run", "run", "latest")
    assert told(f"{trained}@2") == ("run@2", "run", "2")
    assert told(f"{trained}@best") == ("run@best", "run", "best")
    assert told(f"mine={trained}@0") == ("mine", "run", "0")
    assert told(trained / "checkpoints/step-2") == ("run@2", "checkpoint", "latest")
    assert told(sounds) == ("sounds", "folder", "latest")
    assert told(f"other = {sounds}".replace(" = ", "=")) == ("other", "folder", "latest")


def test_paths_may_hold_what_means_something_else(tmp_path):
    for name in ("a=b", "c@d", "=", "@"):
        (tmp_path / name).mkdir()
        assert told(tmp_path / name)[:2] == (name, "folder")


@pytest.mark.parametrize(
    ("word", "said"),
    [("nothing", "no run or folder nothing"), ("name=", "must be NAME=FOLDER"), ("=x", "must be NAME=FOLDER")],
)
def test_words_that_name_nothing(word, said):
    with pytest.raises(UserError, match=said):
        named([word])


def test_mistakes(trained, data, sounds):
    with pytest.raises(UserError, match="is a dataset"):
        named([str(data)])
    with pytest.raises(UserError, match="is a file"):
        named([str(sounds / "hit-0.wav")])
    with pytest.raises(UserError, match="has no checkpoint 3"):
        named([f"{sounds}@3"])
    with pytest.raises(UserError, match="called 'RUN'"):
        named([str(trained), f"RUN={sounds}"])
    (gone,) = named([f"{trained}@7"])
    with pytest.raises(UserError, match="there are latest, best and steps 0, 2"):
        check(gone)


def clips(count):
    return Clips("real", 8000, tuple(Clip(f"{n}", np.ones((1, 4), np.float32)) for n in range(count)))


def test_wishes_lie_evenly_and_come_again_in_turn():
    assert [wish.real.name for wish in wishes_of(clips(10), 5)] == ["0", "2", "4", "6", "8"]
    again = wishes_of(clips(2), 5, seed=3)
    assert [wish.real.name for wish in again] == ["0", "1", "0", "1", "0"]
    assert [(wish.item, wish.seed) for wish in again] == [(f"seed {n}", n) for n in range(3, 8)]
    assert [clip.name for clip in each_once(again)] == ["0", "1"]


def test_file_names_are_harmless_and_different():
    names = ["a/b.wav", "a_b.flac", "A B", "x.wav at 4.00 s", "../..", "ä.ogg", "", "v1.5"]
    assert stems(names) == ["a_b", "a_b-2", "A_B-3", "x.wav_at_4.00_s", "sound", "ä", "sound-2", "v1.5"]
    assert len(stems(["x" * 400])[0]) == 100
