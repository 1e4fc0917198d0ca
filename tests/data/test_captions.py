"""Captions: from notes and from names, and their numbers in batches."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from sounds import RATE, noise, write

from tritone.data.batch import Batch, plain_batch
from tritone.data.captions import caption, words
from tritone.data.config import AugmentConfig
from tritone.data.crops import Crops
from tritone.data.loader import Loader
from tritone.data.prepare import prepare
from tritone.data.store import Dataset


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Kits/Deep House/kick_punchy_120bpm_A#m.wav", "kits deep house kick punchy"),
        # tempo
        ("loop 97.5 BPM dark.wav", "loop dark"),
        ("bpm_128-acid line.flac", "acid line"),
        ("arp-174-bpm.mp3", "arp"),
        ("Tempo=90 brushes.wav", "brushes"),
        # key
        ("Bass_F#_sub.wav", "bass sub"),
        ("pad Cmin warm.wav", "pad warm"),
        ("pad C minor warm.wav", "pad warm"),
        ("lead_Ebmaj7_soft.wav", "lead soft"),
        ("keys_Bb.wav", "keys"),
        ("strings G♯ minor.wav", "strings"),
        ("riff_key_of_D_major.wav", "riff"),
        ("stab Am7.wav", "stab"),
        ("piano C3.wav", "piano"),
        ("piano A#-1.wav", "piano"),
        ("organ a-flat.wav", "organ"),
        ("FM bass.wav", "fm bass"),  # not F minor
        ("Dim room.wav", "dim room"),
        ("Flat snare.wav", "flat snare"),
        ("Minor chords.wav", "minor chords"),
        ("Bass/Gm_growl.wav", "bass growl"),
        # bars, numbering, versions
        ("4bars_groove.wav", "groove"),
        ("groove 8 bar.wav", "groove"),
        ("bars-2 fill.wav", "fill"),
        ("barsoap.wav", "barsoap"),
        ("01 - kick.wav", "kick"),
        ("01kick.wav", "kick"),
        ("Snare12.wav", "snare"),
        ("hat (3).wav", "hat"),
        ("clap_v2.wav", "clap"),
        ("clap v1.2 final.wav", "clap final"),
        ("2021-03-04 rain.wav", "rain"),
        # loops of a file
        ("sub/funk.wav#12", "sub funk"),
        ("sub/funk.wav#end", "sub funk"),
        ("funk#3.wav#4", "funk"),
        # numbers that are words
        ("808 kick.wav", "808 kick"),
        ("TR808Kick01.wav", "tr808 kick"),
        ("80s tom.wav", "80s tom"),
        ("hats 16th.wav", "hats 16th"),
        ("2step shuffle.wav", "2step shuffle"),
        # hashes and technical marks
        ("9f86d081884c7d65_bell.wav", "bell"),
        ("550e8400-e29b-41d4-a716-446655440000 gong.wav", "gong"),
        ("x8k2j9q1_gong.wav", "gong"),
        ("facade decade.wav", "facade decade"),
        ("gong_44100hz_24bit_48k.wav", "gong"),
        ("gong.wav.flac", "gong"),
        # writing
        ("DeepHouse/HiHatOpen.wav", "deep house hi hat open"),
        ("LPConga.wav", "lp conga"),
        ("kick/Kick kick.wav", "kick"),
        ("don't stop & go!.wav", "don stop go"),
        ("[free] pad ~ airy.wav", "free pad airy"),
        ("C:\\Users\\ann\\Drums\\rim.wav", "drums rim"),
        ("/home/ann/sounds/Drums/rim.wav", "drums rim"),
        # scripts
        ("Größe/Übung_ÄnderungSüß.wav", "größe übung änderung süß"),
        ("Cafe\u0301 noir.wav", "café noir"),
        ("鼓/大鼓_01.wav", "鼓 大鼓"),
        ("तबला बायाँ.wav", "तबला बायाँ"),
        ("барабан–Соло.wav", "барабан соло"),
        ("三味線。弾き.wav", "三味線 弾き"),
        ("bad \udcff name.wav", "bad name"),
        # nothing to say
        ("001.wav", ""),
        ("A.wav", ""),
        ("", ""),
        ("#7", ""),
        ("120bpm_Am.wav", ""),
    ],
)
def test_words_of_names(name, expected):
    assert words(name) == expected


def test_words_of_their_own_words_are_the_same():
    for name in ("Kits/Deep House/kick_punchy.wav", "鼓/大鼓_01.wav", "TR808Kick01.wav", "hats 16th.wav"):
        assert words(words(name)) == words(name)


def test_a_note_comes_before_the_name():
    assert caption("a dry\n  kick", "x/snare.wav") == "a dry kick"
    assert caption("  \n", "x/snare.wav") == "snare"
    assert caption("bad \ud800 half", "x") == "bad half"
    assert caption("", "01.wav") == ""


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """Three kinds of sound: with a note, with words in the name, with neither; the second is shorter than a crop."""
    path = tmp_path_factory.mktemp("described")
    lengths = {"Drums/kick_01": 2.0, "Drums/Snare_120bpm": 0.5, "001": 2.0, "002": 2.0}
    for seed, (name, seconds) in enumerate(lengths.items()):
        write(path / "s" / f"{name}.wav", noise(seconds, seed))
    (path / "s" / "Drums" / "kick_01.txt").write_text("bpm: 90\na dry kick\n")
    (path / "s" / "002.json").write_text('{"prompt": "wind in trees"}')
    prepare([path / "s"], path / "d", sample_rate=RATE, validation=0)
    return Dataset.open(path / "d")


def test_a_dataset_counts_its_captions(described):
    assert described.captions == ("a dry kick", "drums snare", "wind in trees")
    found = {item.name: described.caption_numbers[item] for item in described.items}
    assert found == {"Drums/kick_01.wav": 0, "Drums/Snare_120bpm.wav": 1, "002.wav": 2, "001.wav": -1}


def test_a_batch_tells_captions_and_where_crops_begin(described):
    crop = RATE  # a second: longer than the snare
    with Loader(described, "train", crop, 3, None, 16) as load:
        batch = load.batch(2)
    crops = Crops(described, "train", crop, 3)
    assert (batch.captions.dtype, batch.starts.dtype, batch.totals.dtype) == (torch.int64, torch.float32, torch.float32)
    assert set(batch.captions.tolist()) == {-1, 0, 1, 2}
    for slot in range(16):
        item, _ = crops.place(2, slot, crop)
        assert batch.captions[slot] == described.caption_numbers[item]
        assert batch.totals[slot].item() == pytest.approx(item.frames / RATE)
        at = round(batch.starts[slot].item() * RATE)
        assert at < 0 if item.frames < crop else 0 <= at <= item.frames - crop
        np.testing.assert_array_equal(batch.audio[slot].numpy(), described.read(item, at, crop))


def test_seconds_are_heard_seconds(tmp_path):
    """A ramp says by its height which part of it is heard, at whatever speed."""
    write(tmp_path / "s" / "ramp.wav", np.linspace(-0.5, 0.5, 8 * RATE)[None], subtype="FLOAT")
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, validation=0.25, dtype="float32")
    data = Dataset.open(tmp_path / "d")
    faster = AugmentConfig(phase_rotation=0, dequantise=False, pitch=0.8, pitch_range=(0.5, 2.0))
    middle = RATE // 2
    with Loader(data, "train", RATE, 3, faster, 24) as load:
        batch, (held,) = load.batch(0), load.validation_batches(5, 5)
    assert batch.totals.min() < 5 < 6.0 < 7 < batch.totals.max()
    height = batch.audio[:, 0, middle]
    heard = -0.5 + (batch.starts + middle / RATE) / batch.totals * 0.75  # training has the first three quarters
    torch.testing.assert_close(height, heard, atol=2e-3, rtol=0)
    expected = 0.25 + (held.starts + middle / RATE) / held.totals * 0.25
    torch.testing.assert_close(held.audio[:, 0, middle], expected, atol=1e-4, rtol=0)
    assert held.totals.tolist() == [2.0] * 5 and held.starts.max() > 0.5 and (held.captions == 0).all()
    assert data.captions == ("ramp",)


def test_all_parts_of_a_batch_move(described):
    with Loader(described, "train", RATE // 2, 3, None, 4) as load:
        moved = load.batch(0).to(torch.device("meta"))
    assert all(getattr(moved, field.name).is_meta for field in fields(Batch))


def test_a_plain_batch_knows_nothing():
    batch = plain_batch(torch.zeros(3, 1, 8), torch.arange(3))
    assert batch.captions.tolist() == [-1] * 3 and batch.captions.dtype == torch.int64
    assert batch.starts.tolist() == batch.totals.tolist() == [0.0] * 3


def test_loops_begin_at_their_beginning(tmp_path):
    for name, bpm in [("house/groove", 120), ("rock/beat", 90)]:
        write(tmp_path / "s" / f"{name}_{bpm}bpm.wav", noise(2 * 240 / bpm, bpm))
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, bars=1, validation=0.5)
    data = Dataset.open(tmp_path / "d")
    assert data.captions == ("house groove", "rock beat")
    changed = AugmentConfig(phase_rotation=0, dequantise=False, pitch=1.0, pitch_range=(0.8, 1.2))
    for settings in (None, changed):
        with Loader(data, "train", 256, 3, settings, 8, reading="loops") as load:
            batch = load.batch(1)
        assert not batch.starts.any()
        torch.testing.assert_close(batch.totals, batch.lengths / RATE)
        torch.testing.assert_close(batch.totals, 240 / batch.tempos, rtol=1e-4, atol=0)
