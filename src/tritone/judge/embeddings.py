"""What sounds are to each judge: rows of numbers, of which the distances between sets are measured."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path
from weakref import ReferenceType, ref

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tritone.errors import UserError
from tritone.judge import logmel
from tritone.judge.clips import Clip, Clips
from tritone.judge.points import Points, rows_of_files
from tritone.nn.feature_networks import FROM_PATH, SHIPPED, load_network
from tritone.nn.feature_networks import encodec as encodec_network
from tritone.nn.feature_networks.base import FeatureNetwork

LOGMEL, ENCODEC = "logmel", "encodec"
EMBEDDINGS = (LOGMEL, *SHIPPED)
"""Those that need no file; the others are named KIND:PATH."""
KINDS = (*FROM_PATH, ENCODEC)
BATCH = 16
"""Windows that go through a network at once."""
REMAINDER = 0.1
"""Part of a window up to which what is left over gets no row of its own."""
LOGMEL_SECONDS = 3.0
"""Longer sound is described in several windows of about this length."""
ENCODEC_SECONDS = 1.0
"""Length of sound that EnCodec's 48 kHz model was trained on at a time."""
REMEMBERED = 4


@dataclass(frozen=True)
class Embedded:
    """Sounds as a judge has them: one row for each window of each file."""

    rows: Points
    """`(count, dims)`."""
    files: tuple[str, ...]
    """Name of the clip that each row is of; rows of one clip follow each other."""

    @property
    def names(self) -> tuple[str, ...]:
        """The clips, each once."""
        return tuple(dict.fromkeys(self.files))

    def each_file(self) -> Points:
        """One row for each of `names`, the mean over its windows: for what is counted in sounds."""
        return np.stack([self.rows[group].mean(0) for group in rows_of_files(len(self.rows), self.files)])

    def of(self, chosen: Sequence[int] | NDArray[np.int64]) -> "Embedded":
        """The rows of some of `names`, given by their places."""
        groups = rows_of_files(len(self.rows), self.files)
        rows = [int(row) for place in chosen for row in groups[place]]
        return Embedded(self.rows[rows], tuple(self.files[row] for row in rows))

    def some(self, count: int) -> "Embedded":
        """At most `count` files, spread evenly."""
        there = len(self.names)
        return self if there <= count else self.of([place * there // count for place in range(count)])


class Embedding(ABC):
    """A judge of sounds by name. What was embedded last is kept, so that one reference serves many models."""

    name: str
    """Short, as in kd-NAME: "logmel", "aisfx", or the kind of a network from a path."""
    source: str
    """As it was asked for: the name, or KIND:PATH."""
    dims: int
    rate: int | None
    """Rate at which it listens, to which sound is resampled; None where any rate will do."""

    def __init__(self) -> None:
        self._known: list[tuple[ReferenceType[Clips], Embedded]] = []

    def embed(self, clips: Clips) -> Embedded:
        """Rows of all clips in their order."""
        for known, embedded in self._known:
            if known() is clips:
                return embedded
        rows, files = [], []
        pieces = ((clip.name, window) for clip in clips.clips for window in self.windows(clip, clips.rate))
        for group in iter(lambda: list(islice(pieces, BATCH)), []):
            rows.append(self.describe([window for _, window in group], clips.rate))
            files += [name for name, _ in group]
        embedded = Embedded(torch.cat(rows).to(torch.float64).numpy(), tuple(files))
        self._known = [(ref(clips), embedded), *self._known[: REMEMBERED - 1]]
        return embedded

    @abstractmethod
    def windows(self, clip: Clip, rate: int) -> Iterator[Tensor]:
        """The pieces of a clip that each give a row."""

    @abstractmethod
    def describe(self, windows: Sequence[Tensor], rate: int) -> Tensor:
        """Rows `(count, dims)` of some windows, of sound that was at `rate`."""


class LogMel(Embedding):
    """`logmel.embed`: levels of 40 bands, their scatter and their change, over three seconds or what there is.

    They are statistics over time and so need no filling up; a sound shorter than one spectrum (46 ms) is repeated.
    """

    name = source = LOGMEL
    dims, rate = logmel.DIMS, None

    def windows(self, clip: Clip, rate: int) -> Iterator[Tensor]:
        audio = filled(torch.from_numpy(clip.audio), ceil(logmel.WINDOW_SECONDS * rate))
        return _pieces(audio, round(LOGMEL_SECONDS * rate))

    @torch.no_grad()
    def describe(self, windows: Sequence[Tensor], rate: int) -> Tensor:
        return torch.cat([logmel.embed(window[None], rate) for window in windows])


class Network(Embedding):
    """The embedding of a feature network, of each window that the network was made for.

    Sound that is shorter than a window is repeated until it fills one, in the network's own spectrogram, where no click
    comes of it: a loop is heard so anyway, and with silence instead all short sounds would be alike, and like silence.
    """

    def __init__(self, network: FeatureNetwork, name: str, source: str) -> None:
        super().__init__()
        self.network, self.name, self.source = network, name, source
        self.dims, self.rate = network.dims, network.sample_rate

    @torch.no_grad()
    def windows(self, clip: Clip, rate: int) -> Iterator[Tensor]:
        spectrogram = self.network.from_audio(torch.from_numpy(clip.audio)[None], rate)[0]
        return _pieces(filled(spectrogram, self.network.window_frames), self.network.window_frames, exactly=True)

    @torch.no_grad()
    def describe(self, windows: Sequence[Tensor], rate: int) -> Tensor:
        return self.network.embed_windows(torch.stack(list(windows)))


class Encodec(Embedding):
    """Mean and standard deviation over time of EnCodec's 128 numbers a frame, in each second of sound.

    fadtk takes each of 75 frames a second for a row; their values are not comparable with these. The frames follow the
    waveform, whose phase averages out, so the deviation says more than the mean. A sound of less than a second is taken
    as it is, since these are statistics over time.
    """

    name = ENCODEC

    def __init__(self, network: encodec_network.Encodec, source: str) -> None:
        super().__init__()
        self.network, self.source = network, source
        self.dims, self.rate = 2 * network.dims, network.rate

    @torch.no_grad()
    def windows(self, clip: Clip, rate: int) -> Iterator[Tensor]:
        audio = self.network.fitting(torch.from_numpy(clip.audio)[None], rate)[0]
        return _pieces(audio, round(ENCODEC_SECONDS * self.network.rate), exactly=True)

    @torch.no_grad()
    def describe(self, windows: Sequence[Tensor], rate: int) -> Tensor:
        frames = [self.network(window[None]) for window in windows]
        return torch.cat([torch.cat([one.mean(2), one.std(2, correction=0)], 1) for one in frames])


def load_embedding(name: str) -> Embedding:
    """The judge "logmel", a network that ships, or one from the user's file as KIND:PATH.

    Networks are frozen and work in float32 on the CPU. UserError where there is no such judge.
    """
    kind, colon, path = name.partition(":")
    if name == LOGMEL:
        return LogMel()
    if kind == ENCODEC and path:
        return Encodec(encodec_network.load(Path(path).expanduser()), name)
    if name not in SHIPPED and not (colon and path and kind in FROM_PATH):
        known = [*EMBEDDINGS, *(f"{kind}:PATH" for kind in KINDS)]
        raise UserError(f"There is no embedding {name!r}; take one of {', '.join(known)}.")
    return Network(load_network(name), kind if colon else name, name)


def filled(signal: Tensor, least: int) -> Tensor:
    """Repeated along the last axis until it is at least so long, and then exactly so long."""
    size = signal.shape[-1]
    return signal if size >= least else signal.repeat(1, -(-least // size))[..., :least]


def _pieces(signal: Tensor, size: int, exactly: bool = False) -> Iterator[Tensor]:
    """`signal (rows, time)` in pieces along time: as many as it holds of `size`, one more for a remainder of a tenth.

    They are spread evenly from the beginning to the very end, and overlap by what they are too long together. Where one
    will do, it is all of the signal, or its beginning where it must be `size` exactly.
    """
    time = signal.shape[-1]
    count = max(1, ceil(time / size - REMAINDER))
    if count == 1:
        yield signal[..., :size] if exactly else signal
        return
    for number in range(count):
        start = round(number * max(0, time - size) / (count - 1))
        yield signal[..., start : start + size]
