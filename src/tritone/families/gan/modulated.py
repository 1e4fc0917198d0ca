"""Convolutions whose input channels a style scales: StyleGAN2 (arXiv 1912.04958, section 2.2, equations 1 to 3).

The paper scales the weights of a sample's convolution by its style (1) and divides them by their norm for each output
channel (2, 3). As both act on whole channels, the same comes of scaling the input's channels, one convolution for the
whole batch, and scaling the output's channels; no weights are made for each sample.

Images are `(batch, channels, frames, rows)`, padded with zeros as in the paper. Sequences are circular and
`(batch, frames, channels)`: channels lie side by side, because there a convolution is one matrix product of each frame
beside its neighbours, on a CPU up to twice as fast as `conv1d`.

Doubling follows the paper: zeros between the inputs, convolution, then the blur [1, 3, 3, 1]. A transposed convolution
does the first two and multiplies with no zero, which halves the cost of interpolating before the convolution.
"""

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.families.gan.mapping import GAIN, SLOPE, EqualisedLinear

TAPS = 3


class Modulation(nn.Module):
    """A style `(batch, w)` as factors for the channels before and after a convolution with N(0, 1) weights."""

    def __init__(self, w: int, channels: int, taps: int) -> None:
        super().__init__()
        self.affine = EqualisedLinear(w, channels, bias=1.0)
        self.scale = 1 / sqrt(channels * taps)

    def before(self, style: Tensor) -> Tensor:
        """Factors `(batch, channels)` of the input: the style's (equation 1) times the equalised learning rate."""
        return self.affine(style) * self.scale

    @staticmethod
    def after(factors: Tensor, power: Tensor) -> Tensor:
        """Factors `(batch, outputs)` that demodulate (equation 3), for `before`'s and the weights' `power`.

        `power (channels, outputs)` is the sum of the squared weights over the taps.
        """
        with torch.autocast(factors.device.type, enabled=False):
            return (factors.square() @ power + 1e-8).rsqrt()


def power(weight: Tensor, dim: int) -> Tensor:
    """The sum of the squares of `weight` over its dimension `dim`; adds up in place of squaring all of it first."""
    first, *others = weight.unbind(dim)
    total = first.square()
    for other in others:
        total = torch.addcmul(total, other, other)
    return total


def following(sequence: Tensor) -> Tensor:
    """`(batch, frames, channels)` with each frame's successor in its place; the first follows the last."""
    return sequence.roll(-1, 1)


def preceding(sequence: Tensor) -> Tensor:
    """`(batch, frames, channels)` with each frame's predecessor in its place; the last precedes the first."""
    return sequence.roll(1, 1)


def interleaved(even: Tensor, odd: Tensor) -> Tensor:
    """Two `(batch, frames, channels)` frame by frame in turn: `(batch, 2 * frames, channels)`."""
    return torch.stack([even, odd], 2).flatten(1, 2)


def doubled(sequence: Tensor) -> Tensor:
    """`(batch, 2 * frames, channels)`: zeros between the frames, then the blur [1, 3, 3, 1] / 4, all circular.

    This is linear interpolation at the centres of the half frames: 3/4 of a frame and 1/4 of its nearer neighbour.
    """
    quarter = sequence * 0.25
    most = sequence * 0.75
    return interleaved(most + preceding(quarter), most + following(quarter))


class LoopConv(nn.Module):
    """Modulated circular convolution of kernel 3: `(batch, frames, inputs)` to `(batch, frames, outputs)`.

    With `up` it gives twice the frames. Noise `(batch, frames)` is added with a learned strength for each channel, then
    a bias, then leaky ReLU.
    """

    def __init__(self, inputs: int, outputs: int, w: int, *, up: bool = False) -> None:
        super().__init__()
        self.modulation = Modulation(w, inputs, TAPS)
        self.taps_at = 1 if up else 0
        shape = (inputs, TAPS, outputs) if up else (TAPS, inputs, outputs)
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.strength = nn.Parameter(torch.zeros(outputs))
        self.up = up

    def forward(self, sequence: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        before = self.modulation.before(style)
        after = self.modulation.after(before, power(self.weight, self.taps_at))
        scaled = sequence * before.to(sequence.dtype).unsqueeze(1)
        output = self._doubling(scaled) if self.up else self._plain(scaled)
        shift = torch.addcmul(self.bias, noise.unsqueeze(-1), self.strength) * GAIN
        output = torch.addcmul(shift.to(output.dtype), output, (after * GAIN).to(output.dtype).unsqueeze(1))
        return functional.leaky_relu(output, SLOPE, inplace=True)

    def _plain(self, scaled: Tensor) -> Tensor:
        return torch.cat([preceding(scaled), scaled, following(scaled)], -1) @ self.weight.flatten(0, 1)

    def _doubling(self, scaled: Tensor) -> Tensor:
        first, middle, last = (scaled @ self.weight.flatten(1)).chunk(TAPS, -1)
        pairs = interleaved(middle, first + following(last))
        pairs = pairs + preceding(pairs)  # the blur [1, 3, 3, 1] is [1, 1] here, then [1, 2, 1]
        return torch.add(pairs * 0.5, preceding(pairs) + following(pairs), alpha=0.25)


class LoopOutput(nn.Module):
    """A skip output: `(batch, frames, inputs)` to `(batch, frames, outputs)` by a modulated kernel of 1, in float32.

    As in the paper's skip generator its output is neither demodulated nor followed by a nonlinearity. Its weights start
    with the standard deviation `spread`.
    """

    def __init__(self, inputs: int, outputs: int, w: int, *, spread: float = 1.0) -> None:
        super().__init__()
        self.modulation = Modulation(w, inputs, 1)
        self.weight = nn.Parameter(torch.randn(inputs, outputs) * spread)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, sequence: Tensor, style: Tensor) -> Tensor:
        before = self.modulation.before(style).to(sequence.dtype).unsqueeze(1)
        return ((sequence * before) @ self.weight).to(self.bias.dtype) + self.bias


def blurred(image: Tensor, padding: tuple[int, int, int, int], gain: float) -> Tensor:
    """An image, padded with zeros, through the blur [1, 3, 3, 1] / 8 in both directions, times `gain`.

    `padding` as in `torch.nn.functional.pad`; the output is 3 smaller each way than the padded image.
    """
    channels = image.shape[1]
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=image.dtype, device=image.device) / 8 * sqrt(gain)
    image = functional.pad(image, padding)
    image = functional.conv2d(image, taps.view(1, 1, -1, 1).expand(channels, -1, -1, -1), groups=channels)
    return functional.conv2d(image, taps.view(1, 1, 1, -1).expand(channels, -1, -1, -1), groups=channels)


def doubled_image(image: Tensor) -> Tensor:
    """`(batch, channels, 2 * frames, 2 * rows)`: zeros between the places, then the blur, with zeros around."""
    spread = functional.pad(image[:, :, :, None, :, None], (0, 1, 0, 0, 0, 1)).flatten(4, 5).flatten(2, 3)
    return blurred(spread, (2, 1, 2, 1), 4.0)


class ImageConv(nn.Module):
    """Modulated 3 x 3 convolution of images `(batch, inputs, frames, rows)`, padded with zeros, as the paper.

    With `up` it gives twice the frames and rows. Noise `(batch, frames, rows)` of the output's size is added with one
    learned strength, then a bias, then leaky ReLU.
    """

    def __init__(self, inputs: int, outputs: int, w: int, *, up: bool = False) -> None:
        super().__init__()
        self.modulation = Modulation(w, inputs, TAPS**2)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, TAPS, TAPS))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.strength = nn.Parameter(torch.zeros(()))
        self.up = up

    def forward(self, image: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        before = self.modulation.before(style)
        after = self.modulation.after(before, power(self.weight.flatten(2), 2).T)
        scaled = image * before.to(image.dtype)[:, :, None, None]
        if self.up:
            output = functional.conv_transpose2d(scaled, self.weight.transpose(0, 1), stride=2)
            output = blurred(output, (1, 1, 1, 1), 4.0)
        else:
            output = functional.conv2d(scaled, self.weight, padding=1)
        shift = torch.addcmul(self.bias[:, None, None], noise.unsqueeze(1), self.strength) * GAIN
        output = torch.addcmul(shift.to(output.dtype), output, (after * GAIN).to(output.dtype)[:, :, None, None])
        return functional.leaky_relu(output, SLOPE, inplace=True)


class ImageOutput(nn.Module):
    """A skip output: images `(batch, inputs, frames, rows)` to `(batch, outputs, frames, rows)`; see `LoopOutput`."""

    def __init__(self, inputs: int, outputs: int, w: int) -> None:
        super().__init__()
        self.modulation = Modulation(w, inputs, 1)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, image: Tensor, style: Tensor) -> Tensor:
        before = self.modulation.before(style).to(image.dtype)[:, :, None, None]
        return functional.conv2d(image * before, self.weight).to(self.bias.dtype) + self.bias[:, None, None]
