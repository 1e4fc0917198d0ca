"""The loop on the latents of a trained model."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_codec import NANO, data_and_codec
from sounds import RATE
from test_resume import same, whole

from tritone.config import make_config
from tritone.data.crops import Crops
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.families import FAMILIES
from tritone.families.diffusion.codec import with_latents
from tritone.training.display import Quiet
from tritone.training.loop import train
from tritone.training.run import Run
from tritone.training.sources import DataSources, crop_frames

RATIO = 32
UNET = {"channels": [8, 12], "factors": [1, 2], "items": [1, 1], "attentions": [0, 1], "heads": 1, "features": 8,
        "head_features": 8, "groups": 2}  # fmt: skip


@pytest.fixture(autouse=True)
def diffusion_is_a_family(monkeypatch):
    monkeypatch.setitem(FAMILIES, "diffusion", "tritone.families.diffusion")


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A dataset, and a VAE of it after 2 steps. Do not write into it."""
    return data_and_codec(tmp_path_factory.mktemp("once"))


def of_latents(place, **training):
    model = {"sample_rate": RATE, "channels": 1, "codec_from": str(place / "vae"), "network": {"unet": UNET},
             "warmup_steps": 2, "sampling": {"steps": 2}}  # fmt: skip
    usual = {"steps": 6, "batch": 4, "crop_samples": 64 * RATIO + 5, "validation_crops": 3, "previews": 1,
             "validate_every": 3, "log_every": 3, "ema": 0.9}  # fmt: skip
    config = make_config("diffusion", {"model": model, "training": {**usual, **training}}, data=str(place / "data"))
    return replace(config, model=with_latents(config.model, Dataset.open(config.data)))


def crops(sources, step, rounds=1):
    batches = [sources.batch(step, index, rounds).audio for index in range(rounds)]
    sources.close()
    return torch.cat(batches)


def test_shares_of_two_processes_and_rounds_are_the_whole_batch(made_once):
    config = of_latents(made_once)
    alone = crops(DataSources(config, 0, 1), 3)
    halves = torch.cat([crops(DataSources(config, rank, 2), 3) for rank in range(2)])
    assert alone.shape == (4, NANO.latent, 64) and alone.std() > 0.01
    assert torch.equal(alone, halves) and torch.equal(alone, crops(DataSources(config, 0, 1), 3, 2))


def test_crops_are_those_of_the_latents_whatever_the_augmentation(made_once):
    config = of_latents(made_once, augment={"gain": 1.0, "phase_rotation": 1.0, "mute": 1.0}, seed=5)
    latents = Dataset.open(made_once / "data" / config.model.latents)
    expected = [Crops(latents, "train", 64, 5).crop(2, slot) for slot in range(4)]
    np.testing.assert_array_equal(crops(DataSources(config, 0, 1), 2).numpy(), np.stack(expected))


def test_what_the_run_says_of_its_data_is_about_the_sound(made_once):
    sources = DataSources(of_latents(made_once), 0, 1)
    assert sources.sample_rate == RATE and sources.channels == 1
    assert sources.summary() == Dataset.open(made_once / "data").summary
    for make in (lambda: sources.validation(3), sources.analysis):
        first, second = (torch.cat([batch.audio for batch in make()]) for _ in range(2))
        assert torch.equal(first, second) and first.shape[1:] == (NANO.latent, 64)
    sources.close()


def test_a_crop_that_is_hardly_a_frame_is_refused():
    assert crop_frames(64, 32) == crop_frames(95, 32) == 2 and crop_frames(1000, 1) == 1000
    with pytest.raises(UserError, match="a frame of latents stands for 32 samples"):
        crop_frames(63, 32)


def test_training_resumes_exactly_even_where_the_codec_is_gone(made_once, tmp_path):
    place = tmp_path / "here"
    shutil.copytree(made_once, place)
    config = of_latents(place)
    own = Run(place / "vae").load().state_dict()

    def go(out, steps):
        run = replace(config, training=replace(config.training, steps=steps))
        run = replace(run, model=with_latents(run.model, Dataset.open(run.data)))
        return train(run, tmp_path / out, show=Quiet(), device="cpu")

    go("straight", 6)
    go("broken", 3)
    shutil.rmtree(place / "vae")
    go("broken", 6)
    straight, broken = whole(tmp_path / "straight"), whole(tmp_path / "broken")
    assert same(straight[1], broken[1]) and same(straight[2]["optimizers"], broken[2]["optimizers"])
    for weights in (straight[1], straight[2]["online"]):
        assert weights["domain.fitted"] and weights["domain.fetched"] and weights["domain.std"].min() > 0
        for name, value in own.items():
            assert torch.equal(weights[f"domain.codec.{name}"], value), name
    model = Run(tmp_path / "straight").load()
    sound = model.generate(1, 0.1, [3])
    assert sound.shape == (1, 1, RATE // 10) and sound.isfinite().all()


def test_a_run_cannot_begin_without_its_codec(made_once, tmp_path):
    place = tmp_path / "here"
    shutil.copytree(made_once, place)
    config = of_latents(place)
    shutil.rmtree(place / "vae")
    with pytest.raises(UserError, match=r"--model\.codec_from"):
        train(config, tmp_path / "run", show=Quiet(), device="cpu")
