"""YAMNet: general sound, 0.96 seconds to 1024 numbers, light enough for a CPU. Weights from the user's file.

Plakal and Ellis, YAMNet (Google, 2019), which is MobileNet v1 (Howard et al., arXiv 1704.04861) on VGGish's
spectrogram. The file is a torch port's: layerN.fused, layerN.depthwise_conv, layerN.pointwise_conv, each .conv and .bn.
"""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.nn.feature_networks.vggish import FRAMES, HOP, RATE, audioset_front
from tritone.nn.feature_networks.weights import fill_normalised, read_weights

EPSILON = 1e-4
FIRST = 32
LAYERS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
    (1024, 2), (1024, 1),
)  # fmt: skip
"""Channels and stride of the separable convolutions after the first, ordinary one."""
SHOWN = (0, 2, 4, 10)
"""Separable convolutions after which the maps are taken: the last at each of four resolutions."""


class YAMNet(FeatureNetwork):
    """A convolution and 13 separable ones (batch norm folded in), ReLU after each; the embedding is their mean.

    The maps are the last ones at 1/2, 1/4, 1/8 and 1/16 of the bands and frames. Spectrogram: ln(mel + 0.001),
    otherwise as VGGish's.
    """

    offset = 0.001

    def __init__(self) -> None:
        super().__init__()
        self.name = "yamnet"
        self.sample_rate, self.frame_rate, self.window_frames = RATE, RATE / HOP, FRAMES
        self.widths, self.dims = (64, 128, 256, 512), LAYERS[-1][0]
        self.front = audioset_front()
        self.first = nn.Conv2d(1, FIRST, 3, 2)
        before = (FIRST, *(width for width, _ in LAYERS))
        self.layers = nn.ModuleList(_Separable(*each) for each in zip(before, *zip(*LAYERS, strict=True), strict=False))

    def compress(self, mel: Tensor) -> Tensor:
        """ln(mel + 0.001)."""
        return (mel + self.offset).log()

    def maps(self, spectrogram: Tensor, count: int = 4) -> list[Tensor]:
        """The first `count` maps, of any number of frames."""
        return self._after(spectrogram, SHOWN[:count])

    def embed_windows(self, windows: Tensor) -> Tensor:
        """Embeddings `(count, 1024)`."""
        return self._after(windows, (len(LAYERS) - 1,))[0].mean((2, 3))

    def _after(self, spectrogram: Tensor, places: Sequence[int]) -> list[Tensor]:
        """Outputs of the separable convolutions at `places`, which rise."""
        signal, found = _same(self.first, spectrogram[:, None]), []
        for number in range(places[-1] + 1):
            signal = self.layers[number](signal)
            if number in places:
                found.append(signal)
        return found


class _Separable(nn.Module):
    """A convolution within each channel, and one across channels at each place."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(before, before, 3, stride, groups=before)
        self.pointwise = nn.Conv2d(before, after, 1)

    def forward(self, signal: Tensor) -> Tensor:
        return functional.relu(self.pointwise(_same(self.depthwise, signal)))


def load(path: Path) -> YAMNet:
    """YAMNet with the weights in a .pth or .safetensors file. UserError where the file is something else."""
    network, weights = YAMNet(), read_weights(path)
    layers = [(network.first, "layer1.fused")]
    for number, layer in enumerate(network.layers, 2):
        assert isinstance(layer, _Separable)
        name = f"layer{number}"
        layers += [(layer.depthwise, f"{name}.depthwise_conv"), (layer.pointwise, f"{name}.pointwise_conv")]
    for convolution, name in layers:
        fill_normalised(convolution, weights, f"{name}.conv", f"{name}.bn", EPSILON, path)
    network.freeze()
    return network


def _same(layer: nn.Conv2d, signal: Tensor) -> Tensor:
    """relu(layer(signal)), padded as TensorFlow's SAME: ceil(size / stride) outputs, an odd zero goes to the end."""
    padding = [_padding(size, layer.stride[0]) for size in signal.shape[-2:]]
    sides = [side for whole in reversed(padding) for side in (whole // 2, whole - whole // 2)]
    return functional.relu(layer(functional.pad(signal, sides)))


def _padding(size: int, stride: int) -> int:
    """Zeros at both ends together, for a kernel of 3."""
    return max(0, (ceil(size / stride) - 1) * stride + 3 - size)
