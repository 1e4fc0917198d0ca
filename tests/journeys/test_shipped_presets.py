"""Every preset of the VAE learns in both stages, is saved, loaded and played; narrower than it is, else as it is."""

import math

import pytest
import torch

from tritone.config import load_preset, make_config, preset_names
from tritone.data.batch import plain_batch
from tritone.training.display import Quiet
from tritone.training.log import read_log
from tritone.training.loop import train
from tritone.training.run import Run

CROP = 18_432
SMALL = {
    "model": {"capacity": 8, "discriminator": {"capacity": 8}, "stage1_steps": 1},
    "training": {"batch": 2, "steps": 5, "log_every": 1, "validation_crops": 2, "previews": 1},
}


class NoiseSources:
    """Seeded noise in place of a dataset."""

    def __init__(self, config, rank, world):
        self.sample_rate, self.channels = config.model.sample_rate, config.model.channels
        self._samples, self._size = config.training.crop_samples, config.training.batch

    def batch(self, step, round, rounds):
        audio = 0.1 * torch.randn(
            self._size, self.channels, self._samples, generator=torch.Generator().manual_seed(step)
        )
        return plain_batch(audio, torch.arange(self._size) + 2 * step)

    def validation(self, count):
        yield self.batch(1_000, 0, 1)

    def analysis(self):
        yield self.batch(2_000, 0, 1)

    def summary(self):
        return {}

    def close(self):
        pass


@pytest.mark.parametrize("name", [name for name in preset_names() if name.startswith("vae-")])
def test_preset_learns_is_saved_and_plays(name, tmp_path):
    preset = load_preset(name)
    assert preset["about"]
    full = make_config(preset["family"], preset, name=name)
    full.model.check_crop(full.training.crop_samples)
    config = make_config("vae", preset, {**SMALL, "training": {**SMALL["training"], "crop_samples": CROP}}, name=name)
    config.model.check_crop(CROP)
    assert train(config, tmp_path, show=Quiet(), open_sources=NoiseSources, device="cpu") == "finished"
    seen = {key: value for line in read_log(tmp_path / "log.jsonl") for key, value in line.items()}
    own = {"normal": ("kl",), "quantised": ("commitment", "codes_in_use"), "wasserstein": ("mmd",), "spherical": ()}
    for loss in ("fullband", "adversarial", "feature_matching", *own[config.model.bottleneck]):
        assert f"generator/{loss}" in seen
    assert "discriminator/discriminator" in seen and "validation/distance" in seen
    assert all(math.isfinite(value) for value in seen.values())
    model = Run(tmp_path).load()
    assert (model.sample_rate, model.channels) == (full.model.sample_rate, full.model.channels)
    sound = 0.1 * torch.randn(1, model.channels, 12_345, generator=torch.Generator().manual_seed(0))
    output = model.reconstruct(sound, noise_seeds=[0])
    assert output.shape == sound.shape and output.isfinite().all() and output.std() > 0
    first = Run(tmp_path).load(0).state_dict()
    moved = {key for key, value in model.state_dict().items() if not torch.equal(value, first[key])}
    assert any(key.startswith("decoder") for key in moved) and any(key.startswith("encoder") for key in moved)


SMALL_LOOPS = {"batch": 2, "steps": 2, "log_every": 1, "validation_crops": 2, "previews": 1, "crop_samples": CROP}


@pytest.mark.parametrize("name", [name for name in preset_names() if name.startswith("gan-")])
def test_loop_preset_learns_is_saved_and_plays(name, tmp_path):
    preset = load_preset(name)
    full = make_config("gan", preset, name=name).model
    small = {
        "vocoder_from": None,
        "generator": {"channels": [8] * len(full.generator.channels)},
        "discriminator": {"mixed": 4, "width": 8, "most": 16},
        "penalty_every": 1,
        "path_every": 1,
    }
    config = make_config("gan", preset, {"model": small, "training": SMALL_LOOPS}, name=name)
    assert train(config, tmp_path, show=Quiet(), open_sources=NoiseSources, device="cpu") == "finished"
    seen = {key: value for line in read_log(tmp_path / "log.jsonl") for key, value in line.items()}
    wanted = {"generator/generator", "discriminator/discriminator", "validation/distance"}
    wanted |= {f"discriminator/{key}" for key in ("r1", "r2") if full.weights[key]}
    wanted |= {"generator/path_length"} if full.weights["path_length"] else set()
    assert wanted <= set(seen) and all(math.isfinite(value) for value in seen.values())
    model = Run(tmp_path).load()
    assert model.config.frames == full.frames and model.sample_rate == full.sample_rate
    audio = model.generate(1, None, [3], bpm=97)
    assert audio.shape == (1, full.channels, round(240 / 97 * full.sample_rate)) and audio.isfinite().all()
