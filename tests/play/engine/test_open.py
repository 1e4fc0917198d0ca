"""Players of models with every kind of latent, against the same model offline."""

import numpy as np
import pytest
import torch
from narrow import small

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.families.vae.model import build
from tritone.nn.blocks import fold_weight_norm
from tritone.play.engine.open import open_player

TORCH = {"engine": "torch", "precision": "float32"}
SOUND = 0.3 * torch.randn(1, 1, 12_000, generator=torch.Generator().manual_seed(0))


def model_of(preset):
    torch.manual_seed(0)
    model = build(small(preset)).eval()
    fold_weight_norm(model)
    model.analyse([SOUND])
    return model


def played(player):
    tail = player.latency_samples + player.step
    sound = torch.nn.functional.pad(SOUND[0], (0, tail - (SOUND.shape[-1] + tail) % player.step)).numpy()
    heard = [player.process(block) for block in np.split(sound, sound.shape[1] // player.step, axis=1)]
    return np.concatenate(heard, 1)[:, player.latency_samples :][:, : SOUND.shape[-1]]


def offline(model, **kept):
    whole = torch.nn.functional.pad(SOUND, (0, 60_000))
    return model.reconstruct(whole, **kept)[0, :, : SOUND.shape[-1]].numpy()


@pytest.mark.parametrize(
    "preset", ["vae-nano", "vae-v2-small-causal", "vae-wasserstein", "vae-spherical", "vae-discrete-nano"]
)
def test_a_player_gives_what_the_model_gives_offline(preset):
    model = model_of(preset)
    player = open_player(model, block=2048, noise=False, **TORCH)
    assert np.abs(played(player) - offline(model)).max() < 2e-5
    assert np.array_equal(player.desk.controls.scales, np.ones(player.engine.facts.dims))


def test_levels_of_codes_are_those_of_offline_and_stay_as_they_are():
    model = model_of("vae-discrete-nano")
    player = open_player(model, block=2048, noise=False, dims=2, **TORCH)
    assert np.abs(played(player) - offline(model, dims=2)).max() < 2e-5
    with pytest.raises(UserError, match="codes or angles"):
        player.desk.apply(["dims", 1])
    with pytest.raises(UserError, match="codes or angles"):
        open_player(model, fidelity=0.5, **TORCH)


def test_a_block_that_is_no_whole_frame_is_played_in_frames():
    model = model_of("vae-nano")
    assert open_player(model, block=3 * model.ratio, **TORCH).step == 3 * model.ratio
    assert open_player(model, block=model.ratio + 1, **TORCH).step == model.ratio
    assert open_player(model, block=64, **TORCH).step == model.ratio


def test_other_families_are_refused():
    class Other(Synthesizer):
        def facts(self):
            return {"ratio": 1}

    with pytest.raises(UserError, match="A Other cannot stream"):
        open_player(Other())


def noises(player, seeds):
    """What the model makes of silence, a step for each seed, which is turned before the step."""
    heard = []
    for seed in seeds:
        player.desk.apply(["seed", seed])
        heard.append(player.process(np.zeros((1, player.step), np.float32)))
    return heard


@pytest.mark.parametrize("preset", ["vae-v1", "vae-discrete"])
def test_the_seed_that_is_turned_reaches_the_models_own_noise(preset):
    torch.manual_seed(0)
    model = build(small(preset)).eval()
    player = open_player(model, block=2 * model.ratio, seed=7, **TORCH)
    late = -(-player.latency_samples // player.step) + 2
    seven = noises(player, [7] * 2 * late)
    player.restart()
    turned = noises(player, [7] * late + [8] * late)
    player.restart()
    again = noises(player, [7] * late + [8] * late)
    assert all(np.array_equal(one, other) for one, other in zip(turned, again, strict=True))
    assert np.abs(seven[late - 1]).max() > 0
    assert all(np.array_equal(*pair) for pair in zip(turned[:late], seven[:late], strict=True))
    assert not np.array_equal(turned[-1], seven[-1])
    eight = open_player(model, block=2 * model.ratio, seed=8, **TORCH)
    whole = noises(eight, [8] * 2 * late)
    assert np.allclose(turned[-1], whole[-1], atol=1e-6)  # frame t of a seed is always the same
