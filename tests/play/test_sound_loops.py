"""Loops from models that make sound of any length."""

import pytest
import soundfile
from small_sound import RATE

from tritone.errors import UserError
from tritone.play.sound_loops import loop_form
from tritone.signal.loop_chunks import read_loop_chunks


@pytest.mark.parametrize(("bars", "bpm"), [(1, 97), (0.25, 173.5), (2, 240)])
def test_exact_length_and_what_samplers_read(noise_run, done, tmp_path, bars, bpm):
    (path,) = done("generate", noise_run, "--out", tmp_path, "--count", 1, "--loop", "--bars", bars, "--bpm", bpm,
                   "--seed", 7).paths  # fmt: skip
    samples = round(bars * 4 * 60 / bpm * RATE)
    assert soundfile.info(path).frames == samples
    said = read_loop_chunks(path)
    assert (said.start, said.end, said.beats, said.beats_per_bar) == (0, samples - 1, bars * 4, 4)
    assert said.bpm == pytest.approx(bpm) and not said.one_shot and "seed 7" in said.comment
    assert path.name == f"seed-7-000_{bpm}bpm.wav"


def test_a_label_is_asked_for_and_in_the_name(noise_run, done, tmp_path):
    words = ("--count", 1, "--loop", "--seconds", 0.5, "--bars", 0.25)
    plain, drums = (
        done("generate", noise_run, "--out", tmp_path / name, *words, *more).paths[0]
        for name, more in (("plain", ()), ("drums", ("--label", "drums")))
    )
    assert drums.name == "seed-0-000_drums_120bpm.wav" and plain.name == "seed-0-000_120bpm.wav"
    assert drums.read_bytes()[-1000:] != plain.read_bytes()[-1000:]


@pytest.mark.parametrize(
    ("asked", "form"),
    [
        ({}, (2, 120, 32_000)),
        ({"seconds": 2.0}, (1, 120, 16_000)),
        ({"seconds": 3.0}, (2, 160, 24_000)),
        ({"bars": 2}, (2, 120, 32_000)),
        ({"bpm": 60}, (1, 60, 32_000)),
        ({"bars": 3, "seconds": 6.0}, (3, 120, 48_000)),
        ({"bpm": 120, "seconds": 4.0}, (2, 120, 32_000)),
        ({"bpm": 120, "seconds": 0.5}, (0.25, 120, 4000)),
    ],
)
def test_what_is_missing_follows(asked, form):
    found = loop_form(RATE, **asked)
    assert (found.bars, found.bpm, found.samples) == pytest.approx(form)
    assert found.told == bool({"bars", "bpm"} & set(asked))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"bpm": 10}, "--bpm must lie between 20 and 400"),
        ({"bars": 1, "bpm": 120, "seconds": 2}, "leave one of the three out"),
        ({"bpm": 120, "seconds": 1.3}, "no whole number of beats"),
        ({"bpm": 120, "seconds": 0.01}, "no whole number of beats"),
        ({"bars": 64, "seconds": 1.0}, "give other --bars"),
        ({"bars": 4000, "bpm": 120}, "at most 600 s, not 8,000.0 s"),
    ],
)
def test_impossible_loops(asked, sentence):
    with pytest.raises(UserError, match=sentence):
        loop_form(RATE, **asked)
