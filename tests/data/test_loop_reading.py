"""Whole loops as training rows: exact, padded, labelled, the same however the work is split."""

import numpy as np
import pytest
import torch
from sounds import RATE, noise, write

from tritone.data import circular
from tritone.data.augment import augment, compress, rotate_phase
from tritone.data.config import AugmentConfig
from tritone.data.loader import Loader
from tritone.data.loop_items import Loops, check_loops
from tritone.data.prepare import prepare
from tritone.data.store import Dataset
from tritone.errors import UserError

TEMPOS = {"bass": 77, "lead": 120, "pad": 174}
CHANGES = AugmentConfig(phase_rotation=0.7, gain=0.5, compress=0.5, mute=0.1)


def length(bpm, bars=1):
    return round(bars * 240 / bpm * RATE)


def make(path, files=4, bars=1, sound=noise, **options):
    for label, bpm in TEMPOS.items():
        for index in range(files):
            name = path / "s" / label / f"{index}_{bpm}bpm.wav"
            write(name, sound(2 * bars * 240 / bpm, 10 * bpm + index))
    prepare([path / "s"], path / "d", sample_rate=RATE, bars=bars, validation=0.3, **options)
    return Dataset.open(path / "d")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make(tmp_path_factory.mktemp("loops"))


def loader(data, augment=None, batch=6, **options):
    return Loader(data, "train", 256, 3, augment, batch, reading="loops", **options)


def loops_by_sound(data, split):
    return {data.read(item, 0, item.frames).tobytes(): item for item in data.items if item.split == split}


def test_rows_are_whole_loops_with_zeros_behind(data):
    known = loops_by_sound(data, "train")
    assert data.labels == ("bass", "lead", "pad") and data.beats_per_bar == 4
    with loader(data) as load:
        for step in range(5):
            batch = load.batch(step)
            assert batch.audio.shape == (6, 1, length(77)) and batch.audio.dtype == torch.float32
            for row, samples, label, tempo in zip(batch.audio, batch.lengths, batch.labels, batch.tempos, strict=True):
                item = known[row[:, :samples].numpy().tobytes()]
                assert (int(samples), data.labels[label], int(tempo)) == (item.frames, item.label, item.bpm)
                assert samples == length(TEMPOS[item.label]) and not row[:, samples:].any()


def test_every_loop_is_as_likely(data):
    loops = Loops(data, "train", 0)
    out = np.empty((1, loops.row_samples), np.float32)
    counts = dict.fromkeys((item.name for item in loops.items), 0)
    for step in range(400):
        counts[loops.fill(step, step % 7, 1.0, out)[0].name] += 1
    assert len(counts) >= 12 and min(counts.values()) > 0
    expected = 400 / len(counts)
    assert sum((seen - expected) ** 2 / expected for seen in counts.values()) < 3 * len(counts)


def test_processes_and_rounds_together_see_what_one_sees(data):
    with loader(data, CHANGES) as alone:
        whole = alone.batch(4)
        parts = [alone.batch(4, part, 3) for part in range(3)]
    two = [loader(data, CHANGES, batch=3, rank=rank, world=2) for rank in range(2)]
    halves = [load.batch(4) for load in two]
    for load in two:
        load.close()
    for split in (parts, halves):
        for name in ("audio", "seeds", "lengths", "labels", "tempos"):
            assert torch.equal(torch.cat([getattr(part, name) for part in split]), getattr(whole, name)), name


def test_validation_is_every_held_out_loop_once_label_by_label(data):
    with loader(data) as load:
        batches = list(load.validation_batches(4, count=1_000))
        again, few = next(iter(load.validation_batches(1_000, 1_000))), list(load.validation_batches(3, 3))
    held = loops_by_sound(data, "validation")
    rows = [row[:, :n].numpy().tobytes() for b in batches for row, n in zip(b.audio, b.lengths, strict=True)]
    assert sorted(rows) == sorted(held) and again.audio.shape == (len(held), 1, length(77))
    assert torch.equal(torch.cat([b.audio for b in batches]), again.audio)
    assert torch.equal(torch.cat([b.seeds for b in batches]), again.seeds)
    there = sorted({item.label for item in held.values()})
    assert len(few) == 1 and [data.labels[n] for n in few[0].labels[: len(there)]] == there[:3]


def test_an_augmented_loop_is_a_period_of_the_augmented_endless_loop(data):
    item = next(item for item in data.split("train") if item.label == "lead")
    sound = np.roll(data.read(item, 0, item.frames), 7_777, axis=1)[:, : item.frames // 64 * 64]
    for settings in (AugmentConfig(phase_rotation=1, dequantise=False), AugmentConfig(0, False, compress=1)):
        made = augment(sound, settings, np.random.default_rng(1), RATE, circular=True)
        amount = np.random.default_rng(1)
        amount.random(4)
        draws = amount.random(5)
        long = np.tile(sound, 4)
        if settings.compress:
            reference = compress(long, RATE, threshold_db=-30 + 20 * draws[0], ratio=2 + 6 * draws[1])
        else:
            reference = rotate_phase(long, 20 * 100 ** draws[2], RATE)
        time = sound.shape[1]
        np.testing.assert_allclose(made, reference[:, 2 * time : 3 * time], atol=2e-5)


def test_phase_rotation_through_the_loader_moves_phases_of_the_circle_and_nothing_else(data):
    settings = AugmentConfig(phase_rotation=1, dequantise=False)
    with loader(data, settings) as load, loader(data) as plain:
        for step in range(3):
            pairs = zip(load.batch(step).audio, plain.batch(step).audio, load.batch(step).lengths, strict=True)
            for row, before, samples in pairs:
                sound = before[:, :samples].numpy()
                energy = np.abs(np.fft.rfft(sound)), np.abs(np.fft.rfft(row[:, :samples].numpy()))
                np.testing.assert_allclose(energy[0] * (energy[1].max() / energy[0].max()), energy[1], atol=2e-3)
                assert not np.allclose(sound, row[:, :samples], atol=1e-3) and not row[:, samples:].any()


def test_a_random_speed_changes_tempo_and_length_alike(data):
    settings = AugmentConfig(0, False, pitch=1.0, pitch_range=(0.8, 1.25))
    with loader(data, settings) as load, loader(data) as plain:
        batch, before = load.batch(2), plain.batch(2)
    assert batch.audio.shape[-1] == -(-length(77) * 10 // 8)
    assert torch.equal(batch.labels, before.labels)
    assert (batch.tempos != before.tempos).all()
    torch.testing.assert_close(batch.tempos * batch.lengths, before.tempos * before.lengths)
    for row, samples in zip(batch.audio[:, 0], batch.lengths, strict=True):
        assert not row[samples:].any() and (row[0] - row[samples - 1]).abs() <= row[:samples].diff().abs().max()


def test_a_sine_at_another_speed_is_a_sine():
    for period, samples in ((1_000, 777), (1_000, 1_234), (999, 1_200)):
        wave = lambda n: np.sin(2 * np.pi * 5 * np.arange(n) / n + 0.3)[None]  # noqa: E731
        np.testing.assert_allclose(circular.resample(wave(period), samples), wave(samples), atol=1e-6)


def test_labels_and_tempos_of_crops(data, tmp_path):
    with Loader(data, "train", 4_000, 3, None, 8) as load:
        batch = load.batch(0)
    assert (batch.lengths == 4_000).all()
    assert all(TEMPOS[data.labels[label]] == tempo for label, tempo in zip(batch.labels, batch.tempos, strict=True))
    write(tmp_path / "x" / "a.wav", noise(1, 1))
    (tmp_path / "x" / "a.json").write_text('{"label": "rain"}')
    prepare([tmp_path / "x"], tmp_path / "d", sample_rate=RATE)
    plain = Dataset.open(tmp_path / "d")
    with Loader(plain, "train", 4_000, 3, None, 2) as load:
        assert plain.labels == ("rain",) and load.batch(0).labels.tolist() == [0, 0]
        assert load.batch(0).tempos.tolist() == [0, 0]


def test_one_file_serves_as_both_splits(tmp_path):
    write(tmp_path / "s" / "only_120bpm.wav", noise(2, 0))
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, bars=1)
    data = Dataset.open(tmp_path / "d")
    check_loops(data, 1.0)
    with loader(data) as load:
        assert len(set(load.batch(0).lengths.tolist())) == 1
        assert len(next(iter(load.validation_batches(8, 8)))) == 1


def test_what_a_model_of_loops_refuses(data, tmp_path):
    check_loops(data, 1)
    with pytest.raises(UserError, match=r"holds loops of 1 bars.*makes loops of 2.*--model\.bars 1.*--bars 2"):
        check_loops(data, 2)
    write(tmp_path / "s" / "a.wav", noise(1, 1))
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE)
    with pytest.raises(UserError, match=r"holds no loops.*--bars 1"):
        check_loops(Dataset.open(tmp_path / "d"), 1)
    with pytest.raises(UserError, match=r"holds no loops in its train split.*--bars 1"):
        loader(Dataset.open(tmp_path / "d"))


def test_silent_loops_are_left_out_and_nothing_but_silence_is_refused(tmp_path):
    for name, lead in (("late_120bpm", 2.0), ("later_120bpm", 0.0)):
        sound = noise(4.5, 5)
        sound[:, : round((lead + 2.1) * RATE)] = 0  # the first bar, or both
        write(tmp_path / name / f"{name}.wav", sound)
    for lazy in (False, True):
        report = prepare([tmp_path / "later_120bpm"], tmp_path / f"d{lazy}", sample_rate=RATE, bars=1, lazy=lazy)
        assert [item.name for item in Dataset.open(tmp_path / f"d{lazy}").items] == ["later_120bpm.wav#2"] * 2
        assert report.splits["train"].items == 1
        with pytest.raises(UserError, match=r"late_120bpm\.wav: all of its loops are silent"):
            prepare([tmp_path / "late_120bpm"], tmp_path / f"e{lazy}", sample_rate=RATE, bars=1, lazy=lazy)
    write(tmp_path / "q" / "quiet.wav", np.zeros((1, RATE), np.float32))
    with pytest.raises(UserError, match=r"None of the 1 files can be used; the first: quiet\.wav: silent"):
        prepare([tmp_path / "q"], tmp_path / "f", sample_rate=RATE)


def test_a_dataset_that_has_fallen_silent_is_not_trained_on(tmp_path):
    write(tmp_path / "s" / "a_120bpm.wav", noise(2, 0))
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, bars=1)
    shard = tmp_path / "d" / "shards" / "00000.pcm"
    shard.write_bytes(bytes(shard.stat().st_size))
    with pytest.raises(UserError, match=r"All loops of .* are silent"):
        check_loops(Dataset.open(tmp_path / "d"), 1)
