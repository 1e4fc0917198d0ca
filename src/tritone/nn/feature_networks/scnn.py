"""SCNN: a short-chunk CNN with residual blocks, trained on the user's own labels by `tritone train tagger`.

Paper: Won, Ferraro, Bogdanov and Serra, Evaluation of CNN-based automatic music tagging models, arXiv 2006.00751.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import gcd
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn
from torch.nn import functional

from tritone.errors import UserError
from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.nn.feature_networks.front import FrontEnd
from tritone.nn.feature_networks.weights import read_weights, take
from tritone.schema import build
from tritone.signal.mel import mel_filters
from tritone.signal.mel_config import MelConfig

CONFIG, WEIGHTS = "config.yaml", "model.safetensors"
PREFIX = "features."
"""Under which a tagger's checkpoint keeps what is here."""
GROUP = 16
"""Least channels normalised together (Wu and He, arXiv 1803.08494, table 3): a few, at one place, say nothing."""
TYPICAL = (-4.0, 4.0)
"""About the mean and the deviation of natural logarithms of mel magnitudes of music."""


class SCNN(nn.Module):
    """Log-mel spectrograms `(batch, mels, frames)` to logits `(batch, classes)`, for any number of frames.

    Residual blocks of two 3 x 3 convolutions, each of which halves bands and frames; the maximum over all places; a
    layer that is the embedding; the labels. Group norm stands where the paper has batch norm.
    """

    def __init__(self, *, classes: int, widths: Sequence[int], hidden: int) -> None:
        super().__init__()
        mean, deviation = TYPICAL
        self.gain = nn.Parameter(torch.tensor(1 / deviation))
        self.offset = nn.Parameter(torch.tensor(-mean / deviation))
        self.blocks = nn.ModuleList(_Block(before, after) for before, after in pairwise((1, *widths)))
        self.dense = nn.Linear(widths[-1], hidden)
        self.norm = nn.LayerNorm(hidden)
        self.output = nn.Linear(hidden, classes)

    def maps(self, log_mel: Tensor, blocks: int) -> list[Tensor]:
        """Outputs `(batch, width, bands, frames)` of the first `blocks` blocks."""
        signal = log_mel[:, None] * self.gain + self.offset
        found = []
        for block in self.blocks[:blocks]:
            signal = block(signal)
            found.append(signal)
        return found

    def embed(self, log_mel: Tensor) -> Tensor:
        """The layer before the labels, `(batch, hidden)`."""
        loudest = self.maps(log_mel, len(self.blocks))[-1].amax(dim=(2, 3))
        return functional.relu(self.norm(self.dense(loudest)))

    def forward(self, log_mel: Tensor) -> Tensor:
        """Logits `(batch, classes)`."""
        return self.output(self.embed(log_mel))


class _Block(nn.Module):
    """relu(norm(conv(relu(norm(conv(x))))) + norm(conv(x))); the convolutions that read x have stride 2."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first, self.first_norm = nn.Conv2d(before, after, 3, 2, 1), _norm(after)
        self.second, self.second_norm = nn.Conv2d(after, after, 3, 1, 1), _norm(after)
        self.short, self.short_norm = nn.Conv2d(before, after, 3, 2, 1), _norm(after)

    def forward(self, signal: Tensor) -> Tensor:
        inner = functional.relu(self.first_norm(self.first(signal)))
        return functional.relu(self.second_norm(self.second(inner)) + self.short_norm(self.short(signal)))


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(gcd(channels, max(1, channels // GROUP)), channels)


class SCNNFeatures(FeatureNetwork):
    """An SCNN as feature network: maps of its first four blocks, the layer before the labels as embedding.

    Its front end resamples to `mel.rate`; frame i is centred on the middle of the i-th hop, the ends are mirrored.
    """

    def __init__(self, *, mel: MelConfig, window_frames: int, classes: int, widths: Sequence[int], hidden: int) -> None:
        super().__init__()
        self.name = "scnn"
        self.sample_rate, self.frame_rate = mel.rate, mel.rate / mel.hop
        self.window_frames, self.dims, self.floor = window_frames, hidden, mel.floor
        self.widths = (widths[0], widths[1], widths[2], widths[3])
        margin = (mel.window - mel.hop) // 2
        self.front = FrontEnd(
            rate=mel.rate,
            window=torch.hann_window(mel.window),
            transform=mel.window,
            hop=mel.hop,
            filters=mel_filters(mel.rate, mel.window, mel.mels, mel.low, mel.high, mel.scale),
            power=1,
            left=margin,
            right=margin,
            reflect=True,
        )
        self.network = SCNN(classes=classes, widths=widths, hidden=hidden)

    def compress(self, mel: Tensor) -> Tensor:
        """Natural logarithm, not below log `floor`."""
        return mel.clamp(min=self.floor).log()

    def maps(self, spectrogram: Tensor, count: int = 4) -> list[Tensor]:
        """Outputs of the first `count` blocks, of any number of frames."""
        return self.network.maps(spectrogram, count)

    def embed_windows(self, windows: Tensor) -> Tensor:
        """The layer before the labels, `(count, dims)`."""
        return self.network.embed(windows)


def load(path: Path) -> SCNNFeatures:
    """The network of a tagger's run or of one of its checkpoint folders. UserError where the path is neither."""
    folder = _checkpoint(path)
    model = _model(folder)
    labels = model.get("labels") or []
    try:
        features = SCNNFeatures(
            mel=build(MelConfig, model.get("mel") or {}, "model.mel", str(folder / CONFIG)),
            window_frames=int(model["window_frames"]),
            classes=len(labels),
            widths=[int(width) for width in model["widths"]],
            hidden=int(model["hidden"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UserError(
            f"{folder / CONFIG} does not describe a tagger; give a run of `tritone train tagger`."
        ) from error
    source = folder / WEIGHTS
    weights = read_weights(source)
    own = features.state_dict()
    features.load_state_dict({name: take(weights, PREFIX + name, value.shape, source) for name, value in own.items()})
    features.freeze()
    return features


def _checkpoint(path: Path) -> Path:
    """The checkpoint folder that `path` is, or the latest one of the run that it is."""
    if (path / WEIGHTS).is_file():
        return path
    try:
        latest = path / "checkpoints" / (path / "checkpoints" / "latest").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} is not a run with a checkpoint; give scnn: the folder of a `tritone train tagger` run."
        ) from error
    return latest


def _model(folder: Path) -> Mapping[str, Any]:
    """The section `model` of a tagger's config.yaml."""
    try:
        values = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{folder / CONFIG} cannot be read; give scnn: a run of `tritone train tagger`.") from error
    family = values.get("family") if isinstance(values, dict) else None
    if family != "tagger" or not isinstance(values.get("model"), dict):
        raise UserError(
            f"{folder} holds a model of the family {family}, not a tagger; give scnn: a run of `tritone train tagger`."
        )
    return values["model"]
