"""From numbers to networks: which encoder, decoder and discriminators a configuration has, and their widths."""

from typing import Any

from torch import nn

from tritone.families.vae.config import Config
from tritone.families.vae.decoders import Decoder, DecoderV1, DecoderV2
from tritone.families.vae.encoders import Activation, Encoder, EncoderV1, EncoderV2
from tritone.families.vae.noise_branch import NoiseBranch
from tritone.families.vae.spectral import DecoderNano, EncoderNano
from tritone.nn.blocks import LeakyReLU
from tritone.nn.descript_discriminators import DescriptDiscriminators
from tritone.nn.discriminators import Discriminators
from tritone.nn.snake import Snake
from tritone.signal.pqmf import Pqmf
from tritone.signal.whole_band import WholeBand


def build_bank(config: Config) -> Pqmf | WholeBand:
    """The filter bank of `config`; with a single band there is nothing to split."""
    bank = config.pqmf
    if bank.bands == 1:
        return WholeBand()
    return Pqmf(bank.bands, bank.taps, bank.attenuation_db, bank.design, config.causal)


def build_encoder(config: Config, parts: int) -> Encoder:
    """The encoder of `config` with fresh weights, which gives `parts` numbers for each dimension of the latent."""
    if config.architecture == "nano":
        return EncoderNano(**_nano(config), latent=config.latent, parts=parts)
    common: dict[str, Any] = {
        "bands": config.channels * config.pqmf.bands,
        "latent": config.latent,
        "parts": parts,
        "capacity": config.capacity,
        "ratios": config.ratios,
        "causal": config.causal,
    }
    if config.architecture == "v1":
        return EncoderV1(**common)
    return EncoderV2(**common, dilations=config.dilations, **_v2(config))


def build_decoder(config: Config) -> Decoder | DecoderNano:
    """The decoder of `config` with fresh weights; it reads the latent and after it the channels of noise."""
    latent = config.latent + config.noise_channels
    if config.architecture == "nano":
        return DecoderNano(**_nano(config), latent=latent)
    common: dict[str, Any] = {
        "bands": config.channels * config.pqmf.bands,
        "latent": latent,
        "capacity": config.capacity,
        "ratios": config.ratios,
        "dilations": config.dilations,
        "noise_branch": _noise_branch(config),
        "causal": config.causal,
    }
    return DecoderV1(**common) if config.architecture == "v1" else DecoderV2(**common, **_v2(config))


def build_discriminators(config: Config) -> nn.Module:
    """The discriminators of stage 2 with fresh weights."""
    settings = config.discriminator
    common: dict[str, Any] = {
        "channels": config.channels,
        "capacity": settings.capacity,
        "periods": settings.periods,
        "resolutions": settings.resolutions,
    }
    if settings.design == "descript":
        return DescriptDiscriminators(**common)
    return Discriminators(**common, scales=settings.scales)


def _nano(config: Config) -> dict[str, Any]:
    return {
        "channels": config.channels,
        "capacity": config.capacity,
        "window": config.window,
        "ratios": config.ratios,
        "dilations": config.dilations,
    }


def _v2(config: Config) -> dict[str, Any]:
    activations: dict[str, Activation] = {"leaky_relu": lambda channels: LeakyReLU(), "snake": Snake}
    return {"activation": activations[config.activation], "adaptive_norm": config.adaptive_norm}


def _noise_branch(config: Config) -> NoiseBranch | None:
    if config.noise is None:
        return None
    ratios = config.noise.ratios
    return NoiseBranch(
        channels=config.capacity,
        hidden=config.noise.hidden,
        bands=config.channels * config.pqmf.bands,
        amplitudes=config.noise.bands,
        ratios=ratios,
        kernels=[3 if config.architecture == "v1" else 2 * ratio for ratio in ratios],
        causal=config.causal,
    )
