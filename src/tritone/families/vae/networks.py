"""From numbers to networks: which encoder and decoder an architecture has, and how wide its noise branch is."""

from tritone.families.vae.config import Config
from tritone.families.vae.decoders import Decoder, DecoderNano, DecoderV1, DecoderV2
from tritone.families.vae.encoders import Encoder, EncoderNano, EncoderV1, EncoderV2
from tritone.families.vae.noise_branch import NoiseBranch


def build_encoder(config: Config) -> Encoder:
    """The encoder of `config` with fresh weights."""
    bands = config.channels * config.pqmf.bands
    common = {"bands": bands, "latent": config.latent, "capacity": config.capacity, "causal": config.causal}
    if config.architecture == "v1":
        return EncoderV1(**common, ratios=config.ratios)
    if config.architecture == "v2":
        return EncoderV2(**common, ratios=config.ratios, dilations=config.dilations)
    return EncoderNano(**common, ratios=config.ratios)


def build_decoder(config: Config) -> Decoder:
    """The decoder of `config` with fresh weights."""
    kind = {"v1": DecoderV1, "v2": DecoderV2, "nano": DecoderNano}[config.architecture]
    return kind(
        bands=config.channels * config.pqmf.bands,
        latent=config.latent,
        capacity=config.capacity,
        ratios=config.ratios,
        dilations=config.dilations,
        noise_branch=_noise_branch(config),
        causal=config.causal,
    )


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
