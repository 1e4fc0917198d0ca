"""From sound folders to a DATA folder: what goes in, what is left out and why."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import RATE, folder, noise, write

from tritone.data.prepare import prepare
from tritone.data.shards import ShardWriter
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.signal.resample import resample


def run(sounds: Path, out: Path, **options):
    return prepare([sounds], out, **{"sample_rate": RATE, "workers": 2} | options)


def whole(data: Dataset, name: str) -> np.ndarray:
    item = next(item for item in data.items if item.name == name)
    return data.read(item, 0, item.frames)


def reasons(report) -> dict[str, str]:
    return {skip.name: skip.reason for skip in report.skipped}


def test_files_come_back_bit_for_bit(tmp_path):
    sounds = folder(tmp_path / "sounds", files=5)
    report = run(sounds, tmp_path / "data")
    data = Dataset.open(tmp_path / "data")
    assert [item.name for item in data.items] == [f"{index:02d}.wav" for index in range(5)]
    for index in range(5):
        original = soundfile.read(sounds / f"{index:02d}.wav", dtype="float32")[0]
        np.testing.assert_array_equal(whole(data, f"{index:02d}.wav")[0], original)
    assert report.seconds == 10.0 and report.files == 5 and not report.skipped


def test_float32_keeps_what_int16_rounds(tmp_path):
    sound = noise(1, 0)
    write(tmp_path / "s" / "a.wav", sound, subtype="FLOAT")
    write(tmp_path / "s" / "b.wav", noise(1, 1), subtype="FLOAT")
    run(tmp_path / "s", tmp_path / "f", dtype="float32")
    run(tmp_path / "s", tmp_path / "i", dtype="int16")
    parts = [item for item in Dataset.open(tmp_path / "f").items if item.name.startswith("a.wav")]
    assert len(parts) == 1
    np.testing.assert_array_equal(whole(Dataset.open(tmp_path / "f"), "a.wav"), sound)
    rounded = whole(Dataset.open(tmp_path / "i"), "a.wav")
    assert 0 < np.abs(rounded - sound).max() <= 0.5001 / 32768


def test_formats_depths_rates_and_channels(tmp_path):
    sounds = tmp_path / "sounds"
    stereo = noise(1, 3, channels=2, rate=48_000)
    write(sounds / "eight.wav", noise(1, 1), subtype="PCM_U8")
    write(sounds / "deep" / "er" / "high.flac", noise(1, 2, rate=96_000), 96_000, "PCM_24")
    write(sounds / "stereo.wav", stereo, 48_000, "FLOAT")
    write(sounds / "surround.wav", noise(1, 4, channels=6), subtype="PCM_24")
    write(sounds / "lossy.ogg", noise(1, 5), subtype="VORBIS")
    write(sounds / "lossy.mp3", noise(1, 6), subtype=None)
    write(sounds / "träume 夢.aiff", noise(1, 7))
    write(sounds / ".hidden.wav", noise(1, 8))
    write(sounds / ".git" / "x.wav", noise(1, 9))
    (sounds / "notes.pdf").write_text("no sound")
    report = run(sounds, tmp_path / "data")
    names = {item.name for item in Dataset.open(tmp_path / "data").items}
    assert names == {
        "eight.wav", "deep/er/high.flac", "stereo.wav", "surround.wav", "lossy.ogg", "lossy.mp3", "träume 夢.aiff",
    }  # fmt: skip
    assert report.rates == {16_000: 5, 96_000: 1, 48_000: 1} and report.source_channels == {1: 5, 2: 1, 6: 1}
    mono = resample(stereo.mean(axis=0, keepdims=True), 48_000, RATE)
    np.testing.assert_allclose(whole(Dataset.open(tmp_path / "data"), "stereo.wav"), mono, atol=1e-4)
    assert {item.frames for item in Dataset.open(tmp_path / "data").items if item.name[:5] != "lossy"} == {RATE}


def test_stereo_stays_stereo_and_mono_doubles(tmp_path):
    left_right = noise(1, 0, channels=2)
    write(tmp_path / "s" / "a.wav", left_right, subtype="FLOAT")
    write(tmp_path / "s" / "b.wav", noise(1, 1), subtype="FLOAT")
    run(tmp_path / "s", tmp_path / "data", channels=2, dtype="float32")
    data = Dataset.open(tmp_path / "data")
    np.testing.assert_array_equal(whole(data, "a.wav"), left_right)
    np.testing.assert_array_equal(whole(data, "b.wav"), np.repeat(noise(1, 1), 2, axis=0))


def test_one_bad_file_never_stops_the_others(tmp_path, monkeypatch):
    sounds = folder(tmp_path / "sounds", files=3)
    (sounds / "empty.wav").touch()
    (sounds / "text.flac").write_text("not a sound " * 99)
    write(sounds / "silent.wav", np.zeros((1, 9_000)))
    write(sounds / "tiny.wav", noise(0.002, 1))
    write(sounds / "none.wav", np.zeros((1, 0)))
    write(sounds / "nan.wav", np.where(np.arange(9_000) == 77, np.nan, 0.1)[None], subtype="FLOAT")
    write(sounds / "secret.wav", noise(1, 50))
    (sounds / "dangling.wav").symlink_to(tmp_path / "nowhere.wav")
    opening = Path.open

    def refuse(self, *args, **options):
        if self.name == "secret.wav":
            raise PermissionError(13, "Permission denied", str(self))
        return opening(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    report = run(sounds, tmp_path / "data")
    why = reasons(report)
    expected = {
        "empty.wav": "empty", "text.flac": "cannot be read as audio", "silent.wav": "silent", "tiny.wav": "too short",
        "none.wav": "too short", "nan.wav": "NaN", "secret.wav": "Permission denied", "dangling.wav": "No such file",
    }  # fmt: skip
    assert set(why) == set(expected)
    for name, word in expected.items():
        assert word in why[name]
    assert report.files == 3
    readme = (tmp_path / "data" / "README.md").read_text()
    assert all(name in readme for name in expected)


def test_nothing_usable_is_an_error_that_says_why(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="No sound files"):
        run(tmp_path / "empty", tmp_path / "data")
    assert not (tmp_path / "data").exists()
    with pytest.raises(UserError, match="does not exist"):
        run(tmp_path / "nowhere", tmp_path / "data")
    write(tmp_path / "bad" / "silent.wav", np.zeros((1, 9_000)))
    with pytest.raises(UserError, match=r"silent\.wav: silent"):
        run(tmp_path / "bad", tmp_path / "data")


def test_the_sound_folder_is_never_written_to(tmp_path):
    sounds = folder(tmp_path / "sounds", files=2)
    for out in (sounds, sounds / "data", sounds / "a" / "b"):
        with pytest.raises(UserError, match="sound folder"):
            run(sounds, out)
    (tmp_path / "link").symlink_to(sounds)
    with pytest.raises(UserError, match="sound folder"):
        run(sounds, tmp_path / "link" / "data")
    run(sounds, tmp_path / "data")
    assert sorted(path.name for path in sounds.iterdir()) == ["00.wav", "01.wav"]


def test_a_strange_folder_is_not_filled(tmp_path):
    sounds = folder(tmp_path / "sounds", files=2)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(UserError, match="not empty and not a DATA folder"):
        run(sounds, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_link_loops_end_and_linked_folders_count_once(tmp_path):
    sounds = folder(tmp_path / "sounds", files=3)
    (sounds / "loop").symlink_to(sounds)
    elsewhere = folder(tmp_path / "elsewhere", files=0)
    write(tmp_path / "elsewhere" / "other.wav", noise(1, 77))
    (sounds / "linked").symlink_to(elsewhere)
    (sounds / "linked again").symlink_to(elsewhere)
    run(sounds, tmp_path / "data")
    assert len(Dataset.open(tmp_path / "data").items) == 4


def test_several_folders_and_single_files(tmp_path):
    one, two = folder(tmp_path / "one", files=2), tmp_path / "two"
    write(two / "00.wav", noise(1, 20))
    single = write(tmp_path / "single.wav", noise(1, 21))
    prepare([one, two, single, one], tmp_path / "data", sample_rate=RATE)
    data = Dataset.open(tmp_path / "data")
    assert [item.name for item in data.items] == ["one/00.wav", "one/01.wav", "single.wav", "two/00.wav"]
    assert [item.label for item in data.items] == ["one", "one", tmp_path.name, "two"]


def test_names_that_are_not_unicode(tmp_path):
    sounds = folder(tmp_path / "sounds", files=1)
    strange = os.fsencode(sounds) + b"/caf\xe9.wav"
    try:
        os.rename(os.fsencode(write(tmp_path / "x.wav", noise(1, 5))), strange)
    except OSError:
        pytest.skip("this file system takes unicode names only")
    report = run(sounds, tmp_path / "data")
    assert report.files == 2 and "caf\\udce9.wav" not in reasons(report)
    assert len(Dataset.open(tmp_path / "data").items) == 2


def test_exact_copies_are_left_out_whatever_the_format(tmp_path):
    sounds = folder(tmp_path / "sounds", files=3)
    integers = soundfile.read(sounds / "01.wav", dtype="int16")[0]
    soundfile.write(sounds / "copy.flac", integers, RATE)
    soundfile.write(sounds / "doubled.wav", np.stack([integers, integers], axis=1), RATE)
    report = run(sounds, tmp_path / "data")
    assert reasons(report) == {name: "the same sound as 01.wav" for name in ("copy.flac", "doubled.wav")}
    stored = sum(path.stat().st_size for path in (tmp_path / "data" / "shards").iterdir())
    assert stored == 3 * 2 * RATE * 2


def test_findings_are_reported(tmp_path):
    sounds = folder(tmp_path / "sounds", files=3)
    write(sounds / "loud.wav", np.clip(noise(2, 10) * 30, -1, 1))
    write(sounds / "offset.wav", noise(2, 11) * 0.5 + 0.2)
    write(sounds / "over.wav", noise(2, 12) * 8, subtype="FLOAT")
    write(sounds / "quieter.wav", noise(2, 0) * 0.3)
    report = run(sounds, tmp_path / "data")
    assert {finding.name for finding in report.clipped} == {"loud.wav", "over.wav"}
    assert [finding.name for finding in report.offset] == ["offset.wav"]
    assert len(report.alike) == 1 and "quieter.wav" in report.alike[0].what and report.alike[0].name == "00.wav"
    assert any("little sound" in warning for warning in report.warnings)


def test_no_warning_of_too_little_from_five_minutes_on(tmp_path):
    folder(tmp_path / "s", files=4, seconds=76)
    assert not run(tmp_path / "s", tmp_path / "data").warnings


def test_labels_and_captions(tmp_path):
    sounds = tmp_path / "sounds"
    write(sounds / "kicks" / "a.wav", noise(1, 0))
    write(sounds / "snares" / "b.wav", noise(1, 1))
    write(sounds / "snares" / "c.wav", noise(1, 2))
    (sounds / "snares" / "b.json").write_text('{"label": "rim", "caption": "a dry rim shot"}')
    (sounds / "snares" / "c.txt").write_text("bpm: 99\na wet snare\n")
    run(sounds, tmp_path / "data")
    found = [(item.label, item.caption) for item in Dataset.open(tmp_path / "data").items]
    assert found == [("kicks", ""), ("rim", "a dry rim shot"), ("snares", "a wet snare")]


@pytest.mark.parametrize(
    ("note", "label"),
    [
        ('{"genre": "house"}', "house"), ('{"instrument": "bass"}', "bass"), ('{"kit": "808"}', "808"),
        ('{"kit": "808", "genre": "house"}', "house"), ('{"genre": ["techno", "house"]}', "techno"),
        ('{"label": null, "kit": 9}', "9"), ('{"label": " "}', "s"), ('{"label": {"a": 1}}', "s"), ("[]", "s"),
    ],
)  # fmt: skip
def test_a_genre_an_instrument_or_a_kit_is_a_label(tmp_path, note, label):
    write(tmp_path / "s" / "a.wav", noise(0.2, 0))
    (tmp_path / "s" / "a.json").write_text(note)
    report = run(tmp_path / "s", tmp_path / "data", validation=0)
    assert Dataset.open(tmp_path / "data").labels == (label,) and report.summary()["labels"] == {label: 1}


def test_files_larger_than_a_shard_are_divided(tmp_path, monkeypatch):
    monkeypatch.setattr(ShardWriter.__init__, "__defaults__", (50_000,))
    folder(tmp_path / "s", files=3, seconds=4)
    run(tmp_path / "s", tmp_path / "data")
    data = Dataset.open(tmp_path / "data")
    assert all(path.stat().st_size <= 50_000 for path in (tmp_path / "data" / "shards").iterdir())
    for index in range(3):
        parts = [item for item in data.items if item.name.startswith(f"{index:02d}.wav")]
        joined = np.concatenate([data.read(item, 0, item.frames) for item in parts], axis=1)
        original = soundfile.read(tmp_path / "s" / f"{index:02d}.wav", dtype="float32")[0]
        np.testing.assert_array_equal(joined[0], original)
        assert len({item.split for item in parts}) == 1


def test_the_index_names_no_absolute_path(tmp_path):
    folder(tmp_path / "s", files=2)
    run(tmp_path / "s", tmp_path / "data")
    for name in ("index.json", "sources.jsonl"):
        assert str(tmp_path) not in (tmp_path / "data" / name).read_text()
    assert json.loads((tmp_path / "data" / "index.json").read_text())["format"] == 1


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"channels": 3}, "channels"), ({"sample_rate": 10}, "sample_rate"), ({"dtype": "int8"}, "dtype"),
        ({"bpm": 120}, "bars"), ({"bars": 1, "bpm": 1}, "bpm"), ({"validation": 0.9}, "validation"),
        ({"beats_per_bar": 0, "bars": 1}, "beats_per_bar"), ({"bars": -1}, "bars"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense(tmp_path, options, word):
    folder(tmp_path / "s", files=1)
    with pytest.raises(UserError, match=word):
        run(tmp_path / "s", tmp_path / "data", **options)
