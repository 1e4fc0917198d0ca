"""EnCodec's encoder, as an embedding for judges. Weights from the user's file or folder; nothing is ever downloaded.

Paper: Défossez et al., High fidelity neural audio compression, arXiv 2210.13438, section 3.1, whose convolutional
encoder is SEANet's (arXiv 2009.02095) with an LSTM behind it. The published models are one for mono at 24 kHz and one
for stereo at 48 kHz. It hears sound, not spectrograms, and so is no `FeatureNetwork`: no discriminator can use it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

from tritone.errors import UserError
from tritone.nn.feature_networks.front import resample
from tritone.nn.feature_networks.weights import read_weights, take

FILTERS, STRIDES, DIMS = 32, (2, 4, 5, 8), 128
KERNEL, RESIDUAL_KERNEL = 7, 3
HOP = 320
"""Samples for each frame of the encoder's output: the product of the strides."""
FILE = "model.safetensors"
"""The weights in a folder that transformers wrote."""
LEAST = 1e-8
"""Added to the level by which the 48 kHz model divides a second of sound."""


@dataclass(frozen=True)
class Kind:
    """What tells the two published models apart."""

    rate: int
    channels: int
    causal: bool
    """Whether a frame depends on no later sound."""
    normalised: bool
    """Whether group norm of one group follows each convolution, and each second is brought to unit level."""


MONO = Kind(24_000, 1, causal=True, normalised=False)
STEREO = Kind(48_000, 2, causal=False, normalised=True)


class Encodec(nn.Module):
    """Four times a residual block and a strided convolution, which doubles the channels; an LSTM; a last convolution.

    Sound `(batch, channels, time)` at `rate` to frames `(batch, 128, ceil(time / 320))`.
    """

    dims = DIMS

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind, self.rate, self.channels = kind, kind.rate, kind.channels
        layers: list[nn.Module] = [_Conv(kind, kind.channels, FILTERS, KERNEL)]
        width = FILTERS
        for stride in STRIDES:
            layers += [_Residual(kind, width), nn.ELU(), _Conv(kind, width, 2 * width, 2 * stride, stride)]
            width *= 2
        layers += [_Memory(width), nn.ELU(), _Conv(kind, width, DIMS, KERNEL)]
        self.layers = nn.ModuleList(layers)

    def fitting(self, audio: Tensor, rate: int) -> Tensor:
        """`audio (batch, channels, time)` at any `rate` with this model's rate and channels: mixed to mono, or mono
        sound doubled.
        """
        mixed = audio.mean(1, keepdim=True) if self.channels == 1 or audio.shape[1] > 2 else audio
        parts = resample(mixed.flatten(0, 1).float(), rate, self.rate).unflatten(0, mixed.shape[:2])
        return parts.expand(-1, self.channels, -1)

    def forward(self, audio: Tensor) -> Tensor:
        """Frames of sound at `rate`; the 48 kHz model takes a second or less at a time, as it was trained."""
        if self.kind.normalised:
            audio = audio / (audio.mean(1, keepdim=True).square().mean(2, keepdim=True).sqrt() + LEAST)
        for layer in self.layers:
            audio = layer(audio)
        return audio


class _Conv(nn.Module):
    """A convolution of which every `stride` samples, also begun ones, give one frame; the ends are mirrored."""

    def __init__(self, kind: Kind, before: int, after: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.causal, self.stride, self.margin = kind.causal, stride, kernel - stride
        self.conv = nn.Conv1d(before, after, kernel, stride)
        self.norm = nn.GroupNorm(1, after) if kind.normalised else nn.Identity()

    def forward(self, signal: Tensor) -> Tensor:
        right = 0 if self.causal else self.margin // 2
        left, missing = self.margin - right, -signal.shape[-1] % self.stride
        return self.norm(self.conv(_mirrored(signal, left, right + missing)))


class _Residual(nn.Module):
    """conv(elu(conv(elu(x)))) of half the channels, and a convolution of x past them."""

    def __init__(self, kind: Kind, width: int) -> None:
        super().__init__()
        self.first = _Conv(kind, width, width // 2, RESIDUAL_KERNEL)
        self.second = _Conv(kind, width // 2, width, 1)
        self.short = _Conv(kind, width, width, 1)

    def forward(self, signal: Tensor) -> Tensor:
        inner = self.first(functional.elu(signal))
        return self.short(signal) + self.second(functional.elu(inner))


class _Memory(nn.Module):
    """x + LSTM(x), two layers, forward in time."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width, 2, batch_first=True)

    def forward(self, signal: Tensor) -> Tensor:
        frames = signal.transpose(1, 2)
        return (frames + self.lstm(frames)[0]).transpose(1, 2)


def _mirrored(signal: Tensor, left: int, right: int) -> Tensor:
    """Mirrored at both ends; what is too short for that is followed by silence first, of which nothing else is kept."""
    lacking = max(0, max(left, right) + 1 - signal.shape[-1])
    padded = functional.pad(functional.pad(signal, (0, lacking)), (left, right), mode="reflect")
    return padded[..., : padded.shape[-1] - lacking]


def load(path: Path) -> Encodec:
    """EnCodec's encoder with the weights in a file (.safetensors, .th, .pth or .bin) or a folder with one, laid out as
    the authors' package or as transformers; which of the two models it is follows from its channels.

    UserError where it is something else. Nothing but tensors is unpickled.
    """
    source = path / FILE if path.is_dir() else path
    weights = {_our_name(name): value for name, value in read_weights(source).items() if name.startswith("encoder.")}
    first = next((value for name, value in weights.items() if re.fullmatch(r"0\.conv\.(weight|v)", name)), None)
    if first is None or first.dim() != 3 or first.shape[1] not in (1, 2):
        raise UserError(f"{source} does not hold EnCodec's encoder; give the file of the 24 kHz or the 48 kHz model.")
    network = Encodec(MONO if first.shape[1] == 1 else STEREO)
    own = network.layers.state_dict()
    network.layers.load_state_dict({name: _weight(weights, name, value, source) for name, value in own.items()})
    return network.eval().requires_grad_(False)


NAMES = (
    (r"^encoder\.(model|layers)\.", ""),
    (r"\.block\.1\.", ".first."),
    (r"\.block\.3\.", ".second."),
    (r"\.shortcut\.", ".short."),
    (r"\.conv\.conv\.", ".conv."),
    (r"\.conv\.norm\.", ".norm."),
    (r"\.weight_g$|\.parametrizations\.weight\.original0$", ".g"),
    (r"\.weight_v$|\.parametrizations\.weight\.original1$", ".v"),
)
"""From the names of both layouts to ours, in this order; g and v are the two parts of a normalised weight."""


def _our_name(name: str) -> str:
    for pattern, ours in NAMES:
        name = re.sub(pattern, ours, name)
    return name


def _weight(weights: Mapping[str, Tensor], name: str, value: Tensor, source: Path) -> Tensor:
    """The weight of that name; where it is stored as length and direction, g v / |v|."""
    stem = name.removesuffix("weight")
    if stem != name and f"{stem}v" in weights:
        direction = take(weights, f"{stem}v", value.shape, source)
        length = take(weights, f"{stem}g", (len(value), 1, 1), source)
        return length * direction / direction.norm(dim=(1, 2), keepdim=True)
    return take(weights, name, value.shape, source)
