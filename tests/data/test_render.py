"""Rendered loops: seamless, exact, reproducible; and the sound that ships is listed and decodes."""

import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from tritone.assets import KIT, LOOPS, SOUND
from tritone.data import circular
from tritone.data.drums import render_drum_loop
from tritone.data.kits import SHELVES, OneShots, role_of
from tritone.data.patterns import GENRES, STEPS
from tritone.data.render import render_loops
from tritone.errors import UserError

RATE = 44_100


@pytest.fixture(scope="module")
def shots():
    return OneShots(KIT, RATE)


def test_every_shipped_sound_is_listed_with_its_source_and_decodes():
    table = (SOUND.parent / "LICENSES.md").read_text()
    rows = dict(re.findall(r"^\| `(\S+)` \| `\S+` \| (.+) \| CC0 1\.0 \|$", table, re.M))
    files = sorted(path for path in SOUND.rglob("*") if path.is_file())
    assert {path.relative_to(SOUND).as_posix() for path in files} == set(rows)
    assert len(files) > 130 and sum(path.stat().st_size for path in files) < 3_500_000
    for path in files:
        audio, rate = soundfile.read(path, always_2d=True)
        assert rate == RATE and np.isfinite(audio).all() and np.abs(audio).max() > 0.04, path
        assert audio.shape[1] == (1 if KIT in path.parents else 2), path


def test_shipped_loops_hold_whole_bars_at_the_tempo_of_their_name():
    named = [(path, re.search(r"_(\d+)bpm", path.stem)) for path in LOOPS.glob("*.ogg")]
    timed = [(path, int(match[1])) for path, match in named if match]
    assert len(timed) == 16
    for path, bpm in timed:
        frames = soundfile.info(path).frames
        bars = round(frames / RATE * bpm / 240)
        assert frames == round(bars * 240 / bpm * RATE), path


def test_patterns_are_whole_bars():
    assert len({genre.name for genre in GENRES}) == len(GENRES) >= 12
    for genre in GENRES:
        for role, patterns in genre.voices.items():
            assert all(len(p) == STEPS and set(p) <= set("Xxo?r.") for p in patterns), (genre.name, role)


def test_the_import_is_free_of_torch():
    code = "import sys, tritone.data.render; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(("bars", "bpm", "rate"), [(1, 120.0, 44_100), (2, 97.0, 44_100), (1, 133.7, 22_050)])
def test_length_is_exact_at_any_tempo(shots, bars, bpm, rate):
    loops = OneShots(KIT, rate) if rate != RATE else shots
    audio = render_drum_loop(loops, 0, 1, bars=bars, bpm=bpm, sample_rate=rate).audio
    assert audio.shape == (2, round(bars * 240 / bpm * rate)) and audio.dtype == np.float32
    assert 0.5 < np.abs(audio).max() < 1.0


def test_the_last_sample_leads_into_the_first(shots):
    """The step over the loop point is an ordinary step: among 40 loops, its rank is anywhere below the extremes."""
    jumps = []
    for index in range(40):
        audio = render_drum_loop(shots, 9, index, channels=1).audio[0]
        steps = np.abs(np.diff(audio))
        jumps.append(abs(audio[0] - audio[-1]) / steps.max())
    assert np.median(jumps) < 0.02 and max(jumps) < 0.5


def test_effects_commute_with_rotation():
    """What is truly circular does not know where the loop begins."""
    rng = np.random.default_rng(0)
    audio = (rng.standard_normal((2, 20_001)) * np.geomspace(1, 1e-3, 20_001)).astype(np.float32) * 0.2
    response = circular.room(rng, 2, RATE, 0.6, 2000)  # longer than the loop
    assert np.allclose((response**2).sum(1).mean(), 1, atol=1e-4)
    effects = {
        "room": lambda x: circular.convolve(x, response),
        "equalise": lambda x: circular.equalise(x, RATE, -4.0, 9000, 30),
        "saturate": lambda x: circular.saturate(x, 0.6),
        "glue": lambda x: circular.glue(x, RATE, 0.4),
    }
    for name, effect in effects.items():
        turned, still = effect(np.roll(audio, 1234, axis=1)), np.roll(effect(audio), 1234, axis=1)
        assert turned.shape == audio.shape
        assert np.abs(turned - still).max() < 1e-4 * np.abs(still).max(), name
        assert np.abs(effect(audio) - audio).max() > 0.01, name


def test_adding_a_long_hit_equals_the_second_pass_of_playing_it_round_and_round():
    period, start = 50, 41
    hit = np.random.default_rng(1).standard_normal((2, 120))
    bus = np.zeros((2, period))
    circular.add_hit(bus, hit, start)
    long = np.zeros((2, 10 * period))
    for turn in range(10):
        end = min(long.shape[1], start + turn * period + hit.shape[1])
        long[:, start + turn * period : end] += hit[:, : end - start - turn * period]
    assert np.allclose(bus, long[:, 5 * period : 6 * period])


def test_equaliser_against_its_closed_form():
    """One sine in, the same sine out, as loud as the tilt and the two Butterworth filters say."""
    period, rate = 4410, 44_100
    for hertz in (50, 1000, 8000):
        sine = np.sin(2 * np.pi * hertz * np.arange(period) / rate)[None]
        out = circular.equalise(sine, rate, -6.0, 9000.0, 40.0)
        tilt = 10 ** (-6.0 / 20 * np.log(hertz / 100) / np.log(100))
        butter = 1 / np.sqrt((1 + (40 / hertz) ** 4) * (1 + (hertz / 9000) ** 4))
        assert np.std(out) / np.std(sine) == pytest.approx(tilt * butter, rel=1e-4)


def test_a_loop_depends_on_seed_and_index_alone(tmp_path):
    many = render_loops(tmp_path / "a", 6, channels=1, seed=3, workers=2)
    one = render_loops(tmp_path / "b", 1, channels=1, seed=3, first=5, workers=1)
    assert one[0].name == many[5].name and one[0].read_bytes() == many[5].read_bytes()
    other = render_loops(tmp_path / "c", 6, channels=1, seed=4)
    assert all(a.read_bytes() != b.read_bytes() for a, b in zip(many, other, strict=True))
    for path in many:
        assert re.fullmatch(rf"{path.parent.name}_120bpm_kit[abcd]\d\d_0000\d\.flac", path.name)


def test_seconds_set_the_tempo_and_the_name_says_it(tmp_path):
    (path,) = render_loops(tmp_path, 1, seconds=2.7, file_format="wav")
    assert soundfile.info(path).frames == round(2.7 * RATE)
    bpm = float(re.search(r"_([\d.]+)bpm", path.stem)[1])
    assert round(240 / bpm * RATE) == round(2.7 * RATE)


def test_kits_of_different_shelves_share_no_sound(shots):
    held = [{id(s) for sounds in shots.stock(shelf).values() for s in sounds} for shelf in SHELVES]
    for i, one in enumerate(held):
        for other in held[i + 1 :]:
            assert not one & other
    for shelf, sounds in zip(SHELVES, held, strict=True):
        for number in range(20):
            kit = shots.kit(shelf, number)
            assert {id(s) for s in kit.sounds.values()} <= sounds
            assert set(kit.sounds) >= {"kick", "snare", "hat", "tom", "perc", "tabla_low", "tabla_high"}
    assert sum(map(len, held)) == len(list(KIT.rglob("*.*")))


def test_loops_differ_from_each_other(shots):
    audio = np.stack([render_drum_loop(shots, 0, i, channels=1).audio[0] for i in range(12)])
    similar = np.corrcoef(audio) - np.eye(12)
    assert np.abs(similar).max() < 0.9


def test_own_kit_by_file_name(tmp_path):
    kit = tmp_path / "mine"
    kit.mkdir()
    for number, name in enumerate(("Kick 01", "SD_tight", "closed-hh", "note")):
        tone = np.sin(np.arange(2000) * 0.05 * (number + 1)) * np.exp(-np.arange(2000) / 400)
        soundfile.write(kit / f"{name}.wav", tone, 22_050)
    (path,) = render_loops(tmp_path / "out", 1, kit=kit)
    assert soundfile.info(path).frames == 2 * RATE
    names = {"x/Kick 01.wav": "kick", "x/SD_tight.wav": "snare", "OpenHat/1.wav": "open_hat", "x/note.wav": None}
    for name, role in names.items():
        assert role_of(type(kit)(name)) == role, name


def test_mistakes_are_named(tmp_path):
    with pytest.raises(UserError, match="tempo"):
        render_loops(tmp_path, 1, bpm=0)
    with pytest.raises(UserError, match="shelves"):
        render_loops(tmp_path, 1, shelves=("z",))
    with pytest.raises(UserError, match="not a folder"):
        render_loops(tmp_path, 1, kit=tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no drum hits"):
        render_loops(tmp_path, 1, kit=tmp_path / "empty")
    soundfile.write(tmp_path / "empty" / "kick.wav", np.zeros(100), RATE)
    with pytest.raises(UserError, match=r"kick\.wav is silent"):
        render_loops(tmp_path, 1, kit=tmp_path / "empty")
    (tmp_path / "empty" / "kick.wav").write_bytes(b"no sound")
    with pytest.raises(UserError, match=r"kick\.wav cannot be read"):
        render_loops(tmp_path, 1, kit=tmp_path / "empty")
