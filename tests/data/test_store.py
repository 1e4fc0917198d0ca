"""Opening and reading DATA folders, whole and broken."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sounds import RATE, folder, noise, write

from tritone.data.prepare import prepare
from tritone.data.store import Dataset
from tritone.errors import UserError


@pytest.fixture
def data(tmp_path):
    prepare([folder(tmp_path / "sounds", files=4, channels=2)], tmp_path / "data", sample_rate=RATE, channels=2)
    return tmp_path / "data"


def test_what_a_dataset_says(data):
    dataset = Dataset.open(data)
    assert (dataset.sample_rate, dataset.channels, dataset.dtype, dataset.lazy) == (RATE, 2, "int16", False)
    assert len(dataset.items) == 4 and len(dataset.split("train")) + len(dataset.split("validation")) == 4
    assert dataset.seconds("train") + dataset.seconds("validation") == 8.0
    assert dataset.summary["files"] == 4


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_reading_beyond_the_ends_gives_zeros(tmp_path, dtype):
    sound = np.round(noise(1, 0, channels=2) * 32768) / np.float32(32768)
    write(tmp_path / "s" / "a.wav", sound, subtype="FLOAT")
    write(tmp_path / "s" / "b.wav", noise(1, 1))
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, channels=2, dtype=dtype)
    dataset = Dataset.open(tmp_path / "d")
    item = dataset.items[0]
    padded = np.pad(sound, ((0, 0), (500, 700)))
    for start, frames in [
        (0, RATE),
        (-500, RATE + 1_200),
        (-300, 100),
        (-300, 400),
        (RATE - 10, 400),
        (RATE + 5, 50),
        (7, 0),
    ]:
        expected = padded[:, start + 500 : start + 500 + frames]
        np.testing.assert_array_equal(dataset.read(item, start, frames), expected)
        out = np.full((2, frames), 9, np.float32)
        assert dataset.read(item, start, frames, out) is out
        np.testing.assert_array_equal(out, expected)


def test_loops_are_read_round_and_round(data):
    dataset = Dataset.open(data)
    item = replace(dataset.items[1], loop=True)
    once = dataset.read(item, 0, item.frames)
    around = np.tile(once, 5)
    for start, frames in [(0, 10), (item.frames - 3, 9), (100, 3 * item.frames), (-5, 20), (2 * item.frames + 1, 50)]:
        first = start % item.frames
        np.testing.assert_array_equal(dataset.read(item, start, frames), around[:, first : first + frames])


def test_what_is_not_a_data_folder(tmp_path, data):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name, word in [("empty", "not a DATA folder"), ("file", "not a folder"), ("nowhere", "not a folder")]:
        with pytest.raises(UserError, match=word):
            Dataset.open(tmp_path / name)
    for text in ("{}", "[1]", "nonsense", '{"format": "x"}'):
        (data / "index.json").write_text(text)
        with pytest.raises(UserError, match="index that tritone prepare wrote"):
            Dataset.open(data)


def test_a_missing_and_a_truncated_shard(data):
    shard = data / "shards" / "00000.pcm"
    shard.write_bytes(shard.read_bytes()[:-2])
    with pytest.raises(UserError, match=r"00000\.pcm is cut short"):
        Dataset.open(data)
    shard.unlink()
    with pytest.raises(UserError, match=r"00000\.pcm is missing"):
        Dataset.open(data)


def test_a_newer_format_is_refused(data):
    index = json.loads((data / "index.json").read_text())
    (data / "index.json").write_text(json.dumps(index | {"format": 99}))
    with pytest.raises(UserError, match="newer Tritone"):
        Dataset.open(data)


def test_an_empty_split(tmp_path):
    prepare([folder(tmp_path / "s", files=2)], tmp_path / "d", sample_rate=RATE, validation=0)
    with pytest.raises(UserError, match="no sound in its validation split"):
        Dataset.open(tmp_path / "d").split("validation")
