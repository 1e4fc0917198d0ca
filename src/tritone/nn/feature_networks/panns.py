"""PANNs' Cnn14: general sound to 2048 numbers. Weights from the user's file, as its authors published them.

Paper: Kong et al., PANNs: large-scale pretrained audio neural networks for audio pattern recognition, arXiv 1912.10211.
"""

from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.nn.feature_networks.front import FrontEnd
from tritone.nn.feature_networks.weights import fill, fill_normalised, normalisation, read_weights
from tritone.signal.mel import mel_filters

RATE, WINDOW, HOP, MELS = 32_000, 1024, 320, 64
LOWEST, HIGHEST = 50.0, 14_000.0
FLOOR = 1e-10
FRAMES = 1001
"""Ten seconds, as in AudioSet."""
WIDTHS = (64, 128, 256, 512, 1024, 2048)
EPSILON = 1e-5


class Cnn14(FeatureNetwork):
    """Six blocks of two 3 x 3 convolutions (batch norm folded in), each block but the last halved by its means; then
    the mean over bands, maximum plus mean over time, and one dense layer with ReLU: the embedding.

    The maps are those after each of the first four poolings. Spectrogram: 10 log10 of mel power, 64 bands.
    """

    gain: Tensor
    bias: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.name = "panns"
        self.sample_rate, self.frame_rate, self.window_frames = RATE, RATE / HOP, FRAMES
        self.widths, self.dims = (64, 128, 256, 512), WIDTHS[-1]
        self.front = FrontEnd(
            rate=RATE,
            window=torch.hann_window(WINDOW),
            transform=WINDOW,
            hop=HOP,
            filters=mel_filters(RATE, WINDOW, MELS, LOWEST, HIGHEST),
            left=WINDOW // 2,
            right=WINDOW // 2,
            reflect=True,
        )
        self.register_buffer("gain", torch.ones(MELS))
        self.register_buffer("bias", torch.zeros(MELS))
        self.blocks = nn.ModuleList(_Block(before, after) for before, after in pairwise((1, *WIDTHS)))
        self.dense = nn.Linear(WIDTHS[-1], WIDTHS[-1])

    def compress(self, mel: Tensor) -> Tensor:
        """Decibels: 10 log10, not below -100."""
        return 10 * mel.clamp(min=FLOOR).log10()

    def maps(self, spectrogram: Tensor, count: int = 4) -> list[Tensor]:
        """After the first `count` poolings; an odd last band or frame falls away, as in the original."""
        return self._blocks(spectrogram, count)

    def embed_windows(self, windows: Tensor) -> Tensor:
        """Embeddings `(count, 2048)`."""
        over_time = self._blocks(windows, len(self.blocks))[-1].mean(2)
        return functional.relu(self.dense(over_time.amax(2) + over_time.mean(2)))

    def _blocks(self, spectrogram: Tensor, count: int) -> list[Tensor]:
        signal = (spectrogram * self.gain[:, None] + self.bias[:, None])[:, None]
        found = []
        for number, block in enumerate(self.blocks[:count]):
            signal = block(signal)
            if number < len(self.blocks) - 1:
                signal = functional.avg_pool2d(signal, 2)
            found.append(signal)
        return found


class _Block(nn.Module):
    """relu(conv(relu(conv(x))))."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, padding=1)
        self.second = nn.Conv2d(after, after, 3, padding=1)

    def forward(self, signal: Tensor) -> Tensor:
        return functional.relu(self.second(functional.relu(self.first(signal))))


def load(path: Path) -> Cnn14:
    """Cnn14 with the weights in a .pth or .safetensors file. UserError where the file is something else."""
    network, weights = Cnn14(), read_weights(path)
    gain, bias = normalisation(weights, "bn0", MELS, EPSILON, path)
    network.gain.copy_(gain)
    network.bias.copy_(bias)
    for number, block in enumerate(network.blocks, 1):
        assert isinstance(block, _Block)
        for place, layer in enumerate((block.first, block.second), 1):
            name = f"conv_block{number}"
            fill_normalised(layer, weights, f"{name}.conv{place}", f"{name}.bn{place}", EPSILON, path)
    fill(network.dense, weights, "fc1", path)
    network.freeze()
    return network
