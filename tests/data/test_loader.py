"""Batches: the same crops however the work is split, ready before they are asked for."""

import threading
import time

import numpy as np
import pytest
import torch
from sounds import RATE, folder

from tritone.data.config import AugmentConfig
from tritone.data.crops import Crops
from tritone.data.loader import Loader
from tritone.data.prepare import prepare
from tritone.data.store import Dataset
from tritone.errors import UserError

EVERYTHING = AugmentConfig(phase_rotation=0.5, gain=0.5, mute=0.2, compress=0.5, pitch=0.5)
CROP = 6_000


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("loader")
    prepare([folder(path / "s", files=6, channels=2)], path / "d", sample_rate=RATE, channels=2)
    return Dataset.open(path / "d")


def loader(data, augment=EVERYTHING, batch=8, **options):
    return Loader(data, "train", CROP, 5, augment, batch, **options)


def test_a_batch_is_the_crops(data):
    with loader(data, augment=None) as load:
        batch = load.batch(3)
    crops = Crops(data, "train", CROP, 5)
    assert batch.audio.dtype == torch.float32 and batch.audio.shape == (8, 2, CROP) and len(batch) == 8
    for slot in range(8):
        np.testing.assert_array_equal(batch.audio[slot].numpy(), crops.crop(3, slot))
    assert batch.seeds.dtype == torch.int64 and (batch.seeds >= 0).all() and len(set(batch.seeds.tolist())) == 8


@pytest.mark.parametrize("world", [2, 4])
def test_processes_together_see_what_one_sees(data, world):
    with loader(data) as alone:
        expected = [alone.batch(step) for step in range(4)]
    parts = [loader(data, batch=8 // world, rank=rank, world=world) for rank in range(world)]
    for step, whole in enumerate(expected):
        batches = [part.batch(step) for part in parts]
        assert torch.equal(torch.cat([batch.audio for batch in batches]), whole.audio)
        assert torch.equal(torch.cat([batch.seeds for batch in batches]), whole.seeds)
    for part in parts:
        part.close()


@pytest.mark.parametrize("rounds", [2, 3, 8])
def test_rounds_together_are_the_batch(data, rounds):
    with loader(data) as load:
        whole = load.batch(7)
        parts = [load.batch(7, part, rounds) for part in range(rounds)]
    assert torch.equal(torch.cat([part.audio for part in parts]), whole.audio)
    assert torch.equal(torch.cat([part.seeds for part in parts]), whole.seeds)


def test_any_order_and_any_number_of_threads(data):
    with loader(data, workers=3) as many, loader(data) as one:
        for step in (0, 1, 2, 9, 3, 3, 0):
            assert torch.equal(many.batch(step).audio, one.batch(step).audio)


def test_the_next_batches_are_made_ahead(data):
    with loader(data, augment=None) as load:
        made, original = [], load._make

        def noting(step, part, parts):
            made.append((step, threading.current_thread().name))
            return original(step, part, parts)

        load._make = noting
        load.batch(0)
        deadline = time.monotonic() + 10
        while len(made) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert [step for step, _ in made] == [0, 1, 2]
    assert all(name.startswith("loader") for _, name in made)


def test_augmentation_changes_crops_and_seeds_follow_the_step(data):
    with loader(data) as changed, loader(data, augment=None) as plain:
        assert not torch.equal(changed.batch(0).audio, plain.batch(0).audio)
        assert torch.equal(changed.batch(0).seeds, plain.batch(0).seeds)
        assert not torch.equal(plain.batch(0).seeds, plain.batch(1).seeds)
        assert changed.batch(0).audio.abs().max() <= 1


def test_an_error_in_a_thread_reaches_training(data, monkeypatch):
    with loader(data) as load:
        monkeypatch.setattr(load._source, "fill", lambda *a, **k: (_ for _ in ()).throw(UserError("shard gone")))
        with pytest.raises(UserError, match="shard gone"):
            load.batch(100)


def test_validation_batches(data):
    with loader(data) as load:
        batches = list(load.validation_batches(3, count=7))
        again = list(load.validation_batches(7, count=7))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert torch.equal(torch.cat([batch.audio for batch in batches]), again[0].audio)
    assert torch.equal(torch.cat([batch.seeds for batch in batches]), again[0].seeds)
    places = Crops(data, "train", CROP, 5).held_out(7)
    np.testing.assert_array_equal(again[0].audio.numpy(), [data.read(*place) for place in places])
