"""A tiny VAE as codec, and a diffusion configuration over its latents."""

from dataclasses import asdict, replace
from pathlib import Path

import torch
from narrow import preset_config
from sounds import RATE, folder
from torch import nn

from tritone.config import make_config
from tritone.data.prepare import prepare
from tritone.families.diffusion.config import CodecConfig, Config
from tritone.families.diffusion.domain_latent import LatentDomain
from tritone.families.vae.config import Config as VaeConfig
from tritone.families.vae.config import PqmfConfig
from tritone.schema import plain
from tritone.training.display import Quiet
from tritone.training.loop import train

NANO = replace(
    preset_config("vae-nano"), capacity=4, latent=6, window=64, ratios=(16, 2), dilations=((1,), (1,)), sample_rate=8000
)
BANDS = VaeConfig(
    capacity=3, latent=6, ratios=(2, 2), dilations=((1, 3), (1,)), pqmf=PqmfConfig(4, 32), causal=True, sample_rate=8000
)
"""With the filter bank's own delay, so that there is a frame more than samples / ratio."""
CODECS = {"nano": NANO, "causal": BANDS, "both ways": replace(BANDS, causal=False)}


def over(codec: VaeConfig, **settings) -> Config:
    """A diffusion model over the latents of a codec, as if training had filled it in."""
    filled = CodecConfig("vae", plain(asdict(codec)), 7)
    return Config(sample_rate=codec.sample_rate, channels=codec.channels, codec=filled, **settings)


def lively(codec: VaeConfig, seed: int = 0) -> LatentDomain:
    """The domain with a codec that is far from silent."""
    torch.manual_seed(seed)
    domain = LatentDomain(over(codec))
    for parameter in domain.codec.parameters():
        nn.init.normal_(parameter, std=0.3 if codec.architecture == "nano" else 0.8)
    domain.fetched.fill_(True)
    return domain.eval()


def data_and_codec(path: Path) -> Path:
    """A dataset `data` of a few sounds, and `vae`, the run of a codec of it after 2 steps, in the folder `path`."""
    folder(path / "sound", files=4, seconds=1.0)
    prepare([path / "sound"], path / "data", sample_rate=RATE, validation=0.3, workers=1)
    model = plain(asdict(replace(NANO, sample_rate=RATE)))
    model["discriminator"] |= {"scales": 1, "periods": [], "capacity": 4}
    training = {"steps": 2, "batch": 2, "crop_samples": 4096, "validation_crops": 1, "previews": 0}
    config = make_config("vae", {"model": model, "training": training}, data=str(path / "data"))
    train(config, path / "vae", show=Quiet(), device="cpu")
    return path
