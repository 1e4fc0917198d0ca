"""From numbers to networks: which encoder and decoder an architecture has, and how wide its noise branch is."""

from typing import Any

from tritone.families.vae.config import Config
from tritone.families.vae.decoders import Decoder, DecoderV1, DecoderV2
from tritone.families.vae.encoders import Encoder, EncoderV1, EncoderV2
from tritone.families.vae.noise_branch import NoiseBranch
from tritone.families.vae.spectral import DecoderNano, EncoderNano
from tritone.signal.pqmf import Pqmf
from tritone.signal.whole_band import WholeBand


def build_bank(config: Config) -> Pqmf | WholeBand:
    """The filter bank of `config`; with a single band there is nothing to split."""
    bank = config.pqmf
    if bank.bands == 1:
        return WholeBand()
    return Pqmf(bank.bands, bank.taps, bank.attenuation_db, bank.design, config.causal)


def build_encoder(config: Config) -> Encoder:
    """The encoder of `config` with fresh weights."""
    if config.architecture == "nano":
        return EncoderNano(**_nano(config))
    bands = config.channels * config.pqmf.bands
    common: dict[str, Any] = {
        "bands": bands,
        "latent": config.latent,
        "capacity": config.capacity,
        "causal": config.causal,
    }
    if config.architecture == "v1":
        return EncoderV1(**common, ratios=config.ratios)
    return EncoderV2(**common, ratios=config.ratios, dilations=config.dilations)


def build_decoder(config: Config) -> Decoder | DecoderNano:
    """The decoder of `config` with fresh weights."""
    if config.architecture == "nano":
        return DecoderNano(**_nano(config))
    kind = {"v1": DecoderV1, "v2": DecoderV2}[config.architecture]
    return kind(
        bands=config.channels * config.pqmf.bands,
        latent=config.latent,
        capacity=config.capacity,
        ratios=config.ratios,
        dilations=config.dilations,
        noise_branch=_noise_branch(config),
        causal=config.causal,
    )


def _nano(config: Config) -> dict[str, Any]:
    return {
        "channels": config.channels,
        "latent": config.latent,
        "capacity": config.capacity,
        "window": config.window,
        "ratios": config.ratios,
        "dilations": config.dilations,
    }


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
