"""A tiny prior over the latents of a tiny VAE."""

from dataclasses import asdict, replace

import torch
from small_codec import NANO
from torch import nn

from tritone.families.codec_config import CodecConfig
from tritone.families.prior.config import Config
from tritone.families.prior.model import Prior
from tritone.families.vae.model import build as build_vae
from tritone.schema import plain

DIMS = 4
LABELS = ("low", "high")
CONFIG = Config(
    sample_rate=NANO.sample_rate,
    codec_from="nowhere",
    codec=CodecConfig("vae", plain(asdict(NANO)), 7),
    dims=DIMS,
    width=16,
    dilations=(1, 2, 4),
    components=3,
    dropout=0.0,
    labels=LABELS,
    warmup_steps=5,
    decay_steps=300,
)


def lively(seed: int = 0, **settings) -> Prior:
    """A prior whose codec is far from silent, and whose network says something."""
    torch.manual_seed(seed)
    codec = build_vae(NANO)
    for parameter in codec.parameters():
        nn.init.normal_(parameter, std=0.3)
    model = Prior(replace(CONFIG, **settings))
    model.frames.take(codec.state_dict())
    for parameter in (*model.network.parameters(), *model.labels.parameters()):
        nn.init.normal_(parameter, std=0.3)
    model.frames.fit([torch.randn(4, NANO.latent, 50) * 2 + 1])
    return model.eval()
