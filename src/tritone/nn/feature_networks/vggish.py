"""VGGish: general sound, 0.96 seconds to 128 numbers. Weights from the user's file, in torchvggish's layout.

Paper: Hershey et al., CNN architectures for large-scale audio classification, arXiv 1609.09430.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.nn.feature_networks.front import FrontEnd
from tritone.nn.feature_networks.weights import fill, read_weights
from tritone.signal.mel import hertz_to_mel

RATE, WINDOW, HOP, TRANSFORM, MELS = 16_000, 400, 160, 512, 64
LOWEST, HIGHEST = 125.0, 7_500.0
FRAMES = 96
CHANNELS = (64, 128, 256, 256, 512, 512)
POOLED = (0, 1, 3, 5)
"""Convolutions after which neighbouring places are pooled."""
PLACES = (0, 3, 6, 8, 11, 13)
"""Where the convolutions stand in the file, as features.N."""
DENSE = (4096, 4096, 128)
DENSE_PLACES = (0, 2, 4)
"""Where the dense layers stand, as embeddings.N."""


class VGGish(FeatureNetwork):
    """Eleven weight layers: 3 x 3 convolutions with ReLU, each block halved by its maxima, and three dense layers.

    The maps are those after each pooling. An embedding is the last layer before its ReLU, as in Google's VGGish; the
    PCA of YouTube-8M is not applied. Spectrogram: ln(mel + 0.01), magnitudes of 25 ms every 10 ms, 64 bands.
    """

    offset = 0.01

    def __init__(self) -> None:
        super().__init__()
        self.name = "vggish"
        self.sample_rate, self.frame_rate, self.window_frames = RATE, RATE / HOP, FRAMES
        self.widths, self.dims = (64, 128, 256, 512), DENSE[-1]
        self.front = audioset_front()
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise((1, *CHANNELS)))
        size = CHANNELS[-1] * (MELS // 16) * (FRAMES // 16)
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise((size, *DENSE)))

    def compress(self, mel: Tensor) -> Tensor:
        """ln(mel + 0.01)."""
        return (mel + self.offset).log()

    def maps(self, spectrogram: Tensor, count: int = 4) -> list[Tensor]:
        """After the first `count` poolings; an odd last band or frame falls away, as in the original."""
        signal = spectrogram[:, None]
        found: list[Tensor] = []
        for number, layer in enumerate(self.convolutions):
            if len(found) == count:
                break
            signal = functional.relu(layer(signal))
            if number in POOLED:
                signal = functional.max_pool2d(signal, 2)
                found.append(signal)
        return found

    def embed_windows(self, windows: Tensor) -> Tensor:
        """Embeddings `(count, 128)`; the dense layers read frames, then bands, then channels."""
        signal = self.maps(windows)[-1].permute(0, 3, 2, 1).flatten(1)
        first, second, last = self.dense
        return last(functional.relu(second(functional.relu(first(signal)))))


def load(path: Path) -> VGGish:
    """VGGish with the weights in a .pth or .safetensors file. UserError where the file is something else."""
    network, weights = VGGish(), read_weights(path)
    names = [*(f"features.{place}" for place in PLACES), *(f"embeddings.{place}" for place in DENSE_PLACES)]
    for layer, name in zip((*network.convolutions, *network.dense), names, strict=True):
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        fill(layer, weights, name, path)
    network.freeze()
    return network


def audioset_front() -> FrontEnd:
    """Sound at 16 kHz to mel magnitudes as VGGish and YAMNet were trained on; only whole windows are looked at."""
    return FrontEnd(
        rate=RATE, window=torch.hann_window(WINDOW), transform=TRANSFORM, hop=HOP, filters=audioset_filters(), power=1
    )


def audioset_filters() -> Tensor:
    """Filters `(64, 257)`: triangles that are straight over mel (HTK), not over Hertz; nothing of bin 0."""
    mel = hertz_to_mel(np.arange(TRANSFORM // 2 + 1) * RATE / TRANSFORM, "htk")
    low, high = hertz_to_mel([LOWEST, HIGHEST], "htk").tolist()
    edges = np.linspace(low, high, MELS + 2)
    spacing = edges[1] - edges[0]
    filters = np.maximum(0, 1 - np.abs(mel - edges[1:-1, None]) / spacing)
    filters[:, 0] = 0
    return torch.from_numpy(filters).float()
