"""Known damage is what it says, and names stay unique."""

import numpy as np
import pytest
from sets_of_sound import noise

from tritone.judge import damage


def test_noise_lies_so_far_below_and_is_each_sounds_own():
    clips = noise("real", 3, seconds=1.0)
    damaged = damage.noisy(clips, 20)
    added = [one.audio - real.audio for one, real in zip(damaged.clips, clips.clips, strict=True)]
    for one, real in zip(added, clips.clips, strict=True):
        assert 20 * np.log10(real.audio.std() / one.std()) == pytest.approx(20, abs=0.1)
    assert abs(np.corrcoef(added[0], added[1])[0, 1]) < 0.05
    assert (damage.noisy(clips, 20).clips[1].audio == damaged.clips[1].audio).all()


def test_muffled_sound_has_nothing_above_and_all_below():
    clips = noise("real", 2, seconds=1.0)
    before, after = (np.abs(np.fft.rfft(one.clips[0].audio[0])) for one in (clips, damage.muffled(clips, 2000)))
    assert np.sqrt((after[2400:] ** 2).mean() / (before[2400:] ** 2).mean()) < 1e-2
    assert after[100:1900] == pytest.approx(before[100:1900], rel=0.05, abs=0.05 * float(before.mean()))


def test_overdriven_sound_is_cut_off_at_full_scale():
    damaged = damage.overdriven(noise("real", 2), 12).clips[0].audio
    original = noise("real", 2).clips[0].audio
    factor = 10 ** (12 / 20) / np.abs(original).max()
    assert damaged == pytest.approx(np.clip(original * factor, -1, 1), abs=1e-6)
    assert (np.abs(damaged) == 1).mean() > 0.1


def test_shifted_sound_is_the_same_from_elsewhere():
    clips = noise("real", 2)
    assert (damage.shifted(clips, 0.25).clips[0].audio == np.roll(clips.clips[0].audio, -2000, -1)).all()


def test_collapse_and_copying_keep_the_number_of_sounds_and_give_each_a_name():
    clips, known = noise("real", 10), noise("known", 25, first=100)
    few = damage.collapsed(clips, 3)
    assert len(few) == 10 and len({clip.name for clip in few.clips}) == 10
    assert len({clip.audio.tobytes() for clip in few.clips}) == 3
    copies = damage.copied(clips, known)
    assert len(copies) == 10 and len({clip.name for clip in copies.clips}) == 10
    assert {clip.audio.tobytes() for clip in copies.clips} <= {clip.audio.tobytes() for clip in known.clips}
    assert len({clip.name for clip in damage.copied(known, clips).clips}) == 25
