"""What gan_loops measures of all loops together: do they sound like the data, and make every kind of it?"""

import sys
from collections.abc import Sequence

import numpy as np
import torch
from gan_loop_sounds import Maker, Sets, Sound, measured, p95, spread
from table import Row
from torch import Tensor
from torch.nn import functional

from tritone.judge.frechet import frechet_distance
from tritone.judge.interval import interval
from tritone.judge.kernel import kernel_distance
from tritone.judge.logmel import pattern
from tritone.judge.ndb import different_bins
from tritone.judge.novelty import likeness
from tritone.judge.prdc import expected_coverage, precision_recall_density_coverage
from tritone.nn.feature_networks import SHIPPED, load_network

BINS = 20
FEWEST = 6
"""Held-out loops under which there is no comparing of sets (coverage has neighbourhoods of five)."""
NOVELTY_GRID = (32, 64)
"""Bands and frames of the spectrograms whose likeness is measured."""


def variety_rows(maker: Maker, sets: Sets) -> list[Row]:
    """Distances, coverage and bins by what sounds when and by a network that the discriminator did not use."""
    groups = (sets.known, sets.made, sets.held_out)
    mels = [measured(maker.model, sounds) for sounds in groups]
    name = next((name for name in SHIPPED if name not in maker.model.config.discriminator.networks), None)
    rows = []
    if len(sets.held_out) >= FEWEST:
        rows += _distances("pattern", [pattern(mel).numpy() for mel in mels])
        rows += _distances(name, [_network(name, sounds) for sounds in groups]) if name else []
    return [*rows, *_bin_rows(mels), _novelty_row(mels)]


def _distances(judge: str, embeddings: Sequence[np.ndarray]) -> list[Row]:
    """New and held-out loops beside training loops, in sets of equal sizes."""
    reference, made, held_out = embeddings
    count = min(len(made), len(held_out))
    equal = (made[:count], held_out[:count])
    low, high = interval(kernel_distance, reference, equal[0])
    coverage = [precision_recall_density_coverage(reference, one).coverage for one in equal]
    expected = f"{expected_coverage(len(reference), count):.3g} where there is no difference"
    figures = {
        "kernel distance": ([kernel_distance(reference, one) for one in equal], f"95 % {low:.3g} to {high:.3g}"),
        "Fréchet distance": ([frechet_distance(reference, one) for one in equal], "-"),
        "coverage": (coverage, expected),
    }
    return [
        Row(f"{what} by {judge}", ours, real, None, "share" if what == "coverage" else "distance", count, note)
        for what, ((ours, real), note) in figures.items()
    ]


@torch.no_grad()
def _network(name: str, sounds: Sequence[Sound]) -> np.ndarray:
    network = load_network(name)
    return torch.cat([network.embed(network.from_audio(one.audio[None], one.rate)) for one in sounds]).float().numpy()


def _bin_rows(mels: Sequence[Tensor]) -> list[Row]:
    """Bins and spread, all by what sounds when."""
    known, *others = mels
    bins = [different_bins(pattern(known), pattern(mel), BINS) for mel in others]
    spreads = [float(mel.std(0).mean() / known.std(0).mean()) for mel in others]
    sizes = f"{len(others[1])} held out"
    figures = {
        f"different bins (NDB) of {BINS} by pattern": ([one.different for one in bins], "bins"),
        "Jensen-Shannon divergence of the bins": ([one.divergence for one in bins], "bits"),
        "scatter of spectrograms over that of training loops": (spreads, "ratio"),
    }
    return [Row(what, ours, real, None, unit, len(others[0]), sizes) for what, ((ours, real), unit) in figures.items()]


def _novelty_row(mels: Sequence[Tensor]) -> Row:
    known, *others = (functional.adaptive_avg_pool2d(mel.mean(1), NOVELTY_GRID) for mel in mels)
    sides = [likeness(known, other)[0].tolist() for other in others]
    what = "likeness to the nearest training loop, 95th percentile (1 is a copy)"
    return Row(what, p95(sides[0]), p95(sides[1]), None, "correlation", len(sides[0]), spread(sides))


if __name__ == "__main__":
    sys.exit("gan_loop_variety.py is a part of the benchmarks; run gan_loops.py.")
