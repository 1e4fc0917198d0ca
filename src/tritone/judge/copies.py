"""Is a sound new, or was it trained on? The most like training sound of every sample, wherever it lies in it.

Likeness of log-mel spectrograms finds copies better than learned embeddings do (Bralios et al., Generation or
Replication, arXiv 2310.08715). One sound is slid over the other, and at every lag what overlaps is correlated.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tritone.judge.prints import BANDS, Print

OVERLAP = 0.75
"""At least so much of the shorter sound must lie over the longer one."""
GROUP_VALUES = 1 << 23
"""Numbers of training sound that are compared at a time."""


@dataclass(frozen=True)
class Copy:
    """A sample and the training sound that is most like it."""

    sample: str
    known: str
    likeness: float
    """Greatest correlation of their spectrograms, 1 for a copy at any gain; -1 where there is nothing to compare."""
    seconds: float
    """Where in the training sound the sample begins; below 0 where it begins before it."""
    suspect: bool = False
    """Whether it is more alike than nearly all real sound that was held out."""


def nearest(known: Sequence[Print], samples: Sequence[Print]) -> list[Copy]:
    """For each sample the training sound that is most like it, and where.

    Each band is taken relative to its mean over the training sounds, so that what all sounds have in common (more bass
    than treble) is no likeness, and silence is like nothing. The likeness of two sounds is the greatest Pearson
    correlation of all bands over all lags at which at least three quarters of the shorter one overlap; a training loop
    goes round as often as it takes. Lags are whole frames of the training sound and halves. ValueError where nothing is
    known.
    """
    if not known:
        raise ValueError("there is no training sound to compare with")
    middle = _middle(known)
    frames = max((each.levels.shape[-1] + 1) // 2 for each in samples) if samples else 0
    best = [Copy(each.name, known[0].name, -1.0, 0.0) for each in samples]
    for group in _groups(known, frames, middle):
        for place in _audible(samples):
            for phase in (0, 1):
                likeness, index, lag = group.nearest(samples[place].levels[:, phase::2] - middle)
                if likeness > best[place].likeness:
                    seconds = _place(known[index], 2 * lag - phase)
                    best[place] = Copy(samples[place].name, known[index].name, likeness, seconds)
    return best


class _Group:
    """Training sounds of about one length, ready to be compared with samples of at most `frames` frames."""

    def __init__(self, indices: Sequence[int], levels: Sequence[Tensor], frames: int) -> None:
        self.indices = indices
        self.longs = torch.tensor([level.shape[-1] for level in levels])
        self.points = _points(int(self.longs.max()), frames)
        padded = torch.zeros(len(levels), BANDS, int(self.longs.max()))
        for row, level in enumerate(levels):
            padded[row, :, : level.shape[-1]] = level
        self.spectrum = torch.fft.rfft(padded, self.points)
        self.totals = _totals(padded)

    def nearest(self, sample: Tensor) -> tuple[float, int, int]:
        """Likeness, index and lag of the most like training sound of `sample (BANDS, frames)`."""
        frames = sample.shape[-1]
        if not frames:
            return -1.0, self.indices[0], 0
        spectrum = (self.spectrum * torch.fft.rfft(sample, self.points).conj()).sum(1)
        lags = torch.arange(1 - frames, int(self.longs.max()))
        product = torch.fft.irfft(spectrum, self.points).double()[:, lags % self.points]
        first, last = lags.clamp(min=0)[None], torch.minimum(lags[None] + frames, self.longs[:, None])
        size = (last - first).clamp(min=0)
        there = [_between(total, first.expand_as(size), size) for total in self.totals]
        here = [_between(total, (first - lags).expand_as(size), size) for total in _totals(sample[None])]
        count = (BANDS * size).clamp(min=1)
        variance = (there[1] - there[0] ** 2 / count) * (here[1] - here[0] ** 2 / count)
        covariance = product - there[0] * here[0] / count
        least = OVERLAP * torch.minimum(self.longs, torch.tensor(frames))[:, None]
        allowed = (size >= least) & (variance > 1e-3 * count**2)
        likeness = torch.where(allowed, covariance / variance.clamp(min=1e-9).sqrt(), -1.0)
        row, column = divmod(int(likeness.argmax()), len(lags))
        return min(1.0, float(likeness[row, column])), self.indices[row], int(lags[column])


def _middle(known: Sequence[Print]) -> Tensor:
    """Mean of each band over all frames of all training sounds, `(BANDS, 1)`."""
    frames = sum(each.levels.shape[-1] for each in known)
    return (torch.stack([each.levels.double().sum(1) for each in known]).sum(0) / frames).float()[:, None]


def _groups(known: Sequence[Print], frames: int, middle: Tensor) -> Iterator[_Group]:
    """All training sounds that sound, the short ones first, in groups that take little memory."""

    def made(group: list[int]) -> _Group:
        return _Group(group, [_unrolled(known[one].levels[:, ::2] - middle, lengths[one]) for one in group], frames)

    lengths = [_length(each, frames) for each in known]
    group: list[int] = []
    for index in sorted(_audible(known), key=lambda index: lengths[index]):
        points = _points(lengths[index], frames)
        if group and (len(group) + 1) * points * BANDS > GROUP_VALUES:
            yield made(group)
            group = []
        group.append(index)
    if group:
        yield made(group)


def _audible(sounds: Sequence[Print]) -> list[int]:
    return [index for index, each in enumerate(sounds) if bool(each.levels.any())]


def _length(one: Print, frames: int) -> int:
    """Frames of a training sound with so much of a loop's repetition behind it as any sample may want."""
    own = (one.levels.shape[-1] + 1) // 2
    return own + frames - 1 if one.loop else own


def _unrolled(level: Tensor, length: int) -> Tensor:
    return level[:, torch.arange(length) % level.shape[-1]]


def _points(long: int, short: int) -> int:
    """Size of a transform in which no lag meets another."""
    return 1 << max(1, (long + short - 2).bit_length())


def _totals(levels: Tensor) -> tuple[Tensor, Tensor]:
    """Running sums over frames of all bands' values and squares of `(rows, BANDS, frames)`, from 0 on."""
    values = levels.double()
    first, second = (torch.nn.functional.pad(each.sum(1).cumsum(-1), (1, 0)) for each in (values, values.square()))
    return first, second


def _between(totals: Tensor, start: Tensor, size: Tensor) -> Tensor:
    """Sums over `size` frames from `start` on."""
    rows, most = totals.expand(len(start), -1), totals.shape[-1] - 1
    return rows.gather(1, (start + size).clamp(max=most)) - rows.gather(1, start.clamp(max=most))


def _place(one: Print, half_frames: int) -> float:
    """Seconds into a training sound; a loop has no time before its start or after its end."""
    return (half_frames % one.levels.shape[-1] if one.loop else half_frames) * one.hop_seconds
