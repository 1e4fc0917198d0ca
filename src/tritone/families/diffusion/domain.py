"""From a configuration to the domain in which it diffuses."""

from tritone.families.diffusion.config import Config
from tritone.families.diffusion.domain_base import Domain
from tritone.families.diffusion.domain_latent import LatentDomain
from tritone.families.diffusion.domain_stft import StftDomain
from tritone.families.diffusion.domain_wave import WaveDomain


def build_domain(config: Config) -> Domain:
    """Latents, short-time spectra or waveforms. UserError where latents are meant and their model is not known yet."""
    if config.in_latents:
        return LatentDomain(config)
    if config.stft:
        return StftDomain(config.channels, config.stft.window, config.stft.hop)
    return WaveDomain(config.channels)
