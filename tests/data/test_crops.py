"""Which crops training sees: a pure function, uniform over the sound."""

import numpy as np
import pytest
from sounds import RATE, folder, noise, write

from tritone.data.crops import Crops
from tritone.data.draw import below, hash64
from tritone.data.prepare import prepare
from tritone.data.store import Dataset


def held_out(dataset, samples, count):
    places = Crops(dataset, "train", samples, 0).held_out(count)
    return np.stack([dataset.read(*place) for place in places])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("crops")
    for index, seconds in enumerate((1.0, 3.0, 0.05, 6.0)):
        write(path / "s" / f"{index}.wav", noise(seconds, index))
    prepare([path / "s"], path / "d", sample_rate=RATE, validation=0)
    return Dataset.open(path / "d")


def test_hash_is_that_of_splitmix64():
    assert hash64(0) == 0xE220A8397B1DCDAF  # first output of SplitMix64 from seed 0, as published
    assert len({hash64(a, b) for a in range(100) for b in range(100)}) == 10_000
    assert hash64(1, 2) != hash64(2, 1)


def test_draws_are_uniform():
    draws = np.array([below(10, 5, index) for index in range(20_000)])
    assert np.abs(np.bincount(draws, minlength=10) - 2_000).max() < 200


def test_a_crop_depends_on_seed_step_and_slot_alone(data):
    one, other = Crops(data, "train", 4_000, 7), Crops(data, "train", 4_000, 7)
    places = [(step, slot) for step in range(20) for slot in range(4)]
    crops = {place: one.crop(*place).copy() for place in places}
    for place in reversed(places):
        np.testing.assert_array_equal(other.crop(*place), crops[place])
    assert len({crop.tobytes() for crop in crops.values()}) > 75
    assert not np.array_equal(Crops(data, "train", 4_000, 8).crop(0, 0), crops[0, 0])


def test_every_sample_of_a_long_file_is_about_as_likely(data):
    crops, size = Crops(data, "train", 1_600, 0), 1_600
    counts: dict[str, int] = {}
    starts: list[float] = []
    for step in range(20_000):
        item, start = crops.place(step, 0, size)
        counts[item.name] = counts.get(item.name, 0) + 1
        if item.name == "3.wav":
            starts.append(start / (item.frames - size))
            assert 0 <= start <= item.frames - size
    weights = {"0.wav": 14_401, "1.wav": 46_401, "2.wav": 1_600, "3.wav": 94_401}
    for name, weight in weights.items():
        expected = 20_000 * weight / sum(weights.values())
        assert abs(counts[name] - expected) < 5 * expected**0.5
    assert np.abs(np.histogram(starts, 10, (0, 1))[0] / len(starts) - 0.1).max() < 0.015


def test_a_short_file_comes_whole_at_any_place(data):
    crops, size = Crops(data, "train", 8_000, 0), 8_000
    whole = data.read(data.items[2], 0, data.items[2].frames)[0]
    places = set()
    for step in range(400):
        item, start = crops.place(step, 0, size)
        if item.name == "2.wav":
            crop = crops.crop(step, 0)[0]
            np.testing.assert_array_equal(crop[-start : -start + item.frames], whole)
            assert np.count_nonzero(crop) == np.count_nonzero(whole)
            places.add(start)
    assert len(places) > 10 and min(places) < -4_000 < max(places) <= 0


def test_another_length_keeps_the_item(data):
    crops = Crops(data, "train", 4_000, 3)
    for step in range(50):
        assert crops.place(step, 1, 4_000)[0] == crops.place(step, 1, 5_500)[0]
        assert crops.crop(step, 1, samples=5_500).shape == (1, 5_500)


def test_loops_wrap(tmp_path):
    write(tmp_path / "s" / "a_240bpm.wav", noise(3, 0))
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, bars=1)
    dataset = Dataset.open(tmp_path / "d")
    crops, seen = Crops(dataset, "train", 20_000, 0), set()
    for step in range(50):
        item, start = crops.place(step, 0, 20_000)
        once = dataset.read(item, 0, item.frames)
        np.testing.assert_array_equal(crops.crop(step, 0), np.tile(once, 3)[:, start : start + 20_000])
        seen.add(start)
    assert max(seen) > 0.8 * RATE and max(seen) < RATE


def test_validation_crops_are_fixed_and_spread(tmp_path):
    prepare([folder(tmp_path / "s", files=8, seconds=3)], tmp_path / "d", sample_rate=RATE, validation=0.5)
    dataset = Dataset.open(tmp_path / "d")
    crops = held_out(dataset, 4_000, 10)
    assert crops.shape == (10, 1, 4_000) and crops.dtype == np.float32
    np.testing.assert_array_equal(crops, held_out(dataset, 4_000, 10))
    wholes = [dataset.read(item, 0, item.frames)[0].tobytes() for item in dataset.split("validation")]
    homes = [[index for index, whole in enumerate(wholes) if crop.tobytes() in whole] for crop in crops]
    assert all(len(home) == 1 for home in homes)
    assert {home[0] for home in homes[: len(wholes)]} == set(range(len(wholes)))
    assert len({crop.tobytes() for crop in crops}) == 10


def test_validation_crops_of_short_files(tmp_path):
    prepare([folder(tmp_path / "s", files=2, seconds=0.1)], tmp_path / "d", sample_rate=RATE, validation=0.5)
    dataset = Dataset.open(tmp_path / "d")
    (item,) = dataset.split("validation")
    crops = held_out(dataset, 4_000, 3)
    for crop in crops:
        np.testing.assert_array_equal(crop[:, : item.frames], dataset.read(item, 0, item.frames))
        assert not crop[:, item.frames :].any()
