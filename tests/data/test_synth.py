"""Loops of the synthesiser: seamless, exact, in key, varied, reproducible."""

import re

import numpy as np
import pytest
import soundfile

from tritone.data import circular
from tritone.data.kits import SHELVES
from tritone.data.render import render_loops
from tritone.data.synth import INSTRUMENTS, render_synth_loop
from tritone.data.synth_parts import PARTS
from tritone.data.synth_theory import Key, draw_chords, draw_key, opened, voicing
from tritone.errors import UserError

RATE = 22_050


@pytest.fixture(scope="module")
def loops():
    return [render_synth_loop(1, index, sample_rate=RATE) for index in range(30)]


def test_keys_and_chords():
    minor, major = Key(9, (0, 2, 3, 5, 7, 8, 10)), Key(3, (0, 2, 4, 5, 7, 9, 11))
    assert (minor.name, major.name) == ("Am", "Eb")
    assert [minor.tone(degree) for degree in (-7, 0, 2, 4, 7)] == [45, 57, 60, 64, 69]
    assert voicing(major, 4, 60) == [58, 62, 65]  # B flat major, the dominant, about middle C
    assert voicing(major, 4, 60, (6,)) == [56, 58, 62, 65]
    assert opened([60, 64, 67, 71]) == [48, 55, 64, 71]


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_parts_are_in_key_in_time_and_in_reach(instrument):
    texts = set()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        key, bars = draw_key(rng), 1 + seed % 2
        chords = draw_chords(rng, key, bars)
        assert chords[0].start == 0 and sum(chord.steps for chord in chords) == 16 * bars
        notes = PARTS[instrument](rng, key, chords, bars)
        assert notes and all((note.pitch - key.root) % 12 in key.scale for note in notes)
        assert all(0 <= note.start < 16 * bars and 0 < note.length <= 16 and 0 < note.velocity <= 1 for note in notes)
        assert all(22 <= note.pitch <= 108 for note in notes)
        texts.add(tuple((note.start, note.pitch) for note in notes))
    assert len(texts) > 30


@pytest.mark.parametrize(
    ("bars", "bpm", "rate", "channels"),
    [(1, 77, 44_100, 1), (2, 174, 16_000, 2), (1, 133.7, 32_000, 2), (1, 97, 8_000, 1)],
)
def test_length_is_exact_at_any_tempo_and_rate(bars, bpm, rate, channels):
    for index in range(6):
        loop = render_synth_loop(0, index, bars=bars, bpm=bpm, sample_rate=rate, channels=channels)
        assert loop.audio.shape == (channels, round(bars * 240 / bpm * rate)) and loop.audio.dtype == np.float32
        assert 0.6 < np.abs(loop.audio).max() < 0.95 and np.isfinite(loop.audio).all()


def test_the_last_sample_leads_into_the_first(loops):
    """The step and the bend over the loop point are ordinary ones, and where struck notes die away small ones."""
    for loop in loops:
        audio = np.concatenate([loop.audio, loop.audio[:, :3]], axis=1)
        step, bend = np.abs(np.diff(audio)), np.abs(np.diff(audio, n=2))
        seam = slice(loop.audio.shape[1] - 2, None)
        assert step[:, seam].max() <= np.quantile(step, 0.9999) + 1e-4, (loop.label, loop.variety)
        assert bend[:, seam].max() <= np.quantile(bend, 0.9999) + 1e-4, (loop.label, loop.variety)
    struck = [
        abs(a[0, 0] - a[0, -1]) / np.abs(np.diff(a[0])).max() for a in (x.audio for x in loops if x.label != "pad")
    ]
    assert np.median(struck) < 0.05


def test_instruments_take_turns_and_every_loop_differs(loops):
    assert [loop.label for loop in loops[:12]] == [loop.label for loop in loops[6:18]]
    assert {loop.label for loop in loops[:6]} == set(INSTRUMENTS) == {"bass", "arp", "chords", "lead", "pluck", "pad"}
    assert len({loop.variety for loop in loops}) > 8
    similar = np.corrcoef(np.stack([loop.audio[0] for loop in loops])) - np.eye(len(loops))
    assert np.abs(similar).max() < 0.9
    low = {name: np.mean([_centroid(x.audio[0]) for x in loops if x.label == name]) for name in INSTRUMENTS}
    assert min(low, key=low.__getitem__) == "bass"


def _centroid(audio):
    power = np.abs(np.fft.rfft(audio)) ** 2
    return (power * np.fft.rfftfreq(len(audio), 1 / RATE)).sum() / power.sum()


def test_a_stereo_loop_is_not_mono_and_has_no_offset(loops):
    assert all(np.abs(loop.audio.mean(axis=1)).max() < 1e-4 for loop in loops)
    assert sum(not np.allclose(loop.audio[0], loop.audio[1], atol=1e-3) for loop in loops) > 25


def test_files_depend_on_seed_and_index_alone(tmp_path):
    options = {"kind": "synth", "sample_rate": RATE, "bpm": (80, 170), "seed": 3}
    many = render_loops(tmp_path / "a", 7, workers=2, **options)
    one = render_loops(tmp_path / "b", 1, first=5, workers=1, **options)
    assert one[0].name == many[5].name and one[0].read_bytes() == many[5].read_bytes()
    tempos = set()
    for index, path in enumerate(many):
        label, bpm, number = re.fullmatch(r"(\w+)_(\d+)bpm_[A-G]b?m?_(\d{5})\.flac", path.name).groups()
        assert path.parent.name == label == INSTRUMENTS[(index + 3) % 6] and int(number) == index
        assert 80 <= int(bpm) <= 170 and soundfile.info(path).frames == round(240 / int(bpm) * RATE)
        tempos.add(bpm)
    assert len(tempos) >= 5


def test_a_range_of_tempos_reaches_its_ends_and_leaves_the_sound_of_drums_alone(tmp_path):
    paths = render_loops(tmp_path / "a", 12, bpm=(100, 102), sample_rate=8_000, channels=1)
    assert {re.search(r"_(\d+)bpm", path.name)[1] for path in paths} == {"100", "101", "102"}
    index = next(i for i, path in enumerate(paths) if "_101bpm" in path.name)
    (alone,) = render_loops(tmp_path / "b", 1, bpm=101.0, first=index, sample_rate=8_000, channels=1)
    assert alone.name == paths[index].name and alone.read_bytes() == paths[index].read_bytes()


def test_mistakes_are_named(tmp_path, refused):
    with pytest.raises(UserError, match="slowest to the fastest, not from 170 to 80"):
        render_loops(tmp_path, 1, kind="synth", bpm=(170, 80))
    with pytest.raises(UserError, match=r"between 20 and 400 beats a minute, not 401"):
        render_loops(tmp_path, 1, bpm=(80, 401))
    with pytest.raises(UserError, match="kit"):
        render_loops(tmp_path, 1, kind="synth", kit=tmp_path)
    assert SHELVES and not list(tmp_path.iterdir())
    words = ("loops", "render", "--out", tmp_path / "x", "--bpm")
    assert "80:170" in refused(*words, "80:fast") and "more than 0" in refused(*words, "slow")


def test_the_command_renders_both_kinds(tmp_path, done):
    for kind, folder in (("synth", "bass"), ("drums", None)):
        out = tmp_path / kind
        words = ("loops", "render", "--out", out, "--kind", kind, "--count", 6, "--bpm", "90:99", "--rate", 8000)
        assert f"6 loops in {out}" in done(*words).out
        assert len(list(out.rglob("*_9?bpm_*.flac"))) == 6 and (folder is None or (out / folder).is_dir())


def test_echoes_on_a_circle_have_always_been_going_on():
    """An impulse on the left: the endless ping-pong of a delay line, wrapped round."""
    period, delay, feedback = 1_000, 130, 0.5
    audio = np.zeros((2, period))
    audio[0, 10] = 1
    heard = np.fft.irfft(circular.echo(np.fft.rfft(audio), period, delay, feedback, 1e6), period)
    expected = np.zeros((2, period))
    for number in range(1, 60):
        expected[(number - 1) % 2, (10 + number * delay) % period] += feedback ** (number - 1)
    np.testing.assert_allclose(heard, expected, atol=1e-5)
    mono = np.fft.irfft(circular.echo(np.fft.rfft(audio[:1]), period, delay, feedback, 1e6), period)
    np.testing.assert_allclose(mono[0], expected.sum(0), atol=1e-5)


@pytest.mark.parametrize("samples", [88_211, 61_001, 29_401])
def test_a_loop_is_fitted_to_a_length_that_spectra_are_slow_for(samples):
    period = circular.quick_period(samples)
    assert samples < period < 1.03 * samples and circular.quick_period(period) == period
    factors = [prime for prime in range(2, 400) if period % prime == 0 and all(prime % p for p in range(2, prime))]
    assert factors and max(factors) <= 7
    x = 2 * np.pi * 37 * np.arange(period) / period
    fitted = circular.fit(np.stack([np.sin(x), np.cos(x)]).astype(np.float32), samples)
    late = np.arctan2(fitted[0, 0], fitted[1, 0])
    exact = 2 * np.pi * 37 * np.arange(samples) / samples + late
    np.testing.assert_allclose(fitted, [np.sin(exact), np.cos(exact)], atol=2e-5)
    assert abs(late) < 2 * np.pi * 37 / samples


def test_chorus_and_smoothing_know_no_beginning():
    rng = np.random.default_rng(0)
    audio = circular.convolve(rng.standard_normal((2, 6_000)), np.hanning(40)[None])
    turned = circular.chorus(np.roll(audio, 3_000, axis=1), RATE, 2.0, 2)  # after half a period the swing is the same
    np.testing.assert_allclose(turned, np.roll(circular.chorus(audio, RATE, 2.0, 2), 3_000, axis=1), atol=1e-5)
    still = circular.chorus(audio, 48_000, 0.0, 1)
    np.testing.assert_allclose(still, np.roll(audio, 12 * 48, axis=1), atol=1e-5)
    curve = (rng.random(500) > 0.5).astype(float)
    smoothed = circular.smooth(curve, 31)
    np.testing.assert_allclose(circular.smooth(np.roll(curve, 77), 31), np.roll(smoothed, 77), atol=1e-5)
    window = np.hanning(33)[1:-1]
    by_hand = [np.take(curve, np.arange(i - 15, i + 16), mode="wrap") @ window / window.sum() for i in range(500)]
    np.testing.assert_allclose(smoothed, by_hand, atol=1e-5)
