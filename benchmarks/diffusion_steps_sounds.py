"""The sounds of diffusion_steps: pieces of a dataset, what a model makes in their likeness, and what judges hear."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tritone.data.store import Dataset, Item
from tritone.families.diffusion.sound import SoundDiffusion
from tritone.judge import logmel
from tritone.nn.feature_networks import load_network

NETWORKS = ("aisfx", "musicnn-mtt")
LOGMEL = "log-mel"
"""The judge without a network."""
AUDIBLE = 1e-3
"""Peak under which a piece is silence and does not count."""

Embeddings = dict[str, NDArray[np.float64]]
"""`(count, dims)` by judge."""


@dataclass(frozen=True)
class Piece:
    """A stretch of sound `(channels, time)`, and what it was cut from."""

    audio: Tensor
    item: Item


@dataclass(frozen=True)
class Measured:
    """What one sampler made in some number of steps, and what that cost."""

    embeddings: Embeddings
    seconds: list[float]
    """Seconds of compute for a second of sound, of each sound but the first."""


class Judges:
    """All judges, loaded once."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.networks = {name: load_network(name) for name in NETWORKS}

    @torch.no_grad()
    def embed(self, sounds: Sequence[Tensor]) -> Embeddings:
        """What each judge hears in sounds `(channels, time)`."""
        found = {LOGMEL: torch.cat([logmel.embed(each[None], self.rate) for each in sounds]).numpy()}
        for name, network in self.networks.items():
            heard = [network.embed(network.from_audio(each[None], self.rate)) for each in sounds]
            found[name] = torch.cat(heard).double().numpy()
        return found


def pieces(dataset: Dataset, split: str, samples: int, count: int) -> list[Piece]:
    """At most `count` stretches of that length that can be heard, spread evenly over the items of a split.

    Loops are read circularly; of a shorter item comes all of it, and silence.
    """
    places = [
        (item, start)
        for item in dataset.split(split)
        for start in ([0] if item.loop else range(0, max(1, item.frames - samples + 1), samples))
    ]
    found: list[Piece] = []
    for item, start in (places[index] for index in _spread(len(places))):
        audio = torch.from_numpy(dataset.read(item, start, samples).copy())
        if float(audio.abs().max()) > AUDIBLE:
            found.append(Piece(audio, item))
        if len(found) == count:
            break
    return found


def _spread(count: int) -> list[int]:
    """All numbers below `count`, so that any first few of them lie apart: by a step near the golden section."""
    order = np.argsort((np.arange(count) * 0.6180339887498949) % 1.0, kind="stable")
    return [int(index) for index in np.argsort(order, kind="stable")]


def wishes(model: SoundDiffusion, item: Item) -> dict[str, Any]:
    """Label and tempo of an item, where the model knows of such."""
    config = model.config
    found: dict[str, Any] = {"label": item.label} if item.label in config.labels else {}
    return found | ({"bpm": item.bpm} if config.by_tempo and item.bpm else {})


def made(
    model: SoundDiffusion, judges: Judges, like: Sequence[Piece], seconds: float, *, steps: int, sampler: str
) -> Measured:
    """New sounds, one after the other, one for each of `like`."""
    sounds, costs = [], []
    for seed, piece in enumerate(like):
        begun = time.perf_counter()
        audio = model.generate(1, seconds, [seed], steps=steps, sampler=sampler, **wishes(model, piece.item))[0]
        costs.append((time.perf_counter() - begun) / seconds)
        sounds.append(audio)
    return Measured(judges.embed(sounds), costs[1:])


if __name__ == "__main__":
    sys.exit("diffusion_steps_sounds.py is a part of the benchmarks; run diffusion_steps.py.")
