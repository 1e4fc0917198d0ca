"""The codec of a diffusion model over latents, as `tritone.families.codec` finds it."""

from dataclasses import replace

from tritone.data.store import Dataset
from tritone.families.codec import find, trained_weights
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.domain_base import Domain
from tritone.families.diffusion.domain_latent import LatentDomain


def with_latents(config: Config, dataset: Dataset) -> Config:
    """The configuration with `codec` and `latents` (a folder below DATA), which is made where it is not there yet.

    See `tritone.families.codec.find`.
    """
    found = find(config.codec_from, config.codec, config.latents, dataset)
    return replace(config, codec_from=found.codec_from, codec=found.codec, latents=found.latents)


def fetch_codec(domain: Domain, config: Config) -> None:
    """The codec's weights into a fresh model; when a run is continued, its checkpoint brings them too."""
    if not isinstance(domain, LatentDomain) or not config.codec or not config.codec_from:
        return
    weights = trained_weights(config.codec_from, config.codec)
    if weights is not None:
        domain.take(weights)
