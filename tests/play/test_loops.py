"""Loops from seeds, as `tritone generate` makes them."""

import numpy as np
import pytest
import soundfile
import torch

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.loops import make_loops, mix_loops, morph_loops
from tritone.signal.loop_chunks import read_loop_chunks
from tritone.signal.loops import loop_length, tempo_from_name

RATE = 8000


def sound(path):
    return torch.from_numpy(soundfile.read(path, always_2d=True, dtype="float32")[0].T)


def names(paths):
    return [path.name for path in paths]


def test_names_seeds_and_bytes_whatever_the_count(loop_run, done, tmp_path):
    four = done("generate", loop_run, "--out", tmp_path / "4", "--count", 4, "--seed", 7, "--bpm", 128).paths
    assert names(four) == [f"seed-{seed}_128bpm.wav" for seed in (7, 8, 9, 10)]
    (nine,) = done("generate", loop_run, "--out", tmp_path / "1", "--count", 1, "--seed", 9, "--bpm", 128).paths
    assert nine.read_bytes() == four[2].read_bytes()
    assert len({path.read_bytes() for path in four}) == 4
    assert sorted(path.name for path in (tmp_path / "4").iterdir()) == sorted(["contact-sheet.png", *names(four)])
    assert (tmp_path / "4/contact-sheet.png").stat().st_size > 10_000


def test_sixteen_by_default_at_the_models_tempo_and_no_sheet_where_none_is_wanted(loop_run, done, tmp_path):
    made = done("generate", loop_run, "--out", tmp_path / "out", "--no-sheet").paths
    assert names(made) == [f"seed-{seed}_120bpm.wav" for seed in range(16)]
    assert sorted((tmp_path / "out").iterdir()) == sorted(made)


@pytest.mark.parametrize(("bars", "bpm"), [(1, 77), (2, 120), (4, 174), (1, 97.531), (3, 400)])
def test_exact_length_and_what_the_file_says(loop_run, done, tmp_path, bars, bpm):
    words = ("--count", 1, "--seed", 3, "--bars", bars, "--bpm", bpm, "--truncation", 0.7, "--label", "techno")
    (path,) = done("generate", loop_run, "--out", tmp_path / "out", *words).paths
    info, said = soundfile.info(path), read_loop_chunks(path)
    assert (info.frames, info.channels, info.subtype) == (loop_length(bars, bpm, RATE), 2, "PCM_24")
    assert (said.start, said.end, said.beats, said.beats_per_bar) == (0, info.frames - 1, 4 * bars, 4)
    assert said.bpm == pytest.approx(bpm) and tempo_from_name(path.name) == bpm
    assert path.name == f"seed-3_techno_{bpm:g}bpm.wav"
    assert said.comment == f"seed 3, {bars} bar{'s' * (bars > 1)} at {bpm:g} BPM, truncation 0.7, label techno"


def test_the_model_gets_what_was_asked(loop_model, tmp_path):
    from tritone.play.loop_model import LoopOptions

    make_loops(loop_model, tmp_path, count=1, seed=5, options=LoopOptions(bpm=90, truncation=0.5, label="house"))
    assert loop_model.asked == [{"label": "house", "bpm": 90, "truncation": 0.5}]


def test_a_model_of_two_bars_of_three(make_loop_run, done, tmp_path):
    run = make_loop_run(bars=2.0, beats=6, labels=(), tempo=90.0)
    (path,) = done("generate", run, "--out", tmp_path / "out", "--count", 1, "--bars", 4).paths
    assert soundfile.info(path).frames == 12 * 60 * RATE / 90
    assert (read_loop_chunks(path).beats, read_loop_chunks(path).beats_per_bar) == (12, 3)


def test_a_walk_passes_every_seed_in_equal_steps(loop_run, done, tmp_path, style_of):
    walk = done("generate", loop_run, "--out", tmp_path / "walk", "--morph", "7,19,23", "--steps", 4).paths
    assert names(walk) == [f"morph_7-19-23_{place:02d}_120bpm.wav" for place in range(9)] == sorted(names(walk))
    own = [done("generate", loop_run, "--out", tmp_path / "own", "--count", 1, "--seed", seed).paths[0]
           for seed in (7, 19, 23)]  # fmt: skip
    for place, path in zip((0, 4, 8), own, strict=True):
        np.testing.assert_array_equal(sound(walk[place]), sound(path))
    styles = [style_of(sound(path)[:1]) for path in walk]
    for first, second in ((0, 4), (4, 8)):
        for step in range(4):
            wanted = torch.lerp(styles[first], styles[second], step / 4)
            torch.testing.assert_close(styles[first + step], wanted, atol=1e-5, rtol=0)


def test_a_walk_of_two_is_named_by_both(loop_run, done, tmp_path):
    for words in (("--morph", "7,19"), ("--morph=7,19",), ("--morph", "7", "19")):
        walk = done("generate", *words, loop_run, "--out", tmp_path / "out", "--steps", 1, "--no-sheet").paths
        assert names(walk) == ["morph_7-19_00_120bpm.wav", "morph_7-19_01_120bpm.wav"]
    assert len(done("generate", loop_run, "--out", tmp_path / "out", "--morph", "7,19").paths) == 9


def test_a_mix_has_first_layers_of_one_and_last_of_the_other(loop_run, loop_model, done, tmp_path, style_of):
    coarse, fine = loop_model.styles([7]), loop_model.styles([19])
    for split in (1, 2, 3):
        words = ("--mix", "fine:19,coarse:7", *(() if split == 2 else ("--split", split)))
        (path,) = done("generate", loop_run, "--out", tmp_path / "out", *words).paths
        assert path.name == "mix_coarse-7_fine-19_120bpm.wav"
        wanted = torch.cat((coarse[:, :split], fine[:, split:]), 1)
        torch.testing.assert_close(style_of(sound(path)[:1]), wanted, atol=1e-5, rtol=0)


def test_a_mix_with_itself_is_the_loop(loop_run, done, tmp_path):
    (mixed,) = done("generate", loop_run, "--out", tmp_path / "mix", "--mix", "coarse:7,fine:7").paths
    (plain,) = done("generate", loop_run, "--out", tmp_path / "own", "--count", 1, "--seed", 7).paths
    np.testing.assert_array_equal(sound(mixed), sound(plain))


def test_a_table_of_mixes(loop_run, done, tmp_path):
    made = done("generate", loop_run, "--out", tmp_path / "out", "--mix", "coarse:7+8+9,fine:19+20").paths
    assert names(made) == [f"mix_coarse-{a}_fine-{b}_120bpm.wav" for a in (7, 8, 9) for b in (19, 20)]
    assert sum(1 for _ in (tmp_path / "out").iterdir()) == 7


def test_progress_is_told(loop_model, tmp_path):
    for make, total in (
        (lambda show: make_loops(loop_model, tmp_path, count=2, show=show), 2),
        (lambda show: morph_loops(loop_model, tmp_path, seeds=[1, 2, 3], steps=2, show=show), 5),
        (lambda show: mix_loops(loop_model, tmp_path, coarse=[1, 2], fine=[3], show=show), 2),
    ):
        told = []
        make(lambda *each, told=told: told.append(each))
        assert told == [(done, total) for done in range(total + 1)]


def test_from_python_mistakes_are_user_errors_too(loop_model, tmp_path):
    for wrong in (
        lambda: make_loops(loop_model, tmp_path, count=0),
        lambda: morph_loops(loop_model, tmp_path, seeds=[1]),
        lambda: morph_loops(loop_model, tmp_path, seeds=[1, 2], steps=0),
        lambda: mix_loops(loop_model, tmp_path, coarse=[1], fine=[2], split=0),
        lambda: make_loops(Synthesizer(), tmp_path),
    ):
        with pytest.raises(UserError):
            wrong()
    assert not list(tmp_path.iterdir())


def test_the_family_of_loops_keeps_to_what_is_asked_here(tmp_path):
    from tritone.families.gan.config import Config, GeneratorConfig
    from tritone.families.gan.model import build
    from tritone.play.loop_model import LoopOptions

    torch.manual_seed(0)
    narrow = GeneratorConfig(z=4, w=4, mapping_layers=1, channels=(4, 4, 4))
    model = build(Config(sample_rate=16_000, generator=narrow, labels=("a", "b"), tempos=(90.0, 100.0, 150.0))).eval()
    options = LoopOptions(bpm=174, label="b", sheet=False)
    two = make_loops(model, tmp_path / "2", count=2, seed=7, options=options)
    (one,) = make_loops(model, tmp_path / "1", count=1, seed=8, options=options)
    assert one.read_bytes() == two[1].read_bytes() != two[0].read_bytes()
    assert soundfile.info(one).frames == loop_length(1, 174, 16_000)
    (mixed,) = mix_loops(model, tmp_path / "m", coarse=[8], fine=[8], options=options)
    np.testing.assert_array_equal(sound(mixed), sound(one))
    walk = morph_loops(model, tmp_path / "w", seeds=[8, 7], steps=1, options=options)
    for path, own in zip(walk, (one, two[0]), strict=True):
        np.testing.assert_array_equal(sound(path), sound(own))
