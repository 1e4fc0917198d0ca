"""Does a loop loop? Measures at the seam, where the last sample leads into the first. Each takes loops of one length.

Spectral flux at the seam says nothing (a real loop has its loudest hit there), so the seam is compared with the same
place of other beats, and with real loops.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Render = Callable[[Tensor, int], Tensor]
"""From a spectrogram on a grid `(batch, channels, mels, frames)` and a number of samples to sound of that length."""

CLICK_SECONDS = 0.002
"""Reach of a click to each side."""
TREBLE = 0.5
"""Share of the spectrum, from the top down, in which clicks stand out."""


def wrap_error(render: Render, log_mel: Tensor, samples: int) -> float:
    """Largest difference of the rendered loop played twice from the loop written twice and rendered, over its peak.

    0 where rendering knows that the loop is one. For a renderer of whole frames `samples` is a multiple of the hop,
    since else twice the loop is not twice as many frames.
    """
    once = render(log_mel, samples).to(torch.float64)
    twice = render(torch.cat([log_mel, log_mel], -1), 2 * samples).to(torch.float64)
    return float((twice - torch.cat([once, once], -1)).abs().max() / once.abs().max().clamp(min=1e-12))


def seam_jump(audio: Tensor) -> Tensor:
    """|x[0] - x[-1]| over the 99th percentile of |dx| inside the loop, `(batch,)`, of the worst channel.

    `audio` is `(batch, channels, time)`. About 1 or less for a loop without a step at its seam. Channels at rest are 0.
    """
    sound = audio.detach().to(torch.float64)
    usual = torch.quantile(sound.diff(dim=-1).abs(), 0.99, dim=-1)
    jump = (sound[..., 0] - sound[..., -1]).abs()
    return torch.where(jump > 0, jump / usual.clamp(min=1e-12), 0.0).amax(1)


def seam_click(audio: Tensor, rate: int, beats: int) -> Tensor:
    """Treble energy within 2 ms of the seam over that at the loudest other beat, in decibels, `(batch,)`.

    Far above 0 where the seam clicks. A loop whose only sharp hit is on the first beat is above 0 too: compare with
    real loops. The loop has `beats` beats of equal length.
    """
    if beats < 2:
        raise ValueError(f"a click is compared with other beats, so a loop needs at least two, not {beats}")
    sound = audio.detach().to(torch.float64)
    time, reach = sound.shape[-1], max(1, round(CLICK_SECONDS * rate))
    spectrum = torch.fft.rfft(sound)
    spectrum[..., : round((1 - TREBLE) * spectrum.shape[-1])] = 0
    energy = torch.fft.irfft(spectrum, n=time).square().sum(1)
    starts = torch.tensor([round(beat * time / beats) for beat in range(beats)])
    near = (starts[:, None] + torch.arange(-reach, reach)) % time
    around = energy[:, near].mean(-1) + 1e-12 * energy.mean(-1, keepdim=True) + 1e-30
    return 10 * torch.log10(around[:, 0] / around[:, 1:].amax(1))


def seam_window(audio: Tensor, samples: int) -> Tensor:
    """`samples` samples around the seam, `(batch, channels, samples)`: half of them from the loop's end."""
    return _around(audio, 0, samples)


def middle_window(audio: Tensor, samples: int) -> Tensor:
    """As many around the middle of the loop, to compare `seam_window` with."""
    return _around(audio, audio.shape[-1] // 2, samples)


def seam_excess(
    distance: Callable[[Tensor, Tensor], float], embed: Callable[[Tensor], Tensor], real: Tensor, made: Tensor
) -> float:
    """By how much made loops lie farther from real ones at their seam than in their middle.

    Both are `(batch, channels, time)` of equal time; windows are half a loop long. About 0 for loops whose seam is as
    good as the rest; `distance` and `embed` are any of this package.
    """
    half = real.shape[-1] // 2
    seam, middle = (
        distance(embed(cut(real, half)), embed(cut(made, half))) for cut in (seam_window, middle_window)
    )  # fmt: skip
    return seam - middle


def _around(audio: Tensor, centre: int, samples: int) -> Tensor:
    places = (centre - samples // 2 + torch.arange(samples)) % audio.shape[-1]
    return audio[..., places]
