"""Spectrogram pictures for previews and reports."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from tritone.signal.files import whole_file
from tritone.signal.mel import hertz_to_mel, mel_filters
from tritone.signal.stft import magnitude

WINDOW = 2048
MELS = 192
RANGE_DB = 80.0
TICKS = (300, 1000, 2000, 5000, 10_000, 20_000)


def mel_decibels(audio: Tensor, rate: int) -> NDArray[np.float32]:
    """Mel spectrogram `(mels, frames)` in dB of `audio (channels, time)`, channels averaged in power."""
    if audio.shape[-1] <= WINDOW // 2:
        audio = torch.nn.functional.pad(audio, (0, WINDOW // 2 + 1 - audio.shape[-1]))
    hop = max(128, audio.shape[-1] // 1200)
    power = magnitude(audio.float().cpu(), WINDOW, hop).square().mean(0) * (4 / WINDOW) ** 2
    filters = mel_filters(rate, WINDOW, MELS, scale="htk")
    filters = filters / filters.sum(1, keepdim=True).clamp(min=1e-9)
    return (10 * (filters @ power).clamp(min=1e-12).log10()).numpy()


def spectrogram_png(path: str | Path, audios: Mapping[str, Tensor], rate: int) -> None:
    """Draw one mel spectrogram for each title and write them, one below the other, as a PNG file.

    `audios` maps a title to sound `(channels, time)` at `rate`. All share one colour scale: 80 dB down from the
    loudest. The file appears whole or not at all.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pictures = {title: mel_decibels(audio, rate) for title, audio in audios.items()}
    top = max((float(picture.max()) for picture in pictures.values()), default=0.0)
    figure = Figure(figsize=(9, 2.3 * max(1, len(pictures))), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(len(pictures), 1, squeeze=False)[:, 0] if pictures else []
    image = None
    for axis, (title, picture) in zip(axes, pictures.items(), strict=True):
        seconds = audios[title].shape[-1] / rate
        image = axis.imshow(
            picture,
            origin="lower",
            aspect="auto",
            vmin=top - RANGE_DB,
            vmax=top,
            extent=(0, seconds, 0, MELS),
            cmap="magma",
        )
        ticks = [tick for tick in TICKS if tick < rate / 2]
        axis.set_yticks(mel_row(np.array(ticks), rate), [f"{t // 1000} k" if t >= 1000 else str(t) for t in ticks])
        axis.set_title(title, fontsize=9, loc="left")
        axis.set_ylabel("Hz")
    if image is not None:
        axes[-1].set_xlabel("seconds")
        figure.colorbar(image, ax=list(axes), label="dB")
    with whole_file(Path(path)) as part:
        figure.savefig(part, format="png", dpi=110)


def mel_row(hertz: ArrayLike, rate: int) -> NDArray[np.float64]:
    """Where a frequency lies on the picture's axis of mel filters."""
    step = hertz_to_mel(rate / 2, "htk") / (MELS + 1)
    return hertz_to_mel(hertz, "htk") / step - 0.5
