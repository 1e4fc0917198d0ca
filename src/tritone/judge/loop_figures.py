"""Do loops loop? What happens at their seams, how long they are, and whether hits lie where the tempo has them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from tritone.families.base import Synthesizer
from tritone.judge import logmel
from tritone.judge.clips import Clip, Clips
from tritone.judge.features import onsets
from tritone.judge.figure import Figure, Metric
from tritone.judge.interval import interval
from tritone.judge.kernel import kernel_distance, median_distance
from tritone.judge.loop_metrics import LENGTH, OFF_GRID, SEAM_CLICK, SEAM_EXCESS, SEAM_JUMP, TAIL, TEMPO, WRAP_ERROR
from tritone.judge.loopability import middle_window, seam_click, seam_jump, seam_window
from tritone.judge.means import mean_figure
from tritone.judge.points import Points
from tritone.judge.signal_figures import QUIET_DB

SIXTEENTHS = 4
"""Places of the grid on each beat."""
FEWEST = 12
"""Loops on each side under which seams are not compared as sets."""
SEAM_SECONDS = 0.25
"""Length of what is compared around a seam; of longer windows most knows nothing of it."""
TEMPOS = (77.0, 120.0, 174.0)
"""Beats a minute at which a model's renderer is tried."""


def loop_figures(reference: Clips, samples: Clips, real: Clips | None = None, *, seed: int = 0) -> list[Figure]:
    """Figures of the clips of `samples` that are loops, beside those of real held-out loops; none without loops.

    What needs a tempo is measured on loops that have one.
    """
    loops, held_out, known = (_loops(clips) for clips in (samples, real, reference))
    figures: list[Figure] = []
    for metric, measure in _measures(samples.rate).items():
        values, others = ({clip.name: measure(clip) for clip in clips} for clips in (loops, held_out))
        figures += mean_figure(metric, _measured(values), _measured(others), seed=seed)
    return figures + _excess(known, loops, held_out, samples.rate, seed)


def wrap_figure(model: Synthesizer, seeds: Sequence[int], *, seed: int = 0) -> list[Figure]:
    """The wrap error of a model with the capability "loop", a loop of each seed at one of three tempos."""
    errors = {}
    for place, one in enumerate(seeds):
        bpm = TEMPOS[place % len(TEMPOS)]
        styles = model.styles([one], label="", bpm=bpm, truncation=1.0)
        once = model.render(styles, [one], bpm=bpm).double()
        twice = model.render(styles, [one], bpm=bpm, times=2).double()
        difference = (twice - torch.cat([once, once], -1)).abs().max()
        errors[f"seed {one}"] = float(difference / once.abs().max().clamp(min=1e-12))
    return mean_figure(WRAP_ERROR, errors, seed=seed)


def beats_of(clip: Clip, rate: int) -> int:
    """Whole beats of a loop at the tempo that it is said to have; 0 where it has none."""
    return round(_exact_beats(clip, rate)) if clip.bpm else 0


def off_grid(clip: Clip, rate: int) -> float | None:
    """Mean distance in ms of onsets from the nearest sixteenth note, counted from the start; None without onsets."""
    found, beats = onsets(clip.audio, rate), beats_of(clip, rate)
    if not len(found) or not beats:
        return None
    step = clip.audio.shape[-1] / rate / (beats * SIXTEENTHS)
    return float(1000 * np.abs(found - np.round(found / step) * step).mean())


def tail_silence(clip: Clip, rate: int) -> float:
    """Milliseconds of a sound after its last sample above -60 dBFS; all of it where there is none."""
    heard = np.flatnonzero(np.abs(clip.audio).max(0) >= 10 ** (QUIET_DB / 20))
    last = heard[-1] + 1 if len(heard) else 0
    return float(1000 * (clip.audio.shape[-1] - last) / rate)


def _measures(rate: int) -> Mapping[Metric, Callable[[Clip], float | None]]:
    return {
        SEAM_JUMP: lambda clip: float(seam_jump(_batch(clip))),
        SEAM_CLICK: lambda clip: (
            float(seam_click(_batch(clip), rate, beats)) if (beats := beats_of(clip, rate)) > 1 else None
        ),
        TAIL: lambda clip: tail_silence(clip, rate),
        LENGTH: lambda clip: abs(clip.audio.shape[-1] - _whole_length(clip, rate)) if beats_of(clip, rate) else None,
        TEMPO: lambda clip: (
            100 * abs(beats / _exact_beats(clip, rate) - 1) if (beats := beats_of(clip, rate)) else None
        ),
        OFF_GRID: lambda clip: off_grid(clip, rate),
    }


def _loops(clips: Clips | None) -> list[Clip]:
    return [clip for clip in clips.clips if clip.loop] if clips else []


def _measured(values: Mapping[str, float | None]) -> dict[str, float]:
    """Of those that the measure is for."""
    return {name: value for name, value in values.items() if value is not None}


def _batch(clip: Clip) -> torch.Tensor:
    return torch.from_numpy(clip.audio)[None]


def _exact_beats(clip: Clip, rate: int) -> float:
    return clip.audio.shape[-1] / rate * (clip.bpm or 0.0) / 60


def _whole_length(clip: Clip, rate: int) -> int:
    return round(beats_of(clip, rate) * 60 / (clip.bpm or 1.0) * rate)


def _excess(known: list[Clip], loops: list[Clip], held_out: list[Clip], rate: int, seed: int) -> list[Figure]:
    """`SEAM_EXCESS`, where there are enough loops to compare."""
    if min(len(known), len(loops)) < FEWEST:
        return []
    first, second = _windows(known, rate), _windows(loops, rate)
    width = median_distance(first[:, logmel.DIMS :])
    if not width > 0:
        return []

    def excess(one: Points, other: Points) -> float:
        seam, middle = (kernel_distance(one[:, part], other[:, part], width) for part in _PARTS)
        return seam - middle

    low, high = interval(excess, first, second, seed=seed)
    real = excess(first, _windows(held_out, rate)) if len(held_out) >= FEWEST else None
    return [Figure(SEAM_EXCESS, excess(first, second), len(loops), low, high, real)]


_PARTS = (slice(0, logmel.DIMS), slice(logmel.DIMS, None))
"""Columns of `_windows`: around the seam, and around the middle."""


def _windows(loops: Sequence[Clip], rate: int) -> Points:
    """Embeddings `(count, 2 dims)` of what lies around the seam of each loop, and around its middle."""
    rows, samples = [], round(SEAM_SECONDS * rate)
    for clip in loops:
        both = [cut(_batch(clip), samples) for cut in (seam_window, middle_window)]
        rows.append(torch.cat([logmel.embed(window, rate) for window in both], 1))
    return torch.cat(rows).numpy()
