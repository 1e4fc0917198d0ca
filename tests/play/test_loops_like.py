"""Loops like a file: its tempo, its nearest loop, variations around that."""

import json

import numpy as np
import pytest
import soundfile
import torch

from tritone.play.loop_like import like_file, vary
from tritone.play.loop_model import LoopOptions
from tritone.play.loop_tempo import file_tempo
from tritone.signal.loop_chunks import write_loop
from tritone.signal.loops import loop_length

RATE = 8000


@pytest.fixture
def loop_file(loop_model, tmp_path):
    """`loop_file(name, seed, bpm, rate=…, bars=…)`: a loop of the model in a file."""

    def write(name, seed=7, bpm=100.0, bars=1.0, rate=RATE):
        audio = loop_model.render(loop_model.styles([seed]), [seed], bars=bars, bpm=bpm)[0].detach().numpy()
        if rate != RATE:
            from tritone.signal.resample import resample

            audio = resample(audio, RATE, rate)
        soundfile.write(tmp_path / name, audio.T, rate, subtype="PCM_24")
        return tmp_path / name

    return write


def style_in(path, style_of, bpm):
    audio = torch.from_numpy(soundfile.read(path, always_2d=True, dtype="float32")[0].T)[:1]
    return style_of(audio[:, : loop_length(1, bpm, RATE)])


def test_the_nearest_first_and_variations_that_change_the_last_layers_most(
    loop_run, loop_model, loop_file, done, tmp_path, style_of
):
    path = loop_file("my loop_100bpm.wav")
    outcome = done("generate", loop_run, "--out", tmp_path / "out", "--like", path, "--count", 4, "--strength", 0.5)
    assert [made.name for made in outcome.paths] == [f"like-my_loop_{index:02d}_100bpm.wav" for index in range(4)]
    assert "was read at 100 BPM" in outcome.err and "dB" in outcome.err
    assert (tmp_path / "out/contact-sheet.png").is_file()
    own = loop_model.styles([7])
    torch.testing.assert_close(style_in(outcome.paths[0], style_of, 100), own, atol=1e-4, rtol=0)
    for index, made in enumerate(outcome.paths[1:], start=1):
        moved = style_in(made, style_of, 100) - own
        wanted = loop_model.styles([index]) - own
        for layer in range(4):
            torch.testing.assert_close(moved[0, layer], wanted[0, layer] * 0.5 * (layer + 1) / 4, atol=1e-4, rtol=0)


def test_strength_nothing_stays_and_strength_one_exchanges_the_last_layer():
    style, other = torch.randn(1, 5, 3), torch.randn(1, 5, 3)
    torch.testing.assert_close(vary(style, other, 0.0), style)
    far = vary(style, other, 1.0)
    torch.testing.assert_close(far[:, -1], other[:, -1])
    assert not torch.allclose(far[:, 0], other[:, 0])


def test_same_file_and_seed_same_bytes_whatever_the_count(loop_run, loop_file, done, tmp_path):
    words = ("generate", loop_run, "--like", loop_file("a_100bpm.wav"), "--seed", 3, "--no-sheet", "--out")
    four = done(*words, tmp_path / "4", "--count", 4).paths
    two = done(*words, tmp_path / "2", "--count", 2).paths
    assert [path.read_bytes() for path in two] == [path.read_bytes() for path in four[:2]]
    assert len({path.read_bytes() for path in four}) == 4


def test_another_rate_channel_count_and_length_of_the_file(loop_model, loop_file, tmp_path, style_of):
    path = loop_file("long_100bpm.wav", rate=44_100, bars=2.0)
    audio = soundfile.read(path)[0]
    soundfile.write(path, np.stack([audio[:, 0]] * 6, axis=1), 44_100, subtype="FLOAT")
    found = like_file(loop_model, path, tmp_path / "out", count=1, seed=2, steps=9, options=LoopOptions(bpm=150))
    asked = loop_model.asked[-1]
    assert asked["audio"].shape == (1, 2, loop_length(1, 100, RATE))
    assert (asked["bpm"], asked["steps"], asked["seed"], found.bpm) == (100, 9, 2, 100)
    torch.testing.assert_close(style_of(asked["audio"].mean(1)), loop_model.styles([7]), atol=1e-3, rtol=0)
    assert [path.name for path in found.written] == ["like-long_00_150bpm.wav"]
    assert soundfile.info(found.written[0]).frames == loop_length(1, 150, RATE)


def test_distance_is_small_for_a_loop_of_the_model_and_large_for_noise(loop_model, loop_file, tmp_path):
    near = like_file(loop_model, loop_file("near_100bpm.wav", seed=0), tmp_path / "a", count=1)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (19_200, 2))
    soundfile.write(tmp_path / "far_100bpm.wav", noise, RATE)
    far = like_file(loop_model, tmp_path / "far_100bpm.wav", tmp_path / "b", count=1)
    assert near.distance < 0.1 and far.distance > 10


def test_a_little_may_be_missing_at_the_end(loop_model, loop_file, tmp_path):
    path = loop_file("a_100bpm.wav")
    audio = soundfile.read(path)[0]
    soundfile.write(path, audio[:-300], RATE)
    like_file(loop_model, path, tmp_path / "out", count=1)
    given = loop_model.asked[-1]["audio"]
    assert given.shape[-1] == 19_200 and not given[..., -300:].any() and given[..., :-300].any()


def test_where_the_tempo_comes_from(loop_model, loop_file, tmp_path):
    def found(path, **options):
        info = soundfile.info(path)
        return file_tempo(path, info.frames / info.samplerate, loop_model, LoopOptions(**options))

    path = loop_file("some_97bpm.wav")
    assert found(path) == found(path, bpm=140.0) == 97
    path.with_suffix(".json").write_text(json.dumps({"bpm": 98}))
    assert found(path) == 98
    path.with_suffix(".json").write_text(json.dumps({"bars": 2}))
    assert found(path) == pytest.approx(200)
    written = tmp_path / "chunk.wav"
    audio = np.full(24_000, 0.1)
    write_loop(written, audio, RATE, bars=1, bpm=91.5)
    assert found(written) == 91.5
    content = written.read_bytes()
    place = content.index(b"acid") + 8
    written.write_bytes(content[:place] + b"\x01" + content[place + 1 :])
    assert found(written) == pytest.approx(160)  # the tempo of a one-shot says nothing; two bars in 3 s
    write_loop(written, audio, RATE, bars=1, bpm=5.0)
    assert found(written, bpm=77.0) == 77
    assert found(written, bars=2.0) == pytest.approx(160)


@pytest.mark.parametrize(
    ("seconds", "tempo"), [(2.0, 120), (4.0, 120), (8.0, 120), (1.6, 150), (2.6, 240 / 2.6), (2.9, 480 / 2.9)]
)
def test_tempo_by_the_length_alone(loop_model, loop_file, seconds, tempo, tmp_path):
    path = tmp_path / "nameless.wav"
    soundfile.write(path, np.full(round(seconds * RATE), 0.1), RATE)
    assert file_tempo(path, seconds, loop_model, LoopOptions()) == pytest.approx(tempo)
