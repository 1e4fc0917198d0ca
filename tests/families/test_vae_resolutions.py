"""Spectrogram discriminators in the VAE's second stage."""

from dataclasses import replace

import pytest
import torch
from narrow import small

from tritone.data.batch import plain_batch
from tritone.errors import UserError
from tritone.families.vae.config import DiscriminatorConfig
from tritone.families.vae.model import build
from tritone.families.vae.step import TrainingStep
from tritone.nn.adversarial import identity

NANO = replace(small("vae-nano"), stage1_steps=0)


def test_there_are_none_unless_they_are_asked_for():
    assert DiscriminatorConfig().resolutions == ()
    step = TrainingStep(NANO, build(NANO), identity)
    assert not any(name.startswith("resolution") for name, _ in step.discriminators.named_parameters())


def test_they_learn_and_teach():
    config = replace(NANO, discriminator=DiscriminatorConfig(0, (), (512, 256), 8, 2))
    step = TrainingStep(config, build(config), identity)
    batch = plain_batch(0.1 * torch.randn(1, 1, 4096), torch.arange(1))
    for role, number in (("discriminator", 0), ("generator", 1)):
        losses = step.losses(role, batch, number)
        losses.get("discriminator", losses.get("adversarial")).backward()
    assert all(parameter.grad is not None for parameter in step.discriminators.parameters())
    assert any(parameter.grad is not None for parameter in step.synthesizer.decoder.parameters())


def test_crops_must_fill_their_windows():
    with pytest.raises(UserError, match="at least 64"):
        replace(NANO, discriminator=DiscriminatorConfig(resolutions=(16,)))
    long = replace(NANO, discriminator=DiscriminatorConfig(resolutions=(16_384,)))
    with pytest.raises(UserError, match="at least 9216"):
        long.check_crop(8192)
    long.check_crop(9216)
    NANO.check_crop(8192)
