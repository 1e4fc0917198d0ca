"""The encoders on blocks, up to the posterior mean along the basis' axes; the deviation is not computed."""

import torch
from torch import nn

from tritone.families.vae.encoders import Encoder
from tritone.families.vae.latent import LatentBasis
from tritone.nn.conv import Conv1d
from tritone.nn.streaming.blocks import StreamingChain
from tritone.nn.streaming.plan import Place, Plan
from tritone.nn.streaming.twins import chain, dense, with_weights


def streaming_encoder(
    encoder: Encoder, basis: LatentBasis, dims: int, place: Place, plan: Plan
) -> tuple[StreamingChain, Place]:
    """The twin of an encoder that gives the first `dims` axes."""
    layers: list[nn.Module] = list(encoder.layers)
    last = layers[-1]
    assert isinstance(last, Conv1d)
    if last.groups == 2:
        _halve(layers)
    return chain([*layers[:-1], _rotated(last, basis, dims)], place, plan)


def _rotated(last: Conv1d, basis: LatentBasis, dims: int) -> Conv1d:
    """The last convolution's half for the mean, with `basis.rotate` behind it."""
    axes = basis.basis[:dims].double()
    weight = last.weight.detach()[: basis.dims].double()
    bias = basis.mean.double().neg()
    if last.bias is not None:
        bias = bias + last.bias.detach()[: basis.dims].double()
    return with_weights(last, torch.einsum("ji,ikt->jkt", axes, weight), axes @ bias)


def _halve(layers: list[nn.Module]) -> None:
    """Leave out the channels that only the deviation reads: the last but one convolution makes the first half alone."""
    index = max(i for i, layer in enumerate(layers[:-1]) if isinstance(layer, Conv1d))
    layer = layers[index]
    assert isinstance(layer, Conv1d)
    half = layer.out_channels // 2
    layers[index] = with_weights(layer, dense(layer)[:half], None if layer.bias is None else layer.bias[:half])
