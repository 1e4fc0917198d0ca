"""Parts of the demo's page."""

import numpy as np

from tritone.play.demo.examples import plain
from tritone.play.demo.fit import fitted
from tritone.report.page import Clip, Section
from tritone.report.player import page_bytes


def clip(seed: int) -> Clip:
    sound = 0.1 * np.random.default_rng(seed).standard_normal((1, 8000))
    return Clip(f"sound {seed}", sound.astype(np.float32), 8000)


def test_names_of_sounds_lose_folders_and_endings():
    assert plain("loops/garzul_120bpm.ogg#1") == "garzul_120bpm #1"
    assert plain("held-out/afro/afro_120bpm_kitd71_1000009.flac") == "afro_120bpm_kitd71_1000009"
    assert plain("voice.take.wav at 4.00 s") == "voice.take at 4.00 s"


def test_sounds_that_do_not_fit_are_left_out_with_a_word():
    sections = [Section(f"part {n}", "Text.", [clip(2 * n), clip(2 * n + 1)]) for n in range(3)]
    size = page_bytes(clip(0))
    kept = fitted(sections, round(4.5 * size), "work/sounds/")
    assert [len(section.clips) for section in kept] == [2, 2, 0]
    assert "2 sounds are left out" in kept[2].text and "work/sounds/" in kept[2].text


def test_a_sound_that_occurs_again_costs_only_its_picture():
    again = [Section("a", "", [clip(0), clip(1)]), Section("b", "", [clip(0), clip(1)])]
    most = round(2.2 * page_bytes(clip(0))) + 2 * 45_000
    assert [len(section.clips) for section in fitted(again, most, "x")] == [2, 2]
    other = [again[0], Section("b", "", [clip(2), clip(3)])]
    assert len(fitted(other, round(3.5 * page_bytes(clip(0))), "x")[1].clips) == 0
