"""What may be set, what follows from data and codec, and what is refused."""

import numpy as np
import pytest
from small_codec import data_and_codec
from sounds import RATE

from tritone.config import load_preset, make_config
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.families.codec import find
from tritone.families.prior.axes import variances
from tritone.families.prior.config import Config, complete


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A dataset, and a VAE of it after 2 steps. Do not write into it."""
    return data_and_codec(tmp_path_factory.mktemp("once"))


def asked(place, **settings):
    return Config(sample_rate=RATE, codec_from=str(place / "vae"), **settings)


def filled(place, **settings):
    return complete(asked(place, **settings), Dataset.open(place / "data"))


def latents_of(place, config):
    return Dataset.open(place / "data" / config.latents)


def test_axes_keep_the_share_of_variance_that_is_asked_for(place):
    config = filled(place)
    latents = latents_of(place, config)
    frames = np.concatenate([latents.read(item, 0, item.frames) for item in latents.split("train")], 1)
    shares = np.cumsum(frames.astype(np.float64).var(1)) / frames.astype(np.float64).var(1).sum()
    np.testing.assert_allclose(np.cumsum(variances(latents)) / variances(latents).sum(), shares, rtol=1e-6)
    for fidelity in (0.5, 0.9, 0.99, 1.0):
        dims = filled(place, fidelity=fidelity).dims
        assert shares[dims - 1] >= fidelity - 1e-6 and (dims == 1 or shares[dims - 2] < fidelity)


def test_a_given_number_of_axes_is_kept(place):
    assert filled(place, dims=2).dims == 2
    with pytest.raises(UserError, match="dims must lie between 1 and 6, the axes of the codec, not 7"):
        filled(place, dims=7)


def test_completing_again_changes_nothing(place):
    config = filled(place)
    assert config.codec.family == "vae" and config.codec.step == 2 and config.labels == ()
    assert complete(config, Dataset.open(place / "data")) == config


@pytest.mark.parametrize("name", ["prior", "prior-nano"])
def test_presets(name):
    config = make_config("prior", load_preset(name), name=name)
    hears = 1 + (config.model.kernel - 1) * sum(config.model.dilations)
    assert hears > 172, "two bars at 120 BPM of a codec at 43 frames a second"
    assert config.training.crop_samples // 1024 > 172


def test_a_codec_is_needed(place):
    with pytest.raises(UserError, match="name its run, for example one of `tritone train vae`"):
        complete(Config(sample_rate=RATE), Dataset.open(place / "data"))
    with pytest.raises(UserError, match="there is no run"):
        find(str(place / "nothing"), None, None, Dataset.open(place / "data"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"width": 0}, "width must be at least 1"),
        ({"channels": 3}, "channels must be 1"),
        ({"dims": 0}, "dims must be at least 1"),
        ({"fidelity": 0.0}, "fidelity is a share"),
        ({"kernel": 1}, "kernel must be at least 2"),
        ({"dilations": ()}, "dilations must hold"),
        ({"dilations": (1, 0)}, "dilations must hold"),
        ({"dropout": 1.0}, "dropout is a probability"),
        ({"label_dropout": -0.1}, "label_dropout is a probability"),
        ({"input_noise": -1.0}, "input_noise"),
        ({"least_deviation": 0.0}, "least_deviation must be a number above 0"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"betas": (0.9, 1.0)}, "betas must lie"),
    ],
)
def test_settings_that_make_no_model_are_refused(settings, words):
    with pytest.raises(UserError, match=words):
        Config(**settings)
