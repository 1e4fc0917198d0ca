import os

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from tritone.errors import UserError
from tritone.play.engine.sinks import aligned, check_output, exactly, write_stream

BLOCKS = [np.arange(1, 6, dtype=np.float32)[None], np.arange(6, 14, dtype=np.float32)[None]]


@given(st.integers(0, 15), st.integers(0, 20), st.lists(st.integers(1, 7), min_size=1, max_size=12))
def test_aligned_takes_the_latency_off_and_keeps_the_length(latency, length, sizes):
    total = sum(sizes)
    whole = np.arange(1, total + 1, dtype=np.float32)[None]
    blocks = np.split(whole, np.cumsum(sizes)[:-1], axis=1)
    told = np.concatenate([whole[:, :0], *aligned(iter(blocks), latency, lambda: length)], 1)
    assert told[0].tolist() == whole[0, latency : latency + length].tolist()
    everything = np.concatenate([whole[:, :0], *aligned(iter(blocks), latency, lambda: None)], 1)
    assert everything[0].tolist() == whole[0, latency:].tolist()


@pytest.mark.parametrize("length", [0, 3, 5, 13, 20, None])
def test_exactly(length):
    told = np.concatenate(list(exactly(BLOCKS, lambda: length, 1)), 1)[0]
    assert told.tolist() == [*range(1, 14), *[0.0] * 20][: 13 if length is None else length]


@pytest.mark.parametrize(
    ("name", "bits"), [("a.wav", "24"), ("a.wav", "float"), ("a.flac", "24"), ("A.W64", "float"), ("a.aiff", "24")]
)
def test_what_is_written_is_what_came(tmp_path, name, bits):
    sound = np.random.default_rng(0).uniform(-1, 1, (2, 1000)).astype(np.float32)
    path = tmp_path / "new" / name
    check_output(path, bits)
    assert write_stream(path, np.array_split(sound, 9, axis=1), channels=2, rate=8000, bits=bits) == 1000
    told, rate = soundfile.read(path, dtype="float32")
    assert rate == 8000 and np.abs(told.T - sound).max() <= (0 if bits == "float" else 2**-23)
    assert os.listdir(path.parent) == [name]


def test_nothing_stands_under_the_name_before_the_end(tmp_path):
    path = tmp_path / "a.wav"

    def blocks():
        yield BLOCKS[0]
        assert not path.exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_stream(path, blocks(), channels=1, rate=8000, bits="24")
    assert os.listdir(tmp_path) == []


def test_mistakes(tmp_path):
    for name, bits, told in (("a.mp3", "24", "no format"), ("a", "24", "no format"), ("a.flac", "float", "--bits 24")):
        with pytest.raises(UserError, match=told):
            check_output(tmp_path / name, bits)
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        check_output(tmp_path / "folder.wav", "24")
    with pytest.raises(UserError, match="before there was any sound"):
        write_stream(tmp_path / "a.wav", [], channels=1, rate=8000, bits="24")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="could not be written"):
        write_stream(tmp_path / "file" / "a.wav", BLOCKS, channels=1, rate=8000, bits="24")
