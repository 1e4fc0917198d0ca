"""The generator of the projected loop GAN (arXiv 2209.01751): StyleGAN2's skip generator (arXiv 1912.04958, figure 7b).

A mel spectrogram is an image of frames × rows, padded with zeros at all four edges.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tritone.families.gan.modulated import ImageConv, ImageOutput, doubled_image


class ImageGenerator(nn.Module):
    """Styles `(batch, layers, w)` and noise `(batch, noise_size)` to spectrograms `(batch, outputs, mels, frames)`.

    A learned constant of `start` frames and `rows` rows is doubled once for every entry of `channels` after the first
    (the lowest resolution comes first). The paper's model has start 12, rows 4 and five times 512 channels: 64 bands,
    192 frames. Style 0 is the first convolution's; resolution r after the first has the styles 2r - 1, 2r and, for its
    output, 2r + 1, which is also the next doubling's.
    """

    def __init__(self, channels: Sequence[int], outputs: int, w: int, *, start: int, rows: int) -> None:
        super().__init__()
        self.layers = 2 * len(channels)
        self.lines: tuple[int, ...] = ()
        self.frames = start * 2 ** (len(channels) - 1)
        self.const = nn.Parameter(torch.randn(channels[0], start, rows))
        self.sizes = [(start, rows)]
        convs = [ImageConv(channels[0], channels[0], w)]
        for level in range(1, len(channels)):
            before, after = channels[level - 1 : level + 1]
            convs += [ImageConv(before, after, w, up=True), ImageConv(after, after, w)]
            self.sizes += 2 * [(start << level, rows << level)]
        self.convs = nn.ModuleList(convs)
        self.outputs = nn.ModuleList(ImageOutput(count, outputs, w) for count in channels)
        self.noise_size = sum(frames * rows for frames, rows in self.sizes)

    def forward(self, styles: Tensor, noise: Tensor) -> Tensor:
        planes = [
            plane.unflatten(1, size)
            for plane, size in zip(noise.split([h * w for h, w in self.sizes], 1), self.sizes, strict=True)
        ]
        image = self.const.expand(styles.shape[0], -1, -1, -1)
        picture: Tensor | None = None
        for layer, (conv, plane) in enumerate(zip(self.convs, planes, strict=True)):
            image = conv(image, styles[:, layer], plane)
            if layer % 2 == 0:
                output = self.outputs[layer // 2](image, styles[:, layer + 1])
                picture = output if picture is None else _doubled(picture) + output
        assert picture is not None
        return picture.transpose(2, 3)


def _doubled(picture: Tensor) -> Tensor:
    with torch.autocast(picture.device.type, enabled=False):
        return doubled_image(picture)
