import numpy as np
import pytest
import soundfile
from acting import RATE, hit
from hypothesis import given
from hypothesis import strategies as st

from tritone.errors import UserError
from tritone.play.engine.sources import FileBlocks, Source, synthetic_blocks
from tritone.signal.files import read_audio
from tritone.signal.resample import resample


@given(
    st.lists(st.integers(0, 9), max_size=8), st.lists(st.integers(1, 11), min_size=1, max_size=30), st.integers(0, 40)
)
def test_a_source_is_its_blocks_and_then_silence(sizes, reads, limit):
    whole = np.arange(1, sum(sizes) + 1, dtype=np.float32)[None]
    blocks = np.split(whole, np.cumsum(sizes)[:-1].astype(int), axis=1) if sizes else []
    for cut in (None, limit + 1):
        source = Source(blocks, channels=1, limit=cut)
        told = np.concatenate([source.read(count) for count in reads], 1)[0]
        length = min(sum(sizes), cut or sum(sizes))
        expected = np.concatenate((whole[0, :length], np.zeros(sum(reads))))[: sum(reads)]
        assert np.array_equal(told, expected)
        assert source.length == length or (source.length is None and sum(reads) <= length)


def test_stopping_ends_a_source_where_it_is():
    stop = []
    source = Source(synthetic_blocks("sine", channels=1, rate=100), channels=1, stopping=lambda: bool(stop))
    assert source.read(10).any() and source.length is None
    stop.append(1)
    assert not source.read(10).any() and source.length == 10


@pytest.mark.parametrize("rate", [RATE, 48_000, 16_000])
def test_a_file_at_the_models_rate_is_what_resampling_it_whole_gives(audio, rate):
    path = audio("a.wav", samples=9001)
    blocks = FileBlocks(path, channels=1, rate=rate)
    told = np.concatenate(list(blocks), 1)
    sound, _ = read_audio(path)
    assert np.allclose(told, resample(sound, RATE, rate), atol=1e-6) and blocks.file_frames == 9001


def test_loop_begins_again_without_a_gap(audio):
    path = audio("a.wav", samples=5000)
    source = Source(FileBlocks(path, channels=1, rate=RATE, loop=True), channels=1, limit=12_000)
    assert np.array_equal(source.read(12_000), np.tile(read_audio(path)[0], 3)[:, :12_000])


def test_channels_are_doubled_or_averaged(audio):
    mono, stereo = audio("m.wav", samples=100), audio("s.wav", samples=100, channels=2)
    two = np.concatenate(list(FileBlocks(mono, channels=2, rate=RATE)), 1)
    assert np.array_equal(two[0], two[1]) and np.array_equal(two[:1], read_audio(mono)[0])
    one = np.concatenate(list(FileBlocks(stereo, channels=1, rate=RATE)), 1)
    assert np.allclose(one[0], read_audio(stereo)[0].mean(0))
    with pytest.raises(UserError, match="3 channels"):
        FileBlocks(audio("t.wav", samples=100, channels=3), channels=2, rate=RATE)


def test_files_that_cannot_be_played(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros((0, 1), np.float32), RATE)
    with pytest.raises(UserError, match="no sound"):
        list(FileBlocks(tmp_path / "empty.wav", channels=1, rate=RATE))
    broken = hit(1, samples=50)
    broken[7] = np.nan
    soundfile.write(tmp_path / "nan.wav", broken, RATE, subtype="FLOAT")
    with pytest.raises(UserError, match="not numbers"):
        list(FileBlocks(tmp_path / "nan.wav", channels=1, rate=RATE))
    with pytest.raises(UserError, match="does not exist"):
        FileBlocks(tmp_path / "nowhere.wav", channels=1, rate=RATE)


def test_test_signals():
    rate = 44_100
    sine = Source(synthetic_blocks("sine", channels=2, rate=rate), channels=2).read(rate)
    spectrum = np.abs(np.fft.rfft(sine[0]))
    assert spectrum.argmax() == 220 and np.array_equal(sine[0], sine[1]) and np.abs(sine).max() == pytest.approx(0.25)
    assert np.delete(spectrum, 220).max() < 1e-3 * spectrum.max()
    noise = [
        Source(synthetic_blocks("noise", channels=1, rate=rate, seed=seed), channels=1).read(rate) for seed in (1, 1, 2)
    ]
    assert np.array_equal(noise[0], noise[1]) and not np.array_equal(noise[0], noise[2])
    assert noise[0].std() == pytest.approx(0.125, rel=0.02)
    assert not Source(synthetic_blocks("silence", channels=1, rate=rate), channels=1).read(rate).any()
