"""Can one see in the spectrogram where a part of a sound was made anew? The change of the spectrum at its borders.

The change at a place depends on the music: a hit is a change too. So it is ranked among the changes elsewhere in the
same sound, or compared with the untouched sound at the same place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tritone.signal.mel import mel_filters
from tritone.signal.stft import magnitude

WINDOW_SECONDS = 1024 / 44_100
HOPS = 4
"""Places for each window."""
BANDS = 40
RANGE_DB = 80.0
"""What lies so far below the loudest band of the sound is silence."""


@dataclass(frozen=True)
class BorderChange:
    """How much the spectrum changes at borders; both are float64 `(batch, borders)`."""

    decibels: Tensor
    """Root mean square over bands of the change of level."""
    rank: Tensor
    """Share of other places in the same sound that change less, ties counted half; 0.5 on average for any place."""


def border_change(audio: Tensor, rate: int, borders: Sequence[int]) -> BorderChange:
    """The change at each of `borders`, in samples from the start of `audio (batch, channels, time)` at `rate`.

    The spectrum of the 23 ms before a place is compared with that of the 23 ms after it (40 mel bands, power averaged
    over channels), and the largest change within half a window of the border counts: a click a few samples off shows,
    as does a sound that ends there. Other places are those whose windows meet no border and no end of the sound.
    ValueError for borders too near to an end, and for sound that has no other places.
    """
    window = HOPS * max(1, round(WINDOW_SECONDS * rate / HOPS))
    hop = window // HOPS
    if audio.shape[-1] <= window:
        raise ValueError(f"sound must be longer than {window} samples, not {audio.shape[-1]}")
    largest = _largest_changes(_levels(audio, rate, window, hop))
    places = torch.arange(largest.shape[-1]) * hop
    reach = 3 * window // 2
    inside = (places >= reach) & (places <= audio.shape[-1] - reach)
    at = [round(border / hop) for border in borders]
    if not all(place < len(inside) and bool(inside[place]) for place in at):
        raise ValueError(f"borders must lie at least {reach} samples from the ends of the sound, not {list(borders)}")
    apart = (places[:, None] - torch.tensor(list(borders))).abs().amin(1) >= reach + hop
    others = largest[:, inside & apart]
    if not others.shape[-1]:
        raise ValueError("the sound has no places apart from its borders and ends; give longer sound")
    found = largest[:, at]
    less = (others[:, None] < found[..., None]).double() + (others[:, None] == found[..., None]).double() / 2
    return BorderChange(found, less.mean(-1))


def told_apart(made: Tensor, real: Tensor) -> Tensor:
    """Share of borders at which `made` changes more than `real`, for each sound: `(batch,)` of `(batch, borders)`.

    That is how often an observer who goes by the change finds out which of the two was touched (a two-alternative
    forced choice): 0.5 on average where the seam is no other than real sound, whatever the music.
    """
    return ((made > real).double() + (made == real).double() / 2).mean(1)


def _levels(audio: Tensor, rate: int, window: int, hop: int) -> Tensor:
    """Level in decibels `(batch, bands, frames)`."""
    power = magnitude(audio.detach().to(torch.float64), window, hop).square().mean(1)
    bands = mel_filters(rate, window, BANDS).to(power) @ power
    loudest = bands.amax((1, 2), keepdim=True).clamp(min=1e-30)
    return 10 * (bands / loudest).clamp(min=10 ** (-RANGE_DB / 10)).log10()


def _largest_changes(levels: Tensor) -> Tensor:
    """The largest change within half a window of each frame's centre, `(batch, frames)`; beyond the ends is none."""
    half = HOPS // 2
    changes = (levels[..., 2 * half :] - levels[..., : -2 * half]).square().mean(1).sqrt()
    padded = torch.nn.functional.pad(changes, (2 * half, 2 * half))
    return padded.unfold(-1, 2 * half + 1, 1).amax(-1)
