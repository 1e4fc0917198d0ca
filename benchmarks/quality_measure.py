"""How far reconstructions lie from held-out sound, file by file, and pictures and sound of some of them."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tritone.nn.losses import SpectralDistance
from tritone.signal.files import write_wav
from tritone.signal.mel import log_mel
from tritone.signal.spectrogram import mel_decibels

RATE = 44_100
RESAMPLES = 10_000

Reconstruct = Callable[[Tensor], list[Tensor]]
Measured = dict[str, list[float]]
SPECTRAL = "multi-scale spectral distance"
PEER_SPECTRAL = "acids-rave's own spectral distance"
LOG_MEL = "log-mel distance"


@dataclass(frozen=True)
class Ruler:
    """The distances of a pair of sounds `(1, 1, time)`; `peer` is acids-rave's model, for its own distance."""

    peer: nn.Module

    @torch.no_grad()
    def distances(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """Each distance by name."""
        mels = [log_mel(sound, RATE) for sound in (output, target)]
        return {
            SPECTRAL: SpectralDistance()(output, target).item(),
            PEER_SPECTRAL: self.peer.audio_distance(target, output)["spectral_distance"].item(),
            LOG_MEL: (mels[0] - mels[1]).abs().mean().item(),
        }

    def measure(self, reconstruct: Reconstruct, sounds: Sequence[Tensor]) -> Measured:
        """Every distance for every sound, in order.

        Where there are several candidates the one whose mean spectral distance over all sounds is least counts.
        """
        found: list[list[dict[str, float]]] = []
        for sound in sounds:
            found.append([self.distances(output, sound) for output in reconstruct(sound)])
        means = np.mean([[candidate[SPECTRAL] for candidate in candidates] for candidates in found], axis=0)
        best = int(np.argmin(means))
        return {name: [candidates[best][name] for candidates in found] for name in found[0][best]}


def interval(values: Sequence[float]) -> str:
    """95 % interval of the mean by bootstrap over files, as text."""
    rng = np.random.default_rng(0)
    drawn = np.asarray(values)[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{low:.4g} to {high:.4g}"


def write_examples(folder: Path, sounds: Mapping[str, Tensor], sides: Mapping[str, Reconstruct]) -> None:
    """WAV files and one picture with a row for each sound: the real one, then each side's."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name, sound in sounds.items():
        rows[name] = {"real": sound, **{side: reconstruct(sound)[-1] for side, reconstruct in sides.items()}}
        for side, audio in rows[name].items():
            write_wav(folder / f"{name}-{side}.wav", audio[0].numpy(), RATE)
    _picture(folder / "spectrograms.png", rows)


def _picture(path: Path, rows: Mapping[str, Mapping[str, Tensor]]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = list(next(iter(rows.values())))
    figure = Figure(figsize=(4.5 * len(columns), 2.6 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(rows), len(columns), squeeze=False)
    for line, (name, sounds) in zip(axes, rows.items(), strict=True):
        pictures = {side: mel_decibels(audio[0], RATE) for side, audio in sounds.items()}
        top = float(pictures["real"].max())
        for axis, (side, picture) in zip(line, pictures.items(), strict=True):
            extent = (0, sounds[side].shape[-1] / RATE, 0, picture.shape[0])
            axis.imshow(
                picture, origin="lower", aspect="auto", vmin=top - 80, vmax=top, cmap="magma", extent=extent
            )  # fmt: skip
            axis.set_title(f"{name}: {side}", fontsize=8, loc="left")
            axis.set_yticks([])
    figure.savefig(path, format="png", dpi=90)


if __name__ == "__main__":
    sys.exit("quality_measure.py is a part of the benchmarks; run vae_quality.py.")
