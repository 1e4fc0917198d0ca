"""Latents of a dataset, kept beside it in the same format."""

import json

import numpy as np
import pytest
import torch
from sounds import RATE, folder, noise, write

from tritone.data.crops import Crops
from tritone.data.latents import Encoder, write_latents
from tritone.data.loader import Loader
from tritone.data.prepare import prepare
from tritone.data.store import Dataset
from tritone.errors import UserError

RATIO, DIMS, REACH = 50, 3, 120
"""An encoder that sees 120 samples back and ahead."""
KERNEL = torch.randn(DIMS, 1, 2 * REACH + 1, generator=torch.Generator().manual_seed(0)) / 10


def encode(audio):
    """Three filters, every 50th sample, and a bias, so that silence is not zero."""
    padded = torch.nn.functional.pad(audio, (REACH, REACH))
    return torch.nn.functional.conv1d(padded, KERNEL, torch.tensor([0.5, -1.0, 2.0]))[..., ::RATIO]


ENCODER = Encoder(encode, DIMS, RATIO, context=3)


def quiet(done, total):
    pass


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Five files of odd lengths, with a note beside one."""
    path = tmp_path_factory.mktemp("files") / "sound"
    for index, seconds in enumerate((0.01, 0.5, 0.77, 1.3, 2.001)):
        write(path / "kind" / f"{index:02d}.wav", noise(seconds, index))
    (path / "kind" / "02.json").write_text(json.dumps({"label": "bell", "caption": "a bright bell", "bpm": 97}))
    prepare([path], path.parent / "data", sample_rate=RATE, validation=0.3, workers=1)
    return Dataset.open(path.parent / "data")


@pytest.fixture(scope="module")
def loops(tmp_path_factory):
    """Loops of 16,271 samples: no whole number of frames."""
    path = tmp_path_factory.mktemp("loops") / "sound"
    for index in range(3):
        write(path / f"{index}_118bpm.wav", noise(16_271 / (RATE / 2) + 0.001, index, rate=RATE // 2), RATE // 2)
    prepare([path], path.parent / "data", sample_rate=RATE // 2, bars=1, validation=0.3, workers=1)
    return Dataset.open(path.parent / "data")


def made(dataset, tmp_path, **settings):
    write_latents(tmp_path, dataset, ENCODER, quiet, {}, **settings)
    return Dataset.open(tmp_path)


def test_windows_equal_the_whole(data, tmp_path, monkeypatch):
    monkeypatch.setattr("tritone.data.latents.WINDOW_SECONDS", 0.02)
    latents = made(data, tmp_path)
    for item, sound in zip(latents.items, data.items, strict=True):
        samples = -(-sound.frames // RATIO) * RATIO
        whole = encode(torch.from_numpy(data.read(sound, 0, samples))[None])[0]
        assert item.frames == whole.shape[1] == samples // RATIO
        np.testing.assert_allclose(latents.read(item, 0, item.frames), whole.numpy(), rtol=1e-3, atol=1e-3)


def test_no_window_is_longer_than_it_must_be(data, tmp_path, monkeypatch):
    """Memory stays flat however long a file is."""
    monkeypatch.setattr("tritone.data.latents.WINDOW_SECONDS", 0.1)
    seen = []

    def noted(audio):
        seen.append(audio.shape[-1])
        return encode(audio)

    write_latents(tmp_path, data, Encoder(noted, DIMS, RATIO, 3), quiet, {})
    assert max(seen) == (32 + 2 * 3) * RATIO


def test_items_stay_what_they_were(data, tmp_path):
    latents = made(data, tmp_path)
    for item, sound in zip(latents.items, data.items, strict=True):
        for name in ("name", "split", "loop", "bpm", "bars", "label", "caption"):
            assert getattr(item, name) == getattr(sound, name)
    assert "a bright bell" in {item.caption for item in latents.items}
    assert latents.labels == data.labels and latents.captions == data.captions
    assert latents.sample_rate == RATE and latents.channels == DIMS and latents.ratio == RATIO
    for split in ("train", "validation"):
        assert latents.seconds(split) == pytest.approx(data.seconds(split), abs=5 * RATIO / RATE)
    assert data.ratio == 1


def test_around_a_short_item_lies_silence(data, tmp_path):
    """Not zeros: the latent that silence has."""
    latents = made(data, tmp_path)
    item = min(latents.items, key=lambda each: each.frames)
    around = latents.read(item, -2, item.frames + 4)
    silence = encode(torch.zeros(1, 1, 40 * RATIO))[0, :, 20].numpy()
    for place in (0, 1, -2, -1):
        np.testing.assert_allclose(around[:, place], silence, rtol=1e-3)
    np.testing.assert_allclose(latents.read(item, -9, 4), silence[:, None].repeat(4, 1), rtol=1e-3)
    np.testing.assert_array_equal(around[:, 2:-2], latents.read(item, 0, item.frames))


@pytest.mark.parametrize("seconds", [30, 0.05])
def test_a_loop_is_a_true_period(loops, tmp_path, monkeypatch, seconds):
    """Its latents are those from the middle of the loop played many times, at the nearest whole number of frames."""
    monkeypatch.setattr("tritone.data.latents.WINDOW_SECONDS", seconds)
    latents = made(loops, tmp_path)
    for item, sound in zip(latents.items, loops.items, strict=True):
        assert item.loop and sound.frames == 16_271 and item.frames == round(16_271 / RATIO)
        spectrum = np.fft.rfft(loops.read(sound, 0, sound.frames).astype(np.float64))
        period = np.fft.irfft(spectrum, item.frames * RATIO) * (item.frames * RATIO / sound.frames)
        endless = torch.from_numpy(np.tile(period, 3)).float()[None]
        expected = encode(endless)[0, :, item.frames : 2 * item.frames].numpy()
        np.testing.assert_allclose(latents.read(item, 0, item.frames), expected, rtol=2e-3, atol=2e-3)
        np.testing.assert_array_equal(latents.read(item, item.frames - 1, 2)[:, 1], latents.read(item, 0, 1)[:, 0])


def test_what_does_not_fit_a_shard_is_divided_and_loops_are_not(data, loops, tmp_path, monkeypatch):
    monkeypatch.setattr("tritone.data.latents.WINDOW_SECONDS", 0.1)
    (tmp_path / "plain").mkdir()
    (tmp_path / "loops").mkdir()
    (tmp_path / "whole").mkdir()
    frame = 2 * DIMS
    parts, whole = made(data, tmp_path / "plain", limit=300 * frame), made(data, tmp_path / "whole")
    assert sum(item.frames for item in parts.items) == sum(item.frames for item in whole.items)
    assert len(parts.items) > len(whole.items) and any("#2" in item.name for item in parts.items)
    joined = np.concatenate([parts.read(item, 0, item.frames) for item in parts.items], 1)
    np.testing.assert_array_equal(joined, np.concatenate([whole.read(i, 0, i.frames) for i in whole.items], 1))
    divided = made(loops, tmp_path / "loops", limit=400 * frame)
    assert [item.frames for item in divided.items] == [325] * 3 and [item.shard for item in divided.items] == [0, 1, 2]


def test_a_sound_in_both_splits_is_encoded_once(tmp_path):
    write(tmp_path / "sound" / "one_120bpm.wav", noise(2.0, 1))
    prepare([tmp_path / "sound"], tmp_path / "data", sample_rate=RATE, bars=1, validation=0.3, workers=1)
    dataset = Dataset.open(tmp_path / "data")
    (tmp_path / "latents").mkdir()
    latents = made(dataset, tmp_path / "latents")
    one, other = latents.items
    assert {one.split, other.split} == {"train", "validation"} and one.offset == other.offset
    assert (tmp_path / "latents" / "shards" / "00000.pcm").stat().st_size == one.frames * DIMS * 2


def test_lazy_sound_is_read_from_its_files(tmp_path):
    folder(tmp_path / "sound", files=2)
    for lazy in (False, True):
        prepare([tmp_path / "sound"], tmp_path / f"data-{lazy}", sample_rate=RATE, lazy=lazy, workers=1)
        (tmp_path / f"latents-{lazy}").mkdir()
        made(Dataset.open(tmp_path / f"data-{lazy}"), tmp_path / f"latents-{lazy}")
    one, other = (Dataset.open(tmp_path / f"latents-{lazy}") for lazy in (False, True))
    for item, same in zip(one.items, other.items, strict=True):
        np.testing.assert_allclose(one.read(item, 0, item.frames), other.read(same, 0, same.frames), atol=5e-3)


def test_latents_that_are_not_finite_are_refused(data, tmp_path):
    broken = Encoder(lambda audio: encode(audio) * float("inf"), DIMS, RATIO, 3)
    with pytest.raises(UserError, match="not finite"):
        write_latents(tmp_path, data, broken, quiet, {})


def test_progress_ends_at_the_end(data, tmp_path, monkeypatch):
    monkeypatch.setattr("tritone.data.latents.WINDOW_SECONDS", 0.5)
    seen = []
    write_latents(tmp_path, data, ENCODER, lambda done, total: seen.append((done, total)), {})
    assert seen == sorted(seen) and seen[-1][0] == seen[-1][1] == 4 and len(seen) > len(data.items)


def test_crops_and_batches_of_latents(data, tmp_path):
    latents = made(data, tmp_path)
    crops = Crops(latents, "train", 8, seed=3)
    assert crops.crop(5, 1).shape == (DIMS, 8)
    with Loader(latents, "train", 8, 3, None, batch=4) as loader:
        batch = loader.batch(0)
    assert batch.audio.shape == (4, DIMS, 8) and batch.audio.dtype == torch.float32
    seconds = {round(item.frames * RATIO / RATE, 4) for item in latents.split("train")}
    assert {round(float(total), 4) for total in batch.totals} <= seconds
