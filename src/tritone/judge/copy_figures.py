"""Copies: which sounds are nearer to training sound than real sound ever is."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from tritone.judge.clips import Clip, Clips
from tritone.judge.copies import Copy, nearest
from tritone.judge.figure import Figure, Metric
from tritone.judge.means import mean_figure
from tritone.judge.prints import take_prints

QUANTILE = 0.99
"""Of real held-out sounds, so many are no more like training sound than a sample may be."""
ENOUGH = 100
"""Held-out sounds from which on that quantile is one; with fewer it is nearly the most alike of them."""

ROUNDING = 1e-3
"""What storing a sound with other bits may add to a likeness; the bound lies so much above the held-out sounds."""

COPIES = Metric(
    "copies", "Copies of training sound", "Share of the sounds that are more like a training sound than 99 % of real "
    "held-out sounds are; about 1 for a model that has learned and not memorised. Listen to the pairs.", "%", "lower",
    "copies",
)  # fmt: skip
LIKENESS = Metric(
    "nearest-training", "Likeness to the nearest training sound", "How well a sound's spectrogram correlates with that "
    "of the most like training sound, 1 for a copy; good is as much as real held-out sound.", "", "nearer", "copies",
)  # fmt: skip


class CopySearch:
    """Training sound that new sounds are looked for in, and how alike held-out sound is to it. Serves many sets."""

    def __init__(self, known: Iterable[Clip], real: Clips, *, by_beat: bool = False) -> None:
        """`known` is all that was trained on, taken one by one; `real` is sound of the same kind that was not.

        All are at one rate. `by_beat`: all are loops whose tempos are known, and are compared beat by beat.
        """
        self.by_beat = by_beat
        self.before = take_prints(known, real.rate, by_beat)
        self.held_out = [pair.likeness for pair in nearest(self.before, take_prints(real.clips, real.rate, by_beat))]

    def figures(self, samples: Clips, *, seed: int = 0) -> tuple[list[Figure], tuple[Copy, ...]]:
        """Two figures, and every sample with the training sound that is most like it, the most alike first."""
        found = nearest(self.before, take_prints(samples.clips, samples.rate, self.by_beat))
        limit = float(np.quantile(self.held_out, QUANTILE, method="higher")) + ROUNDING
        pairs = sorted((replace(one, suspect=one.likeness > limit) for one in found), key=lambda one: -one.likeness)
        shares = {pair.sample: 100.0 * pair.suspect for pair in pairs}
        likeness = {pair.sample: pair.likeness for pair in pairs}
        beside = {str(index): value for index, value in enumerate(self.held_out)}
        above = {str(index): 100.0 * (value > limit) for index, value in enumerate(self.held_out)}
        share = mean_figure(COPIES, shares, above, warnings=_warnings(len(self.held_out)), seed=seed)
        return [*share, *mean_figure(LIKENESS, likeness, beside, seed=seed)], tuple(pairs)


def copy_figures(
    known: Iterable[Clip], samples: Clips, real: Clips, *, by_beat: bool = False, seed: int = 0
) -> tuple[list[Figure], tuple[Copy, ...]]:
    """`CopySearch` for one set of samples."""
    return CopySearch(known, real, by_beat=by_beat).figures(samples, seed=seed)


def _warnings(held_out: int) -> list[str]:
    if held_out >= ENOUGH:
        return []
    share = 100 / (held_out + 1)
    return [
        f"The bound for a copy comes from only {held_out} held-out sounds, so that about {share:.0f} % lie above it by "
        "chance; listen to the pairs."
    ]
