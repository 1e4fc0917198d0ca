"""A tiny diffusion autoencoder as codec, and a diffusion model over its latents."""

from dataclasses import asdict, replace
from pathlib import Path

import torch
from small_sound import UNET as LATENT_UNET
from sounds import RATE, folder
from torch import nn

from tritone.config import make_config
from tritone.data.prepare import prepare
from tritone.families.diffusion.autoencoder import DiffusionAutoencoder
from tritone.families.diffusion.config import CodecConfig, Config, EncoderConfig
from tritone.families.diffusion.sound import SoundDiffusion
from tritone.nn.diffusion.config import NetworkConfig, SamplingConfig, UNetConfig
from tritone.schema import plain
from tritone.signal.mel_config import MelConfig
from tritone.training.display import Quiet
from tritone.training.loop import train

RATIO, DIMS = 64, 4
UNET = UNetConfig(
    channels=(8, 8, 16), factors=(4, 4, 4), items=(1, 1, 1), attentions=(0, 0, 0), context_level=2, features=16,
    groups=4,
)  # fmt: skip
TINY = Config(
    sample_rate=RATE,
    channels=1,
    task="autoencoder",
    network=NetworkConfig(unet=UNET),
    encoder=EncoderConfig(
        mel=MelConfig(rate=RATE, mels=8, window=128, hop=32), width=16, layers=1, factor=2, latent=DIMS
    ),
    sampling=SamplingConfig(steps=2),
    warmup_steps=0,
)


def over(codec: Config = TINY, **settings) -> Config:
    """A diffusion model over the autoencoder's latents, as if training had filled it in."""
    filled = CodecConfig("diffusion", plain(asdict(codec)), 7)
    network = NetworkConfig(unet=LATENT_UNET)
    usual = {"network": network, "sampling": SamplingConfig(steps=2), **settings}
    return Config(sample_rate=codec.sample_rate, channels=codec.channels, codec=filled, **usual)


def lively(model: nn.Module, std: float = 0.15) -> None:
    """Weights that are far from silent; a fresh network gives zero."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=std)


def small_drawn(codec: Config = TINY, **settings) -> SoundDiffusion:
    """A model over the latents of an autoencoder, both with random weights."""
    torch.manual_seed(0)
    model = SoundDiffusion(over(codec, **settings))
    inner = model.domain.codec
    assert isinstance(inner, DiffusionAutoencoder)
    lively(model.denoiser)
    lively(inner.denoiser, 0.1)
    inner.domain.std.fill_(0.1)
    model.domain.std.fill_(0.5)
    for domain in (model.domain, inner.domain):
        domain.fitted.fill_(True)
    model.domain.fetched.fill_(True)
    return model.eval()


def data_and_autoencoder(path: Path) -> Path:
    """A dataset `data` of a few sounds, and `ae`, the run of an autoencoder of it after 2 steps, in the folder."""
    folder(path / "sound", files=4, seconds=1.0)
    prepare([path / "sound"], path / "data", sample_rate=RATE, validation=0.3, workers=1)
    model = plain(asdict(replace(TINY, learning_rate=1e-2)))
    training = {"steps": 2, "batch": 2, "crop_samples": 4096, "validation_crops": 1, "previews": 0}
    config = make_config("diffusion", {"model": model, "training": training}, data=str(path / "data"))
    train(config, path / "ae", show=Quiet(), device="cpu")
    return path
