"""Files of every kind in and out."""

import sys
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile

from tritone.errors import UserError
from tritone.signal.files import AudioInfo, audio_info, read_audio, read_blocks, sound_writer, write_wav

RATE = 44_100


def tone(channels: int = 2, frames: int = 20_000) -> np.ndarray:
    time = np.arange(frames) / RATE
    return np.stack([0.5 * np.sin(2 * np.pi * 220 * (c + 1) * time) for c in range(channels)]).astype(np.float32)


EXACT = [
    ("wav", "PCM_U8", 2**-7), ("wav", "PCM_16", 2**-15), ("wav", "PCM_24", 2**-23), ("wav", "FLOAT", 0.0),
    ("wav", "DOUBLE", 0.0), ("flac", "PCM_16", 2**-15), ("flac", "PCM_24", 2**-23), ("aiff", "PCM_24", 2**-23),
    ("caf", "PCM_16", 2**-15), ("w64", "PCM_24", 2**-23),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "subtype", "step"), EXACT)
def test_lossless_formats_come_back_to_the_step(tmp_path, suffix, subtype, step):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone().T, RATE, subtype=subtype)
    audio, rate = read_audio(path)
    assert rate == RATE and audio.dtype == np.float32 and audio.shape == (2, 20_000)
    assert np.abs(audio - tone()).max() <= step
    assert audio_info(path) == AudioInfo(RATE, 2, 20_000, subtype)


@pytest.mark.parametrize(
    ("suffix", "kind", "subtype"), [("ogg", "OGG", "VORBIS"), ("mp3", "MP3", "MPEG_LAYER_III"), ("opus", "OGG", "OPUS")]
)
def test_lossy_formats_sound_the_same(tmp_path, suffix, kind, subtype):
    path = tmp_path / f"a.{suffix}"
    rate = 48_000
    soundfile.write(path, tone().T, rate, format=kind, subtype=subtype)
    audio, found = read_audio(path)
    assert found == rate and audio.shape[0] == 2
    middle = slice(4_000, 16_000)
    assert np.corrcoef(audio[0, middle], tone()[0, middle])[0, 1] > 0.999


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_any_channel_count_and_odd_rates(tmp_path, channels):
    path = tmp_path / "many.wav"
    soundfile.write(path, tone(channels).T, 96_001, subtype="FLOAT")
    audio, rate = read_audio(path)
    assert rate == 96_001
    np.testing.assert_array_equal(audio, tone(channels))


def test_a_stretch_is_a_slice_of_the_whole(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, tone().T, RATE)
    whole, _ = read_audio(path)
    np.testing.assert_array_equal(read_audio(path, 5_000, 300)[0], whole[:, 5_000:5_300])
    np.testing.assert_array_equal(read_audio(path, 19_900, 300)[0], whole[:, 19_900:])
    assert read_audio(path, 30_000, 10)[0].shape == (2, 0)


def test_blocks_are_the_whole(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone().T, RATE, subtype="FLOAT")
    rate, channels, blocks = read_blocks(path, 3_000)
    assert (rate, channels) == (RATE, 2)
    np.testing.assert_array_equal(np.concatenate(list(blocks), axis=1), tone())


@pytest.mark.parametrize("name", ["träume – 夢.wav", "звук.flac", "a b'c\"d.ogg", "🎹.wav"])
def test_names_in_any_script(tmp_path, name):
    soundfile.write(tmp_path / name, tone().T, RATE)
    assert read_audio(tmp_path / name)[0].shape[0] == 2


def test_broken_files_are_named_in_one_sentence(tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.flac").write_text("this is no sound at all, " * 50)
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "header.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVE")
    for name in ("empty.wav", "text.flac", "folder.wav", "header.wav", "none.wav"):
        for read in (audio_info, read_audio, read_blocks):
            with pytest.raises(UserError, match=name) as caught:
                read(tmp_path / name)
            assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_a_damaged_flac_is_an_error_and_not_noise(tmp_path):
    path = tmp_path / "damaged.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 200_000), RATE)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20_000] = bytes(20_000)
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"damaged\.flac"):
        read_audio(path)


@pytest.mark.parametrize(("subtype", "step"), [("PCM_16", 2**-15), ("PCM_24", 2**-23), ("FLOAT", 0.0)])
def test_written_wav_comes_back(tmp_path, subtype, step):
    write_wav(tmp_path / "out.wav", tone(), RATE, subtype)
    audio, rate = read_audio(tmp_path / "out.wav")
    assert rate == RATE and np.abs(audio - tone()).max() <= step
    assert [path.name for path in tmp_path.iterdir()] == ["out.wav"]


def test_writing_clips_instead_of_wrapping(tmp_path):
    write_wav(tmp_path / "loud.wav", np.array([1.5, -1.5, 0.0], np.float32), RATE)
    np.testing.assert_allclose(read_audio(tmp_path / "loud.wav")[0], [[1, -1, 0]], atol=1e-6)


@contextmanager
def full_disk(size=1000):
    """No file can grow beyond `size` bytes, as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_said_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.wav"
    write_wav(path, tone(), RATE)
    before = path.read_bytes()
    with full_disk(), pytest.raises(UserError, match=r"out\.wav could not be written \(the disk is full\); make room"):
        write_wav(path, tone() * 0, RATE)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_ends_writing_at_once(tmp_path):
    """A recording must not go on for hours into nothing."""
    written = 0
    writer = sound_writer(tmp_path / "a.flac", RATE, 2, kind="FLAC", subtype="PCM_24")
    with full_disk(), pytest.raises(UserError, match="the disk is full"), writer as write:
        for _ in range(20):
            write(tone().T)
            written += 1
    assert written < 3 and not list(tmp_path.iterdir())


def test_writing_into_a_missing_folder_or_nothing(tmp_path):
    with pytest.raises(UserError, match="gone"):
        write_wav(tmp_path / "gone" / "a.wav", tone(), RATE)
    with pytest.raises(UserError, match="no samples"):
        write_wav(tmp_path / "a.wav", np.zeros((1, 0)), RATE)


def test_without_pyav_the_sentence_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "a.m4a").write_bytes(b"something")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UserError, match=r"a\.m4a.*tritone\[formats\]"):
        read_audio(tmp_path / "a.m4a")


@pytest.mark.parametrize(("suffix", "codec"), [("m4a", "aac"), ("mka", "aac"), ("wma", "wmav2")])
def test_other_containers_through_pyav(tmp_path, suffix, codec):
    av = pytest.importorskip("av", reason="the extra [formats] is not installed")
    path = tmp_path / f"a.{suffix}"
    sound = np.tile(tone(2, 22_050), (1, 2))
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, layout="stereo", bit_rate=128_000)
        frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="stereo")
        frame.rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    audio, rate = read_audio(path)
    assert rate == RATE and audio.shape[0] == 2 and abs(audio.shape[1] - 44_100) < 6_000
    spectrum = np.abs(np.fft.rfft(audio[0, 5_000 : 5_000 + 22_050]))
    assert np.argmax(spectrum) * RATE / 22_050 == pytest.approx(220, abs=3)
    assert abs(audio_info(path).frames - audio.shape[1]) < 6_000
    stretch, _ = read_audio(path, 1_000, 500)
    np.testing.assert_array_equal(stretch, audio[:, 1_000:1_500])


def test_a_damaged_container_is_named(tmp_path):
    pytest.importorskip("av", reason="the extra [formats] is not installed")
    (tmp_path / "bad.m4a").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(UserError, match=r"bad\.m4a"):
        read_audio(tmp_path / "bad.m4a")
