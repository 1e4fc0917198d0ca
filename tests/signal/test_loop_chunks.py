"""Loops in WAV files, by their published layouts and as other readers understand them."""

import re
import shutil
import struct
import subprocess

import numpy as np
import pytest
import soundfile

from tritone.errors import UserError
from tritone.signal.loop_chunks import LoopInfo, read_loop_chunks, write_loop
from tritone.signal.loops import loop_length

RATE = 44_100


def noise(samples: int, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(samples).uniform(-0.9, 0.9, (channels, samples)).astype(np.float32)


def chunks_of(content: bytes) -> dict[bytes, bytes]:
    """Chunks by name, read as the RIFF specification says."""
    assert content[:4] == b"RIFF" and content[8:12] == b"WAVE"
    assert struct.unpack_from("<I", content, 4)[0] == len(content) - 8
    found, place = {}, 12
    while place < len(content):
        assert place % 2 == 0
        name, size = struct.unpack_from("<4sI", content, place)
        found[name] = content[place + 8 : place + 8 + size]
        assert len(found[name]) == size
        place += 8 + size + size % 2
    assert place == len(content)
    return found


@pytest.fixture
def loop(tmp_path):
    path = tmp_path / "seed-7_128bpm.wav"
    write_loop(path, noise(82_688), RATE, bars=1, bpm=128, comment="seed 7")
    return path


def test_the_bytes_are_those_of_the_layouts(loop):
    found = chunks_of(loop.read_bytes())
    assert struct.unpack("<HHIIHH", found[b"fmt "][:16]) == (1, 2, RATE, RATE * 6, 6, 24)
    smpl = struct.unpack("<15I", found[b"smpl"])
    assert smpl[:9] == (0, 0, 22_675, 60, 0, 0, 0, 1, 0)
    assert smpl[9:] == (0, 0, 0, 82_687, 0, 0)
    flags, _, marker, zero, beats, lower, upper, tempo = struct.unpack("<IHHfIHHf", found[b"acid"])
    assert (flags, marker, zero, beats, lower, upper, tempo) == (0x04, 0x8000, 0, 4, 4, 4, 128)
    assert found[b"LIST"] == b"INFOICMT\x08\0\0\0seed 7\0\0ISFT\x08\0\0\0Tritone\0"


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("samples", [1, 2, 999, 1000])
def test_any_length_is_read_back_to_the_step_and_chunks_stay_aligned(tmp_path, channels, samples):
    path = tmp_path / "a.wav"
    sound = noise(samples, channels)
    write_loop(path, sound, 48_000, bars=1, bpm=90.5)
    chunks_of(path.read_bytes())
    audio, rate = soundfile.read(path, always_2d=True)
    assert rate == 48_000 and soundfile.info(path).subtype == "PCM_24"
    np.testing.assert_allclose(audio.T, sound, atol=2**-23)
    assert read_loop_chunks(path) == LoopInfo(0, samples - 1, 60, 90.5, 4, 4)


def test_libsndfile_understands_it(loop):
    with soundfile.SoundFile(loop) as file:
        said, comment = file.extra_info, file.comment
    assert comment == "seed 7"
    assert re.search(r"Type : +0 +Start : +0 +End : +82687 .*Count : +0", said), said
    assert re.search(r"Flags +: 0x0004 \(Loop,.*StretchOn", said) and re.search(r"Midi Note +: 60", said)
    assert re.search(r"Beats +: 4\n", said) and re.search(r"Meter +: 4/4", said)
    assert re.search(r"Tempo +: 128\.0", said) and "***" not in said


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_ffmpeg_reads_it_without_complaint(loop):
    command = ["ffmpeg", "-v", "error", "-i", str(loop), "-f", "f64le", "-"]
    ended = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert ended.stderr == b""
    np.testing.assert_array_equal(np.frombuffer(ended.stdout).reshape(-1, 2), soundfile.read(loop)[0])


@pytest.mark.skipif(not shutil.which("sox"), reason="SoX is not installed")
def test_sox_reads_it_without_complaint(loop):
    command = ["sox", str(loop), "-t", "f64", "-"]
    ended = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert ended.stderr == b""
    np.testing.assert_allclose(np.frombuffer(ended.stdout).reshape(-1, 2), soundfile.read(loop)[0], atol=2**-31)


@pytest.mark.parametrize(("bars", "beats_per_bar", "beats"), [(2, 4, 8), (0.5, 4, 2), (1, 3, 3), (4, 7, 28)])
def test_beats_and_meter(tmp_path, bars, beats_per_bar, beats):
    samples = loop_length(bars, 174, RATE, beats_per_bar)
    write_loop(tmp_path / "a.wav", noise(samples), RATE, bars=bars, bpm=174, beats_per_bar=beats_per_bar)
    info = read_loop_chunks(tmp_path / "a.wav")
    assert (info.beats, info.beats_per_bar, info.end) == (beats, beats_per_bar, samples - 1)
    assert info.beats * 60 / info.bpm * RATE == pytest.approx(samples, abs=1)


def test_same_loop_same_bytes_and_clipping_instead_of_wrapping(tmp_path):
    for name in ("a.wav", "b.wav"):
        write_loop(tmp_path / name, np.array([1.5, -1.5, 0.0]), RATE, bars=1, bpm=120, comment="träume – 夢")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    np.testing.assert_allclose(soundfile.read(tmp_path / "a.wav")[0], [1, -1, 0], atol=1e-6)
    assert read_loop_chunks(tmp_path / "a.wav").comment == "träume – 夢"


def test_files_that_say_nothing(tmp_path, loop):
    soundfile.write(tmp_path / "plain.wav", noise(10).T, RATE)
    soundfile.write(tmp_path / "a.flac", noise(10).T, RATE)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "cut.wav").write_bytes(b"RIFF\x00\x01\x00\x00WAVEsmpl\x05\x00\x00\x00abc")
    for name in ("plain.wav", "a.flac", "empty.wav", "cut.wav", "missing.wav"):
        assert read_loop_chunks(tmp_path / name) == LoopInfo()
    (tmp_path / "short.wav").write_bytes(loop.read_bytes()[:-60])
    assert read_loop_chunks(tmp_path / "short.wav") == LoopInfo(0, 82_687, 60)


def test_one_shots_of_others(tmp_path, loop):
    content = loop.read_bytes()
    place = content.index(b"acid") + 8
    (tmp_path / "shot.wav").write_bytes(content[:place] + b"\x01" + content[place + 1 :])
    assert read_loop_chunks(tmp_path / "shot.wav").one_shot and not read_loop_chunks(loop).one_shot


def test_whole_or_not_at_all(tmp_path, loop, monkeypatch):
    before = loop.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UserError, match=r"seed-7_128bpm\.wav could not be written \(the disk is full"):
        write_loop(loop, noise(10), RATE, bars=1, bpm=120)
    assert loop.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == [loop.name]
    with pytest.raises(UserError, match="no samples"):
        write_loop(loop, noise(0), RATE, bars=1, bpm=120)
    with pytest.raises(UserError, match="gone"):
        write_loop(tmp_path / "gone" / "a.wav", noise(10), RATE, bars=1, bpm=120)
