"""aisfx: a network for sound effects and sounds in general, trained across datasets of labelled effects at 44.1 kHz.

Paper: Ma and Lerch, Representation Learning for the Automatic Indexing of Sound Effects Libraries, ISMIR 2022 (the
model X-Sequential-CE, whose trunk is Cnn9 of arXiv 1808.00773). Weights: CC BY 4.0; see assets/LICENSES.md.
"""

from itertools import pairwise

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from tritone.assets import NETWORKS
from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.nn.feature_networks.front import FrontEnd
from tritone.signal.mel import hertz_to_mel

RATE, TRANSFORM, HOP, BANDS = 44_100, 2048, 1024, 96
LOUDEST = 9.457798957824707
"""The largest compressed value of the training data, by which everything is divided."""
CHANNELS = (1, 64, 64, 128, 128, 256, 256, 512, 512)


def shipped(name: str) -> "Aisfx":
    """The network that ships under `aisfx`; its weights are stored as float16 and used as float32."""
    network = Aisfx()
    network.load_state_dict(load_file(NETWORKS / f"{name}.safetensors"))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


class Aisfx(FeatureNetwork):
    """Four blocks of two convolutions, whose batch norm is folded into them; maps are the outputs of the blocks."""

    sample_rate = RATE
    frame_rate = RATE / HOP
    window_frames = 100
    widths = (64, 128, 256, 512)
    dims = 512

    def __init__(self) -> None:
        super().__init__()
        self.front = FrontEnd(
            rate=RATE,
            window=torch.hann_window(TRANSFORM, periodic=False),
            transform=TRANSFORM,
            hop=HOP,
            filters=warped_filters(),
            left=TRANSFORM // 2,
            right=TRANSFORM - 1,
        )
        self.convs = nn.ModuleList(nn.Conv2d(before, after, 3, padding=1) for before, after in pairwise(CHANNELS))

    def compress(self, mel: Tensor) -> Tensor:
        """log10(1 + 10000 mel) over its largest value in the training data."""
        return torch.log10(1 + 10_000 * mel) / LOUDEST

    def maps(self, spectrogram: Tensor, count: int = 4) -> list[Tensor]:
        """See `FeatureNetwork.maps`: 48, 24, 12 and 12 bands of each 2nd, 4th, 8th and 8th frame; from 8 frames."""
        signal, found = spectrogram[:, None], []
        for block in range(count):
            signal = functional.relu(self.convs[2 * block](signal))
            signal = self.convs[2 * block + 1](signal)
            if block < 3:
                signal = functional.max_pool2d(signal, 2)
            signal = functional.relu(signal)
            found.append(signal)
        return found

    def embed_windows(self, windows: Tensor) -> Tensor:
        """The mean over bands of the last map, then its maximum over time."""
        return self.maps(windows)[-1].mean(2).amax(2)


def warped_filters() -> Tensor:
    """Essentia's default MelBands `(bands, bins)`: triangles on the HTK mel scale, straight in mel, not in Hertz, whose
    weights sum to 1 over the transform's bins.
    """
    place = torch.from_numpy(hertz_to_mel(torch.arange(TRANSFORM // 2 + 1) * RATE / TRANSFORM, "htk"))
    step = float(hertz_to_mel(RATE / 2, "htk")) / (BANDS + 1)
    centres = torch.arange(1, BANDS + 1, dtype=torch.float64) * step
    filters = (1 - (place - centres[:, None]).abs() / step).clamp(min=0)
    return filters / filters.sum(1, keepdim=True)
