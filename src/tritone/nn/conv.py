"""One-dimensional convolutions whose padding, lag and reach are known, and which run fast on a CPU.

Padding is chosen so that a stride-1 layer keeps its length and a layer of stride r divides it by r exactly:

- centred: an effective kernel of p samples looks (p - 1) // 2 samples back and p // 2 ahead;
- causal: it looks p - 1 samples back and none ahead.

`lag(before)` tells by how many of its output samples a live version of the layer (`tritone.nn.streaming`) runs behind
the offline one, where its input runs `before` input samples behind and comes in blocks of whole output samples: the
least number that leaves enough of the future in every block. `reach` tells which inputs a range of outputs depends on.
`ratio` is output rate over input rate. Networks compose these in `tritone.nn.blocks`.

Tensors are `(batch, channels, time)`. Every layer accepts any memory layout and keeps it. Channels next to each other
in memory (`fastest_layout`) spare oneDNN the reordering between layers: up to twice as fast in bfloat16 and in
inference, while float32 training is a little faster in the usual layout. Convolutions are issued as two-dimensional
ones of height 1, because PyTorch keeps the layout of those alone.
"""

from fractions import Fraction

import torch
from torch import Tensor, nn
from torch.nn import functional


def fastest_layout(signal: Tensor) -> Tensor:
    """The same `(batch, channels, time)` tensor in the memory layout in which the layers behind it are fastest."""
    if torch.is_grad_enabled() and not torch.is_autocast_enabled(signal.device.type):
        return signal.contiguous()
    return channels_last(signal)


def channels_last(signal: Tensor) -> Tensor:
    """The same `(batch, channels, time)` tensor, laid out in memory as `(batch, time, channels)`."""
    return signal.transpose(1, 2).contiguous().transpose(1, 2)


def _is_channels_last(signal: Tensor) -> bool:
    """Whether the channels of a `(batch, channels, time)` tensor lie next to each other in memory."""
    return signal.stride(1) == 1 and signal.shape[1] > 1


class Conv1d(nn.Conv1d):
    """Convolution of `(batch, in_channels, time)` to `(batch, out_channels, time / stride)` where that is whole."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
        causal: bool = False,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel, stride=stride, dilation=dilation, groups=groups, bias=bias)
        span = (kernel - 1) * dilation + 1
        self.left = span - 1 if causal else (span - 1) // 2
        self.right = span - 1 - self.left

    def forward(self, signal: Tensor) -> Tensor:
        image = signal.unsqueeze(2)
        both = min(self.left, self.right)
        if self.left != self.right:
            image = functional.pad(image, (self.left - both, self.right - both))
        output = functional.conv2d(
            image,
            self.weight.unsqueeze(2),
            self.bias,
            stride=(1, self.stride[0]),
            padding=(0, both),
            dilation=(1, self.dilation[0]),
            groups=self.groups,
        )
        return output.squeeze(2)

    def lag(self, before: int) -> int:
        """Output samples by which a stream runs behind, when its input runs `before` samples behind."""
        return (before + self.right) // self.stride[0]

    @property
    def ratio(self) -> Fraction:
        """Output rate over input rate."""
        return Fraction(1, self.stride[0])

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last input sample on which the outputs `first` to `last` depend."""
        return first * self.stride[0] - self.left, last * self.stride[0] + self.right


class ConvTranspose1d(nn.ConvTranspose1d):
    """Upsampling of `(batch, in_channels, time)` to `(batch, out_channels, time * stride)` by a kernel of 2 * stride.

    The output is cut so that it is centred: it looks stride // 2 samples ahead at the *output* rate, in a causal
    network too (there this is the delay that is left). As every output sample is made of two neighbouring inputs, a
    tensor with its channels side by side is upsampled by one matrix product of each input beside its predecessor.
    """

    def __init__(self, in_channels: int, out_channels: int, *, stride: int, bias: bool = False) -> None:
        super().__init__(in_channels, out_channels, 2 * stride, stride=stride, bias=bias)
        self.ahead = stride // 2

    def forward(self, signal: Tensor) -> Tensor:  # type: ignore[override]
        samples = signal.shape[-1] * self.stride[0]
        if not _is_channels_last(signal):
            output = functional.conv_transpose1d(signal, self.weight, self.bias, self.stride, self.ahead)
            return output[..., :samples]
        early, late = self.weight.split(self.stride[0], -1)
        matrix = torch.cat([early, late]).transpose(1, 2).flatten(1)
        framed = functional.pad(signal.transpose(1, 2), (0, 0, 1, 1))
        pairs = torch.cat([framed[:, 1:], framed[:, :-1]], -1)
        output = (pairs @ matrix).view(signal.shape[0], -1, self.out_channels)
        output = output[:, self.ahead : self.ahead + samples].transpose(1, 2)
        return output if self.bias is None else output + self.bias[:, None]

    def lag(self, before: int) -> int:
        """Output samples by which a stream runs behind, when its input runs `before` samples behind."""
        return before * self.stride[0] + self.ahead

    @property
    def ratio(self) -> Fraction:
        """Output rate over input rate."""
        return Fraction(self.stride[0])

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last input sample on which the outputs `first` to `last` depend."""
        stride = self.stride[0]
        return (first + self.ahead) // stride - 1, (last + self.ahead) // stride
