"""One picture of many loops: mel spectrograms in a grid, with their beats."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tritone.signal.files import whole_file
from tritone.signal.spectrogram import MELS, RANGE_DB, mel_decibels, mel_row

NAME = "contact-sheet.png"
MOST = 64
"""Loops on a sheet; those after these are not drawn."""
DPI = 110
_CELL = (2.9, 1.75)
"""Inches of a picture with what is around it."""
_LEFT, _TOP, _GAP = 0.35, 0.25, 0.15
"""Inches at the left edge, above a picture, and beside and below it."""
_TICKS = (300, 1000, 3000, 10_000)


@dataclass(frozen=True)
class Picture:
    """A loop as it is drawn."""

    title: str
    decibels: NDArray[np.float32]
    """Mel spectrogram `(mels, frames)`."""
    rate: int
    beats: int
    """Beats of the whole loop."""
    beats_per_bar: int


def picture_of(title: str, audio: Tensor, rate: int, *, beats: int, beats_per_bar: int = 4) -> Picture:
    """The picture of a loop `(channels, time)` at `rate`."""
    return Picture(title, mel_decibels(audio, rate), rate, beats, beats_per_bar)


def contact_sheet(path: Path, pictures: Sequence[Picture | None], columns: int | None = None) -> None:
    """Write a PNG file with the pictures row by row, None leaving a place empty; whole or not at all.

    All share one colour scale, 80 dB down from the loudest. Lines mark the beats, stronger ones the bars.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not any(pictures):
        return
    columns = columns or min(8, ceil(sqrt(len(pictures))))
    rows = ceil(len(pictures) / columns)
    width, height = _CELL[0] * columns + _LEFT, _CELL[1] * rows
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    top = max(float(picture.decibels.max()) for picture in pictures if picture)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        left, bottom = _LEFT + _CELL[0] * column, height - _CELL[1] * (row + 1) + _GAP
        box = (left / width, bottom / height, (_CELL[0] - _GAP) / width, (_CELL[1] - _GAP - _TOP) / height)
        if picture:
            first = column == 0 or pictures[place - 1] is None
            _draw(figure.add_axes(box), picture, top, hertz=first)
    with whole_file(path) as part:
        figure.savefig(part, format="png", dpi=DPI)


def _draw(axis: Any, picture: Picture, top: float, hertz: bool) -> None:
    axis.imshow(
        picture.decibels, origin="lower", aspect="auto", vmin=top - RANGE_DB, vmax=top, cmap="magma",
        extent=(0, picture.beats, 0, MELS),
    )  # fmt: skip
    for beat in range(1, picture.beats):
        bar = beat % picture.beats_per_bar == 0
        axis.axvline(beat, color="white", linewidth=0.9 if bar else 0.5, alpha=0.8 if bar else 0.35)
    axis.set_title(picture.title, fontsize=8, loc="left", pad=3, parse_math=False)
    axis.set_xticks([])
    ticks = [tick for tick in _TICKS if tick < picture.rate / 2] if hertz else []
    axis.set_yticks(
        mel_row(ticks, picture.rate), [f"{tick // 1000} k" if tick >= 1000 else str(tick) for tick in ticks], fontsize=6
    )
