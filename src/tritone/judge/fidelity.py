"""How far is a reconstruction from what went in? Distances of pairs of sounds, file by file.

All but the last compare spectrograms and do not hear phase, as the ear hardly does; the last compares samples.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tritone.judge.clips import Clip
from tritone.judge.figure import Figure, Metric
from tritone.judge.means import mean_figure
from tritone.nn.losses import SpectralDistance
from tritone.signal.mel import mel_filters
from tritone.signal.stft import hann, magnitude

Pairs = Sequence[tuple[Clip, Clip]]
"""What went in and what came out, at one rate and of the same channels and length."""

STFT_WINDOWS = (2048, 1024, 512, 256, 128)
MEL_WINDOWS = (2048, 1024, 512, 256, 128, 64, 32)
MELS = (320, 160, 80, 40, 20, 10, 5)
MEL_FLOOR = 1e-5
LSD_WINDOW = 2048
LSD_FLOOR_DB = -100.0
"""Level of a bin, 0 for a full-scale sine, under which all is silence."""
MOST_DB = 100.0
"""SI-SDR of equal sounds, which has no bound, and of sounds that have nothing in common with the sign turned."""

STFT = Metric(
    "stft-distance", "Multi-scale STFT distance", "Difference of spectrograms at five window lengths, linear and "
    "logarithmic (as RAVE is trained and chosen by); 0 is the same sound.", "", "lower", "fidelity",
)  # fmt: skip
MEL = Metric(
    "mel-distance", "Multi-scale mel distance", "Difference of mel spectrograms at seven window lengths (as the "
    "Descript codec is judged by), closer to hearing; 0 is the same sound.", "", "lower", "fidelity",
)  # fmt: skip
LSD = Metric(
    "log-spectral-distance", "Log-spectral distance", "How many decibels the level of a frequency is off at a moment, "
    "quiet ones like loud ones; 0 is the same sound.", "dB", "lower", "fidelity",
)  # fmt: skip
SI_SDR = Metric(
    "si-sdr", "SI-SDR (hears phase)", "How loud the input is in the output over all else, sample by sample. Models "
    "that make phases of their own score low however good they sound; read it only beside models that keep them.",
    "dB", "higher", "fidelity",
)  # fmt: skip


def fidelity_figures(pairs: Pairs, rate: int, *, seed: int = 0) -> list[Figure]:
    """Means over the pairs, each by the name of what went in. ValueError where two do not have one shape."""
    for before, after in pairs:
        if before.audio.shape != after.audio.shape:
            raise ValueError(f"{before.name}: {before.audio.shape} went in and {after.audio.shape} came out")
    figures: list[Figure] = []
    for metric, measure in _measures().items():
        values = {
            before.name: measure(torch.from_numpy(before.audio), torch.from_numpy(after.audio), rate)
            for before, after in pairs
        }
        figures += mean_figure(metric, values, seed=seed)
    return figures


def stft_distance(target: Tensor, output: Tensor) -> float:
    """`nn.losses.SpectralDistance` of two sounds `(channels, time)`."""
    one, other = (_long_enough(sound, max(STFT_WINDOWS))[None].double() for sound in (target, output))
    return float(SpectralDistance(STFT_WINDOWS)(other, one))


def mel_distance(target: Tensor, output: Tensor, rate: int) -> float:
    """Sum over seven windows of the mean absolute difference of log10 mel magnitudes (Kumar et al. 2023, 2306.06546).

    Windows of 2048 to 32 samples with 320 to 5 mel bands, hop window / 4, magnitudes not below 1e-5.
    """
    total = 0.0
    for window, mels in zip(MEL_WINDOWS, MELS, strict=True):
        filters = mel_filters(rate, window, mels).double()
        one, other = (
            (filters @ magnitude(_long_enough(sound, window).double(), window, window // 4))
            .clamp(min=MEL_FLOOR)
            .log10()
            for sound in (target, output)
        )
        total += float((one - other).abs().mean())
    return total


def log_spectral_distance(target: Tensor, output: Tensor) -> float:
    """Root mean square over frequency of the difference of power spectra in dB, averaged over frames (Gray & Markel
    1976), with windows of 2048 samples every 512. Levels below -100 dB of full scale count as that.
    """
    one, other = (_decibels(sound) for sound in (target, output))
    return float((one - other).square().mean(-2).sqrt().mean())


def si_sdr(target: Tensor, output: Tensor) -> float:
    """Scale-invariant signal-to-distortion ratio in dB of two sounds `(channels, time)` (Le Roux et al. 2019, eq. 4).

    Within 100 dB to both sides; nan where one of them is silent.
    """
    one, other = target.double().flatten(), output.double().flatten()
    if not bool(one.any()) or not bool(other.any()):
        return float("nan")
    kept = (one @ other) / (one @ one) * one
    signal, rest = float(kept.square().sum()), float((other - kept).square().sum())
    bound = 10 ** (MOST_DB / 10)
    return float(10 * torch.tensor(signal / max(rest, signal / bound, 1e-300)).clamp(min=1 / bound).log10())


def _measures() -> dict[Metric, Callable[[Tensor, Tensor, int], float]]:
    return {
        STFT: lambda one, other, rate: stft_distance(one, other),
        MEL: mel_distance,
        LSD: lambda one, other, rate: log_spectral_distance(one, other),
        SI_SDR: lambda one, other, rate: si_sdr(one, other),
    }


def _decibels(sound: Tensor) -> Tensor:
    level = magnitude(_long_enough(sound, LSD_WINDOW).double(), LSD_WINDOW, LSD_WINDOW // 4)
    scale = 2 / hann(LSD_WINDOW, torch.float64, level.device).sum()
    return 20 * (level * scale).clamp(min=10 ** (LSD_FLOOR_DB / 20)).log10()


def _long_enough(sound: Tensor, window: int) -> Tensor:
    """With silence behind it where it is shorter than half a window, which cannot be mirrored."""
    missing = window // 2 + 1 - sound.shape[-1]
    return torch.nn.functional.pad(sound, (0, missing)) if missing > 0 else sound
