"""musicnn's small "vgg" music taggers, trained on MagnaTagATune or the Million Song Dataset.

Paper: Pons and Serra, musicnn: pre-trained convolutional neural networks for music audio tagging, arXiv 1909.06654.
Weights: ISC licence; see assets/LICENSES.md. At 16 kHz, 3 seconds a window.
"""

import json

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional

from tritone.assets import NETWORKS
from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.nn.feature_networks.front import FrontEnd
from tritone.signal.mel import mel_filters

RATE, TRANSFORM, HOP, BANDS = 16_000, 512, 256, 96
POOLS = ((1, 4, 1, 2), (2, 2, 2, 2), (2, 2, 2, 2), (2, 2, 2, 2), (4, 4, 4, 4))
"""Bands and frames of each maximum, and how far apart (the first convolution already skips every other band)."""


def shipped(name: str) -> "Musicnn":
    """The tagger that ships under `musicnn-mtt` or `musicnn-msd`."""
    with safe_open(NETWORKS / f"{name}.safetensors", framework="pt") as file:
        network = Musicnn(tuple(json.loads(file.metadata()["tags"])))
        network.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


class Musicnn(FeatureNetwork):
    """Five times convolution, maximum, batch norm (folded: see `_Block`); maps are the first four outputs."""

    sample_rate = RATE
    frame_rate = RATE / HOP
    window_frames = 187
    widths = (128, 128, 128, 128)
    dims = 256
    input_scale: Tensor
    input_shift: Tensor

    def __init__(self, tags: tuple[str, ...]) -> None:
        """`tags` are the names of the outputs of `tags`."""
        super().__init__()
        self.tag_names = tags
        half = TRANSFORM // 2
        filters = mel_filters(RATE, TRANSFORM, BANDS)
        self.front = FrontEnd(
            rate=RATE, window=torch.hann_window(TRANSFORM), transform=TRANSFORM, hop=HOP, filters=filters,
            left=half, right=half, reflect=True,
        )  # fmt: skip
        for part in ("input_scale", "input_shift"):
            self.register_buffer(part, torch.zeros(()))
        self.blocks = nn.ModuleList(_Block(128 if index else 1, 128, pool) for index, pool in enumerate(POOLS))
        self.dense = nn.Linear(self.dims, len(tags))

    def compress(self, mel: Tensor) -> Tensor:
        """log10(1 + 10000 mel)."""
        return torch.log10(1 + 10_000 * mel)

    def maps(self, spectrogram: Tensor, count: int = 4) -> list[Tensor]:
        """See `FeatureNetwork.maps`: 48, 24, 12 and 6 bands of each 2nd, 4th, 8th and 16th frame; from 19 frames."""
        signal = (spectrogram * self.input_scale + self.input_shift)[:, None]
        found = []
        for block in self.blocks[:count]:
            signal = block(signal)
            found.append(signal)
        return found

    def embed_windows(self, windows: Tensor) -> Tensor:
        """The input of the last layer: places in time, then channels."""
        return self.blocks[4](self.maps(windows)[-1]).permute(0, 3, 2, 1).flatten(1)

    def tags(self, spectrogram: Tensor) -> Tensor:
        """Probability `(batch, tags)` of each of `tag_names`: the mean over windows, as `embed` lays them."""
        return self.over_windows(spectrogram, lambda windows: self.dense(self.embed_windows(windows)).sigmoid())


class _Block(nn.Module):
    """Convolution, ReLU, batch norm and maximum, rearranged without changing the result.

    Batch norm follows ReLU: y = a max(z, 0) + b by channel. a is folded into the convolution; where it is negative,
    y - b is min(a z, 0). Both are monotone in a z, so the maximum over places comes first, and what follows has a
    quarter as many values: y = s max(s m, 0) + b with s the sign of a and m the maximum of a z.
    """

    shift: Tensor
    sign: Tensor

    def __init__(self, before: int, after: int, pool: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.pool = pool
        self.conv = nn.Conv2d(before, after, 3, stride=(2, 1) if before == 1 else 1, padding=1)
        for name in ("shift", "sign"):
            self.register_buffer(name, torch.zeros(after, 1, 1))

    def forward(self, signal: Tensor) -> Tensor:
        signal = self.conv(signal)
        most = _most_of_four(signal) if self.pool == POOLS[0] else _most(signal, self.pool)
        sign, shift = self.sign.to(most), self.shift.to(most)
        return torch.addcmul(shift, functional.relu(most * sign), sign)


def _most(signal: Tensor, pool: tuple[int, int, int, int]) -> Tensor:
    return functional.max_pool2d(signal, pool[:2], pool[2:])


def _most_of_four(signal: Tensor) -> Tensor:
    """The maximum over 4 frames at every second frame; three times faster in pairs where no gradient is wanted."""
    if signal.requires_grad:
        return _most(signal, POOLS[0])
    even = signal.shape[-1] // 2 * 2
    pairs = torch.maximum(signal[..., 0:even:2], signal[..., 1:even:2])
    return torch.maximum(pairs[..., :-1], pairs[..., 1:])
