"""A light generator of loops: StyleGAN2's skip generator (arXiv 1912.04958) over time alone, and a circle.

The bands of the spectrogram are channels, so a convolution covers all of them at once, as a chord or a drum does, at
a hundredth of what images cost. Every convolution, blur and doubling is circular: the last frame leads into the first,
and turning the constant and the noise turns the loop.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.families.gan.mapping import GAIN, SLOPE
from tritone.families.gan.modulated import LoopConv, LoopOutput, Modulation, doubled

MAPS = 4
"""Maps of the texture for each channel of sound."""


class Texture(nn.Module):
    """Detail over bands × frames: `(batch, frames, inputs)` to `(batch, frames, outputs, mels)`.

    The spectrum of anything noisy differs from band to band and from frame to frame at random. Noise that all bands of
    a frame share cannot make this, so here every band of every frame has its own. A style-modulated layer says for each
    place in a few maps how much of it passes; a 3 × 3 convolution, circular in time, gives it the grain that
    neighbouring bands and frames of a spectrogram have.
    """

    def __init__(self, inputs: int, outputs: int, mels: int, w: int, *, spread: float) -> None:
        super().__init__()
        self.mels, self.maps = mels, MAPS * outputs
        self.modulation = Modulation(w, inputs, 1)
        self.weight = nn.Parameter(torch.randn(inputs, mels * self.maps))
        self.bias = nn.Parameter(torch.zeros(mels * self.maps))
        self.strength = nn.Parameter(torch.zeros(self.maps, outputs))
        self.grain = nn.Parameter(torch.randn(2 * self.maps, self.maps, 3, 3))
        self.grain_bias = nn.Parameter(torch.zeros(2 * self.maps))
        self.mix = nn.Parameter(torch.randn(2 * self.maps, outputs) * spread)

    def forward(self, sequence: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        """`noise` is `(batch, frames, mels, outputs)`."""
        before = self.modulation.before(style)
        after = self.modulation.after(before, self.weight.square()).to(sequence.dtype).unsqueeze(1)
        maps = (sequence * before.to(sequence.dtype).unsqueeze(1)) @ self.weight
        maps = torch.addcmul(self.bias.to(maps.dtype), maps, after).unflatten(2, (self.mels, self.maps))
        maps = functional.leaky_relu(maps + (noise @ self.strength.T).to(maps.dtype), SLOPE, inplace=True)
        maps = torch.cat([maps[:, -1:], maps, maps[:, :1]], 1).permute(0, 3, 1, 2)
        scale = GAIN**2 / (9 * self.maps) ** 0.5  # with the gains of the activations before and after
        maps = functional.conv2d(maps, self.grain * scale, self.grain_bias * GAIN, padding=(0, 1))
        maps = functional.leaky_relu(maps, SLOPE, inplace=True).permute(0, 2, 3, 1)
        return (maps @ (self.mix / (2 * self.maps) ** 0.5)).to(self.bias.dtype).transpose(2, 3)


class LoopGenerator(nn.Module):
    """Styles `(batch, layers, w)` and noise `(batch, noise_size)` to spectrograms `(batch, outputs, mels, frames)`.

    A learned constant of `start` frames is doubled once for every entry of `channels` after the first (the lowest
    resolution comes first). Resolution r has two convolutions with the styles 2r and 2r + 1, and an output with the
    style 2r + 1. The texture shares the last style. Outputs start so small that their sum has about unit variance, as
    the spectrograms have that it learns from.
    """

    def __init__(self, channels: Sequence[int], outputs: int, mels: int, w: int, *, start: int) -> None:
        super().__init__()
        self.channels, self.mels = outputs, mels
        self.layers = 2 * len(channels)
        self.frames = start * 2 ** (len(channels) - 1)
        self.const = nn.Parameter(torch.randn(start, channels[0]))
        convs: list[LoopConv] = []
        for level, count in enumerate(channels):
            convs += [LoopConv(channels[max(level - 1, 0)], count, w, up=level > 0), LoopConv(count, count, w)]
        self.convs = nn.ModuleList(convs)
        spread = (2 * len(channels)) ** -0.5  # a fresh style's factors have a mean square of 2
        self.outputs = nn.ModuleList(LoopOutput(count, outputs * mels, w, spread=spread) for count in channels)
        self.texture = Texture(channels[-1], outputs, mels, w, spread=spread)
        self.lines = tuple(start << layer // 2 for layer in range(self.layers))
        self.noise_size = sum(self.lines) + self.frames * mels * outputs

    def forward(self, styles: Tensor, noise: Tensor) -> Tensor:
        *lines, grain = noise.split([*self.lines, self.noise_size - sum(self.lines)], 1)
        sequence = self.const.expand(styles.shape[0], -1, -1)
        spectrum: Tensor | None = None
        for layer, (conv, line) in enumerate(zip(self.convs, lines, strict=True)):
            sequence = conv(sequence, styles[:, layer], line)
            if layer % 2 == 1:
                output = self.outputs[layer // 2](sequence, styles[:, layer])
                spectrum = output if spectrum is None else doubled(spectrum) + output
        assert spectrum is not None
        shape = (self.frames, self.mels, self.channels)
        detail = self.texture(sequence, styles[:, -1], grain.unflatten(1, shape))
        return (spectrum.unflatten(2, (self.channels, self.mels)) + detail).permute(0, 2, 3, 1)
