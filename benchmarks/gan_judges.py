"""Who judges generated spectrograms, and what comes out of it. Real and generated take the same way from mels on."""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from gan_systems import TAGGER
from numpy.typing import NDArray
from torch import Tensor

from tritone.judge.frechet import frechet_distance
from tritone.judge.kernel import kernel_distance, median_distance
from tritone.judge.logmel import pattern
from tritone.judge.ndb import different_bins
from tritone.judge.prdc import precision_recall_density_coverage
from tritone.nn.feature_networks import load_network
from tritone.signal.mel_config import MelConfig

PATTERN = "pattern"
"""The judge without a network: the level of 8 bands in each sixteenth (tritone.judge.logmel.pattern)."""
JUDGES = ("aisfx", "musicnn-mtt", TAGGER, PATTERN)
"""In the order in which they are asked for an impartial opinion."""
BINS = 16
CHUNK = 16

Embeddings = dict[str, NDArray[np.float32]]
"""`(count, dims)` by judge."""


class Judges:
    """All judges, loaded at once, for spectrograms by `mel` of loops at `rate`, so many frames a second."""

    def __init__(self, mel: MelConfig, rate: int, frame_rate: float, tagger: Path) -> None:
        self.mel, self.rate, self.frame_rate = mel, rate, frame_rate
        sources = {name: f"scnn:{tagger}" if name == TAGGER else name for name in JUDGES if name != PATTERN}
        self.networks = {name: load_network(source) for name, source in sources.items()}

    @torch.no_grad()
    def embed(self, log_mel: Tensor) -> Embeddings:
        """What each judge sees of log-mel spectrograms of loops `(count, channels, mels, frames)`."""
        found = {PATTERN: pattern(log_mel).numpy().astype(np.float32)}
        for name, network in self.networks.items():
            parts = []
            for chunk in log_mel.mean(1).split(CHUNK):
                spectrogram = network.from_mel(chunk, self.mel, self.rate, self.frame_rate, circular=True)
                parts.append(network.embed(spectrogram).float())
            found[name] = torch.cat(parts).numpy()
        return found


def kernel(reference: NDArray[np.float32], samples: NDArray[np.float32]) -> float:
    """Kernel distance by this judge."""
    return kernel_distance(reference, samples)


def measure(reference: Embeddings, samples: Embeddings) -> dict[str, dict[str, float]]:
    """Every number by judge and name."""
    found = {}
    for judge, made in samples.items():
        real = reference[judge]
        found[judge] = {
            "kernel": kernel_distance(real, made, median_distance(real)),
            "frechet": frechet_distance(real, made),
            "coverage": precision_recall_density_coverage(real, made).coverage,
        }
    bins = different_bins(reference[PATTERN], samples[PATTERN], BINS)
    found[PATTERN] |= {"ndb": bins.share, "divergence": bins.divergence}
    return found


def write(path: Path, embeddings: Mapping[str, NDArray[np.float32]]) -> None:
    """Embeddings into one .npz file, whole or not there."""
    temporary = path.with_name(f".{path.stem}.npz")
    np.savez(temporary, **embeddings)
    temporary.replace(path)


def read(path: Path) -> Embeddings:
    """What `write` wrote."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


if __name__ == "__main__":
    sys.exit("gan_judges.py is a part of the benchmarks; run gan_convergence.py.")
