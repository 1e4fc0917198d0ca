"""Training from the original files gives the sound that preparing would store."""

import numpy as np
import pytest
from sounds import RATE, noise, write

from tritone.data.crops import Crops
from tritone.data.lazy import read_source
from tritone.data.prepare import prepare
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.signal.channels import mix
from tritone.signal.resample import resample


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000, 44_101, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_stretch_is_that_of_the_whole(tmp_path, rate, channels):
    sound = noise(4, 0, channels=2, rate=rate)
    path = write(tmp_path / "a.wav", sound, rate, "FLOAT")
    whole = np.pad(resample(mix(sound, channels), rate, RATE), ((0, 0), (0, 3_000)))
    for start, frames in [(0, 500), (1, 64_000), (20_000, 4_096), (33_333, 1), (63_000, 2_000)]:
        stretch = read_source(path, RATE, channels, start, frames)
        assert stretch.shape == (channels, frames)
        np.testing.assert_allclose(stretch, whole[:, start : start + frames], atol=2e-4)


def test_lazy_and_stored_crops_agree(tmp_path):
    for index, rate in enumerate((16_000, 44_100, 48_000)):
        write(tmp_path / "s" / f"{index}.flac", noise(3, index, channels=2, rate=rate), rate)
    write(tmp_path / "s" / "short.ogg", noise(0.2, 9), subtype="VORBIS")
    for lazy in (True, False):
        prepare([tmp_path / "s"], tmp_path / f"{lazy}", sample_rate=RATE, lazy=lazy)
    lazy, stored = Dataset.open(tmp_path / "True"), Dataset.open(tmp_path / "False")
    assert lazy.lazy and not list((tmp_path / "True" / "shards").glob("*"))
    assert [(i.name, i.split, i.frames) for i in lazy.items] == [(i.name, i.split, i.frames) for i in stored.items]
    ours, theirs = Crops(lazy, "train", 9_000, 0), Crops(stored, "train", 9_000, 0)
    for step in range(30):
        np.testing.assert_allclose(ours.crop(step, 0), theirs.crop(step, 0), atol=2e-4)


def test_a_file_that_has_gone_is_named(tmp_path):
    path = write(tmp_path / "s" / "gone.wav", noise(3, 0))
    write(tmp_path / "s" / "here.wav", noise(3, 1))
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, lazy=True)
    path.unlink()
    data = Dataset.open(tmp_path / "d")
    with pytest.raises(UserError, match=r"gone\.wav does not exist"):
        data.read(data.items[0], 0, 100)


def test_lazy_runs_again_without_decoding(tmp_path):
    write(tmp_path / "s" / "a.wav", noise(3, 0))
    write(tmp_path / "s" / "b.wav", noise(3, 1))
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, lazy=True)
    assert prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, lazy=True).reused == 2
