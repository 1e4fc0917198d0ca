"""How the latent is treated between encoder and decoder: one file for each way."""

from tritone.families.vae.bottlenecks.base import Bottleneck
from tritone.families.vae.bottlenecks.normal import Normal
from tritone.families.vae.bottlenecks.quantised import Quantised
from tritone.families.vae.bottlenecks.spherical import Spherical
from tritone.families.vae.bottlenecks.wasserstein import Wasserstein
from tritone.families.vae.config import Config


def build_bottleneck(config: Config) -> Bottleneck:
    """The bottleneck of `config` with fresh weights."""
    if config.bottleneck == "quantised":
        book = config.quantiser
        return Quantised(
            config.latent, levels=book.levels, codes=book.codes, decay=book.decay, dead=book.dead, dropout=book.dropout
        )
    if config.bottleneck == "wasserstein":
        return Wasserstein(config.latent)
    return Spherical(config.latent) if config.bottleneck == "spherical" else Normal(config.latent)
