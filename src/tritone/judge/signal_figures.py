"""What any engineer checks first: loudness, peaks, clipping, DC, silence, and how wide a stereo sound is."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from tritone.data.measure import CLIPPED_RUN, FULL_SCALE
from tritone.judge.clips import Clip, Clips
from tritone.judge.figure import Figure, Metric
from tritone.judge.means import mean_figure
from tritone.signal.loudness import BLOCK_SECONDS, integrated_loudness, true_peak

Audio = NDArray[np.float32]
WINDOW_SECONDS = 0.02
QUIET_DB = -60.0
"""dBFS (RMS, of 0 for a full-scale square) under which 20 ms are silence."""

LOUDNESS = Metric(
    "loudness", "Loudness", "How loud a sound is to the ear (ITU-R BS.1770); good is as loud as real sound.", "LUFS",
    "nearer", "sound",
)  # fmt: skip
TRUE_PEAK = Metric(
    "true-peak", "True peak", "The highest point of the wave, also between samples; above 0 it distorts when played.",
    "dBTP", "nearer", "sound",
)  # fmt: skip
CLIPPING = Metric(
    "clipping", "Clipped samples", "Share of samples that lie cut off at full scale, three or more in a row; clean "
    "sound has none.", "%", "lower", "sound",
)  # fmt: skip
DC_OFFSET = Metric(
    "dc-offset", "DC offset", "How far the wave's middle lies from zero; it is not heard, but clicks at cuts and eats "
    "headroom.", "% of full scale", "lower", "sound",
)  # fmt: skip
SILENCE = Metric(
    "silence", "Silence", "Share of the time in which nothing is heard (below -60 dBFS); good is as much as in real "
    "sound.", "%", "nearer", "sound",
)  # fmt: skip
WIDTH = Metric(
    "stereo-width", "Stereo width", "Share of the energy that differs between left and right: 0 is mono, 50 two "
    "sides that have nothing in common; good is as wide as real sound.", "%", "nearer", "sound",
)  # fmt: skip
MONO_LOSS = Metric(
    "mono-loss", "Lost in mono", "How much quieter a stereo sound gets where both sides are played as one: 0 for "
    "equal sides, 3 for sides that have nothing in common, more where they cancel out.", "dB", "nearer", "sound",
)  # fmt: skip


def signal_figures(samples: Clips, real: Clips | None = None, *, seed: int = 0) -> list[Figure]:
    """Means over the sounds, with the same of `real` held-out sound beside them. Stereo figures only for stereo."""
    figures: list[Figure] = []
    for metric, measure in _measures(samples.rate).items():
        stereo = metric in (WIDTH, MONO_LOSS)
        if stereo and not any(clip.audio.shape[0] == 2 for clip in samples.clips):
            continue
        values = _each(samples.clips, measure, stereo)
        others = _each(real.clips, measure, stereo) if real else {}
        figures += mean_figure(metric, values, others, warnings=_warnings(metric, samples), seed=seed)
    return figures


def clipped_share(audio: Audio) -> float:
    """Share of the samples of `(channels, time)` within runs of at least three at full scale (to 1/4096) or beyond."""
    full = np.abs(audio) >= FULL_SCALE
    if not full.any():
        return 0.0
    padded = np.pad(full, ((0, 0), (CLIPPED_RUN - 1, CLIPPED_RUN - 1)))
    begun = np.lib.stride_tricks.sliding_window_view(padded, CLIPPED_RUN, axis=1).all(-1)
    member = np.lib.stride_tricks.sliding_window_view(begun, CLIPPED_RUN, axis=1).any(-1)
    return float(member.mean())


def dc_offset(audio: Audio) -> float:
    """Largest magnitude of a channel's mean."""
    return float(np.abs(audio.mean(1, dtype=np.float64)).max())


def silence_share(audio: Audio, rate: int) -> float:
    """Share of windows of 20 ms with an RMS below -60 dBFS in every channel; the rest of the last one is left out."""
    size = min(audio.shape[1], max(1, round(WINDOW_SECONDS * rate)))
    count = audio.shape[1] // size
    powers = np.square(audio[:, : count * size], dtype=np.float64).reshape(audio.shape[0], count, size).mean(-1)
    return float((powers.max(0) < 10 ** (QUIET_DB / 10)).mean())


def stereo_width(audio: Audio) -> float:
    """Energy of (left - right) / 2 over that and the energy of (left + right) / 2, 0 to 1; nan for silence."""
    middle, side = _energy(audio[0] + audio[1]), _energy(audio[0] - audio[1])
    return side / (middle + side) if middle + side > 0 else float("nan")


def mono_loss(audio: Audio) -> float:
    """Decibels by which the mean of both sides has less energy than the two of them have on average; nan if silent.

    At most 60, where they cancel out.
    """
    middle, sides = _energy((audio[0] + audio[1]) / 2), (_energy(audio[0]) + _energy(audio[1])) / 2
    return float(min(60.0, -10 * np.log10(max(middle / sides, 1e-12)))) if sides > 0 else float("nan")


def _measures(rate: int) -> dict[Metric, Callable[[Audio], float | None]]:
    return {
        LOUDNESS: lambda audio: integrated_loudness(audio, rate),
        TRUE_PEAK: true_peak,
        CLIPPING: lambda audio: 100 * clipped_share(audio),
        DC_OFFSET: lambda audio: 100 * dc_offset(audio),
        SILENCE: lambda audio: 100 * silence_share(audio, rate),
        WIDTH: lambda audio: 100 * stereo_width(audio),
        MONO_LOSS: mono_loss,
    }


def _each(clips: Iterable[Clip], measure: Callable[[Audio], float | None], stereo: bool) -> dict[str, float]:
    """The measure of every clip, nan where it has none."""
    found = {clip.name: measure(clip.audio) for clip in clips if not stereo or clip.audio.shape[0] == 2}
    return {name: float("nan") if value is None else value for name, value in found.items()}


def _warnings(metric: Metric, samples: Clips) -> list[str]:
    if metric is not LOUDNESS:
        return []
    short = sum(clip.audio.shape[1] < BLOCK_SECONDS * samples.rate for clip in samples.clips)
    return [f"{short} of {len(samples)} sounds are shorter than 400 ms, which have no loudness."] if short else []


def _energy(signal: Audio) -> float:
    return float(np.square(signal, dtype=np.float64).sum())
