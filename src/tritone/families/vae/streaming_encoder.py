"""The encoders on blocks, up to what the bottleneck wants to see; a posterior's deviation is not computed.

Their last convolution is given apart, because the rotation of the latent is part of it (`streaming_bottleneck`).
"""

from torch import nn

from tritone.families.vae.encoders import Encoder
from tritone.nn.conv import Conv1d
from tritone.nn.streaming.blocks import StreamingChain
from tritone.nn.streaming.plan import Place, Plan
from tritone.nn.streaming.twins import chain, dense, with_weights


def last_convolution(encoder: Encoder) -> Conv1d:
    """What gives the latent."""
    last = encoder.layers[-1]
    assert isinstance(last, Conv1d)
    return last


def streaming_encoder(encoder: Encoder, last: Conv1d, place: Place, plan: Plan) -> tuple[StreamingChain, Place]:
    """The twin of an encoder, with `last` in the place of its last convolution."""
    layers: list[nn.Module] = list(encoder.layers)
    if last_convolution(encoder).groups == 2:
        _halve(layers)
    return chain([*layers[:-1], last], place, plan)


def _halve(layers: list[nn.Module]) -> None:
    """Leave out the channels that only the deviation reads: the last but one convolution makes the first half alone."""
    index = max(i for i, layer in enumerate(layers[:-1]) if isinstance(layer, Conv1d))
    layer = layers[index]
    assert isinstance(layer, Conv1d)
    half = layer.out_channels // 2
    layers[index] = with_weights(layer, dense(layer)[:half], None if layer.bias is None else layer.bias[:half])
