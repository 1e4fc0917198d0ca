"""The layers of a streaming VAE as the runtime at hand multiplies fastest: as convolutions.

Streaming layers are written as one matrix product of shifted rows side by side, which is what torch and ONNX Runtime do
fastest at 1 to 128 rows. OpenVINO is faster with convolutions: it needs no copies of the shifted rows, and in bf16 its
convolutions take half the time of its matrix products. Numbers, state and lag stay the same.
"""

from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.streaming.conv import Mix, StreamingConv1d, StreamingConvTranspose1d


def as_convolution(layer: nn.Module) -> nn.Module | None:
    """The layer as a convolution; None where it is no streaming convolution."""
    if isinstance(layer, StreamingConv1d):
        return _Convolved(layer)
    if isinstance(layer, StreamingConvTranspose1d):
        return _ConvolvedPairs(layer)
    return _ConvolvedMix(layer) if isinstance(layer, Mix) else None


class _Convolved(nn.Module):
    """`StreamingConv1d` by `conv1d`."""

    def __init__(self, layer: StreamingConv1d) -> None:
        super().__init__()
        self.start, self.memory = layer.start, layer.memory
        self.stride, self.dilation, self.skip = layer.stride, layer.dilation, layer.skip
        self.weight = _weight(layer.matrix, layer.taps)
        self.bias = nn.Parameter(layer.bias, requires_grad=False) if layer.biased else None

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        joined = self.memory(self.start(signal, clock), state)
        heard = joined[:, self.skip :] if self.skip else joined
        return _convolve(heard, self.weight, self.bias, self.stride, self.dilation)


class _ConvolvedMix(nn.Module):
    """`Mix` by `conv1d`."""

    def __init__(self, layer: Mix) -> None:
        super().__init__()
        self.weight = _weight(layer.matrix, 1)
        self.bias = nn.Parameter(layer.bias, requires_grad=False) if layer.biased else None

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        return _convolve(signal, self.weight, self.bias, 1, 1)


class _ConvolvedPairs(nn.Module):
    """`StreamingConvTranspose1d`: a convolution of two taps to all samples that follow from a pair of rows."""

    def __init__(self, layer: StreamingConvTranspose1d) -> None:
        super().__init__()
        self.start, self.memory = layer.start, layer.memory
        self.stride, self.channels = layer.stride, layer.channels
        self.weight = _weight(layer.matrix, 2)
        repeated = layer.bias.repeat(layer.stride)
        self.bias = nn.Parameter(repeated, requires_grad=False) if layer.biased else None

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        joined = self.memory(self.start(signal, clock), state)
        product = _convolve(joined, self.weight, self.bias, 1, 1)
        return product.reshape(signal.shape[0], signal.shape[1] * self.stride, self.channels)


def _weight(matrix: Tensor, taps: int) -> nn.Parameter:
    """`(taps * in, out)` as `(out, in, taps)`."""
    weight = matrix.view(taps, -1, matrix.shape[1]).permute(2, 1, 0).contiguous()
    return nn.Parameter(weight, requires_grad=False)


def _convolve(signal: Tensor, weight: Tensor, bias: Tensor | None, stride: int, dilation: int) -> Tensor:
    """Of `(batch, time, in)`, without padding, to `(batch, rows, out)`; what is left over at the end is not heard."""
    return functional.conv1d(signal.transpose(1, 2), weight, bias, stride, 0, dilation).transpose(1, 2)
