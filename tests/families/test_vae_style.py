"""Version 3: a style enters at play and leaves nothing behind."""

from dataclasses import replace

import pytest
import torch
from narrow import preset_config
from torch import nn

from tritone.errors import UserError
from tritone.families.vae.config import PqmfConfig
from tritone.families.vae.model import VAE, build
from tritone.nn.instance_norm import AdaptiveInstanceNorm, statistics
from tritone.nn.snake import Snake

TINY = replace(
    preset_config("vae-v3"), capacity=3, latent=6, ratios=(2, 2), dilations=((1, 3), (1,)), pqmf=PqmfConfig(4, 32)
)


def lively() -> VAE:
    torch.manual_seed(0)
    model = build(TINY)
    for name, parameter in model.named_parameters():
        nn.init.normal_(parameter, mean=1.0 if name.endswith(("alpha", "original0")) else 0.0, std=0.2)
    return model.eval()


def sound(level: float, seed: int) -> torch.Tensor:
    return level * torch.randn(1, 1, 1500, generator=torch.Generator().manual_seed(seed))


def test_places_and_snakes_are_where_acids_rave_has_them():
    """One before every unit of encoder and decoder; Snake before every change of rate and the last convolution."""
    config = preset_config("vae-v3")
    model = build(replace(config, capacity=2, pqmf=PqmfConfig(16, 64)))
    for network in (model.encoder, model.decoder):
        kinds = [type(module) for module in network.modules()]
        assert (kinds.count(AdaptiveInstanceNorm), kinds.count(Snake)) == (11, 5)
    assert not any("norm" in name for name in model.state_dict())


def test_the_decoder_moves_to_the_targets_statistics():
    model = lively()
    source, target = sound(0.1, 0), sound(0.6, 1)
    plain, wanted = model.reconstruct(source), model.reconstruct(target)
    style = model.learn_style(source, target)
    styled = model.reconstruct(source, style=style)
    distances = [(statistics(each).std - statistics(wanted).std).abs().item() for each in (plain, styled)]
    assert distances[1] < 0.5 * distances[0]
    assert torch.equal(model.reconstruct(source), plain)


def test_its_own_style_leaves_a_sound_as_it_is():
    model = lively()
    source = sound(0.3, 2)
    output = model.reconstruct(source, style=model.learn_style(source, source))
    torch.testing.assert_close(output, model.reconstruct(source), rtol=0, atol=1e-5)


def test_a_model_without_places_says_so():
    model = build(replace(TINY, adaptive_norm=False)).eval()
    assert "style" not in model.capabilities() and "style" in lively().capabilities()
    with pytest.raises(UserError, match="vae-v3"):
        model.learn_style(sound(0.1, 0), sound(0.1, 1))
