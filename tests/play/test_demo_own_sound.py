"""What the demo takes of the user's own folder."""

import numpy as np
import pytest
import soundfile

from tritone.errors import UserError
from tritone.play.demo.material import hold_out, material_of
from tritone.play.demo.own_sound import LEAST_SECONDS, OwnSound

RATE = 8_000


def noise(path, seconds, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = 0.2 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    soundfile.write(path, sound, RATE, subtype="PCM_16")
    return path


def own(tmp_path, minutes=2.0):
    return OwnSound(tmp_path / "sounds", tmp_path / "report", minutes)


def state(folder):
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


def gathered(source, tmp_path):
    return source.gather(tmp_path / "report" / "work", lambda done, total: None)


def test_a_folder_of_hits_is_taken_whole_and_only_read(tmp_path):
    for number in range(60):
        noise(tmp_path / "sounds" / "kit" / f"hit-{number}.wav", 0.5, number)
    before, source = state(tmp_path / "sounds"), own(tmp_path)
    material = gathered(source, tmp_path)
    assert source.found == 60 and len(source.taken) == 60 and source.seconds == pytest.approx(30)
    assert not source.loops and material.loops == 0
    assert len(material.held_out) >= 12 and material.known + len(material.held_out) == 60
    assert state(tmp_path / "sounds") == before


def test_of_one_long_file_the_end_is_held_out(tmp_path):
    noise(tmp_path / "sounds" / "take.wav", 40)
    material = gathered(own(tmp_path), tmp_path)
    assert len(material.held_out) >= 4 and material.known_seconds < 37


def test_no_more_is_taken_than_there_is_time_for(tmp_path):
    for number in range(6):
        noise(tmp_path / "sounds" / f"{number}.wav", 120, number)
    source = own(tmp_path)
    assert source.seconds == pytest.approx(200) and max(one.seconds for one in source.taken) == 50
    material = gathered(source, tmp_path)
    assert material.known_seconds + sum(c.audio.shape[-1] for c in material.held_out) / material.rate > 190
    assert len(list((tmp_path / "report" / "work" / "excerpts").glob("*.wav"))) == len(source.taken)
    assert source.plan() == own(tmp_path).plan() != OwnSound(tmp_path / "sounds", tmp_path / "report", 3.0).plan()


def test_named_tempos_make_loops_of_a_bar(tmp_path):
    for number in range(14):
        noise(tmp_path / "sounds" / f"beat{number}_120bpm.wav", 4.0, number)
    source = own(tmp_path)
    material = gathered(source, tmp_path)
    assert source.loops and material.loops + len(material.held_out) == 28
    assert all(clip.loop and clip.bpm == 120 for clip in material.held_out)


def test_files_of_one_length_are_taken_for_a_bar(tmp_path):
    for number in range(30):
        noise(tmp_path / "sounds" / f"{number}.wav", 1.875, number)
    source = own(tmp_path)
    assert source.loops and source.tempo == pytest.approx(128)
    assert gathered(source, tmp_path).loops > 0


def test_files_of_many_lengths_are_no_loops(tmp_path):
    for number in range(30):
        noise(tmp_path / "sounds" / f"{number}.wav", 1.2 + 0.07 * number, number)
    assert own(tmp_path).tempo is None and not own(tmp_path).loops


def test_too_little_sound_is_refused_with_how_much_it_takes(tmp_path):
    noise(tmp_path / "sounds" / "only.wav", 3)
    with pytest.raises(UserError, match=rf"only 3 s of sound in 1 file; .*at least {LEAST_SECONDS:g} s"):
        own(tmp_path).plan()


def test_files_that_cannot_be_read_are_passed_over(tmp_path):
    noise(tmp_path / "sounds" / "good.wav", 30)
    (tmp_path / "sounds" / "bad.wav").write_bytes(b"RIFF nothing")
    source = own(tmp_path)
    assert source.found == 2 and len(source.taken) == 1


def test_a_folder_of_broken_files_is_refused(tmp_path):
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "bad.wav").write_bytes(b"no sound")
    with pytest.raises(UserError, match=r"None of the 1 files .* can be read"):
        own(tmp_path).plan()


def test_what_is_held_out_can_be_said_by_name(tmp_path):
    from tritone.data.prepare import prepare

    for number in range(3):
        noise(tmp_path / "known" / f"{number}_120bpm.wav", 4.0, number)
        noise(tmp_path / "other" / f"{number}_120bpm.wav", 4.0, 10 + number)
    prepare([tmp_path / "known", tmp_path / "other"], tmp_path / "data", bars=1, validation=0.0, sample_rate=RATE)
    hold_out(tmp_path / "data", "known/")
    material = material_of(tmp_path / "data")
    assert material.loops == 6 and [clip.name.endswith("#1") for clip in material.held_out] == [True] * 3
