"""Which layer has which streaming twin.

A twin is built from its offline layer, whose weights it copies, and maps blocks `(batch, time, channels)`. It is called
with the clock and the state (`tritone.nn.streaming.plan`), of which it replaces what it remembers. Layers that are none
of those known here bring their own: a method `streaming(place, plan) -> (twin, place behind it)` where they look
around; `by_rows() -> Module` where they act on each sample by itself but read channels; nothing where they do not.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tritone.nn.blocks import BatchNorm, Chain, Residual
from tritone.nn.conv import Conv1d, ConvTranspose1d
from tritone.nn.spectrum import LogSpectrum, SpectrumToWave
from tritone.nn.streaming.blocks import Rows, StreamingChain, StreamingResidual
from tritone.nn.streaming.conv import Mix, StreamingConv1d, StreamingConvTranspose1d
from tritone.nn.streaming.memory import Delay
from tritone.nn.streaming.plan import Place, Plan
from tritone.nn.streaming.spectrum import StreamingLogSpectrum, StreamingSpectrumToWave


def twin(layer: nn.Module, place: Place, plan: Plan) -> tuple[nn.Module, Place]:
    """The streaming twin of a layer that reads the signal at `place`, and the place of what it gives."""
    if layer in plan.instead:
        return Rows(plan.instead[layer]), place
    if isinstance(layer, Residual):
        return _residual(layer, place, plan)
    if isinstance(layer, Chain):
        return chain(list(layer), place, plan)
    if isinstance(layer, Conv1d):
        return _conv1d(layer, place, plan)
    if isinstance(layer, ConvTranspose1d):
        behind = Place(place.rate * layer.stride[0], layer.out_channels, layer.lag(place.lag))
        return StreamingConvTranspose1d(layer, place, plan), behind
    if isinstance(layer, LogSpectrum):
        behind = Place(place.rate // layer.hop, place.channels * layer.bins, layer.lag(place.lag))
        return StreamingLogSpectrum(layer, place, plan), behind
    if isinstance(layer, SpectrumToWave):
        behind = Place(place.rate * layer.hop, layer.channels, layer.lag(place.lag))
        return StreamingSpectrumToWave(layer, place, plan), behind
    own: Callable[[Place, Plan], tuple[nn.Module, Place]] | None = getattr(layer, "streaming", None)
    if own is not None:
        return own(place, plan)
    by_rows: Callable[[], nn.Module] | None = getattr(layer, "by_rows", None)
    return Rows(layer if by_rows is None else by_rows()), place


def chain(layers: list[nn.Module], place: Place, plan: Plan) -> tuple[StreamingChain, Place]:
    """Twins of layers one after another. A batch norm becomes part of the convolution before it."""
    twins: list[nn.Module] = []
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        if isinstance(layer, BatchNorm):
            continue
        if isinstance(layer, Conv1d) and isinstance(following, BatchNorm):
            layer = with_weights(layer, *_normed(layer, following))
        made, place = twin(layer, place, plan)
        twins.append(made)
    return StreamingChain(twins), place


@torch.no_grad()
def with_weights(layer: Conv1d, weight: Tensor, bias: Tensor | None) -> Conv1d:
    """A convolution that looks as far as `layer`, with other weights `(out, in, taps)` and `(out,)`."""
    outputs, inputs, taps = weight.shape
    made = Conv1d(inputs, outputs, taps, stride=layer.stride[0], dilation=layer.dilation[0], bias=bias is not None)
    made.left, made.right = layer.left, layer.right
    made.weight.copy_(weight)
    if made.bias is not None and bias is not None:
        made.bias.copy_(bias)
    return made


def dense(layer: Conv1d) -> Tensor:
    """The weight `(out, in, taps)` of a convolution, with zeros between its groups."""
    weight = layer.weight.detach()
    if layer.groups == 1:
        return weight
    full = weight.new_zeros(weight.shape[0], layer.in_channels, weight.shape[2])
    wide = weight.shape[1]
    for group, part in enumerate(full.chunk(layer.groups)):
        part[:, group * wide : (group + 1) * wide] = weight.chunk(layer.groups)[group]
    return full


def _conv1d(layer: Conv1d, place: Place, plan: Plan) -> tuple[nn.Module, Place]:
    stride, dilation, weight = layer.stride[0], layer.dilation[0], dense(layer)
    behind = Place(place.rate // stride, layer.out_channels, layer.lag(place.lag))
    if weight.shape[2] == 1 and stride == 1:
        return Mix(weight, layer.bias), behind
    looks = {"stride": stride, "dilation": dilation, "right": layer.right}
    return StreamingConv1d(weight, layer.bias, **looks, place=place, plan=plan), behind


def _residual(layer: Residual, place: Place, plan: Plan) -> tuple[StreamingResidual, Place]:
    inner, behind = chain(list(layer), place, plan)
    wait = behind.lag - place.lag
    skip = Delay(wait, place.channels, plan) if wait else None
    return StreamingResidual(inner, skip), behind


def _normed(layer: Conv1d, norm: BatchNorm) -> tuple[Tensor, Tensor]:
    """Weight and bias of the convolution with the batch norm behind it, as in evaluation."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None and variance is not None
    gain = norm.weight.detach().double() / (variance.double() + norm.eps).sqrt()
    start = torch.zeros_like(mean) if layer.bias is None else layer.bias.detach()
    bias = norm.bias.detach().double() + (start.double() - mean.double()) * gain
    return (dense(layer).double() * gain[:, None, None]).float(), bias.float()
