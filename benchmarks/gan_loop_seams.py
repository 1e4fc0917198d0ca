"""What gan_loops measures of single loops: that they repeat exactly, and what happens at their seam."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import torch
from gan_loop_sounds import Maker, Sets, Sound, beats_per_bar, p95, recorded_sounds, spread
from table import Row, at_most
from torch import Tensor

from tritone.families.gan.model import LoopGAN
from tritone.judge.frechet import frechet_distance
from tritone.judge.logmel import embed
from tritone.judge.loopability import seam_click, seam_excess, seam_jump, wrap_error
from tritone.nn.mel_frames import resample_frames
from tritone.nn.vocoders.loop import fit_channels
from tritone.signal.loops import loop_length
from tritone.signal.periodic import resample_periodic

TEMPOS = (77.0, 120.0, 174.0)
WRAP = 1e-5
FEWEST = 8
"""Loops of one length under which their seams are not compared as sets."""


def wrap_row(maker: Maker, count: int) -> Row:
    """Each new loop at one of the tempos: rendered once and repeated, beside written twice and rendered."""
    model, errors = maker.model, []
    for index in range(count):
        length = loop_length(model.bars, TEMPOS[index % len(TEMPOS)], model.sample_rate, beats_per_bar(model))
        spectrogram = fit_channels(maker.spectrogram(index, index), model.vocoder.channels)
        errors.append(wrap_error(_renderer(model, length), spectrogram, length))
    tempos = ", ".join(f"{tempo:g}" for tempo in TEMPOS)
    what = f"wrap error of the renderer, largest of {count} loops at {tempos} BPM"
    return at_most(what, max(errors), WRAP, "of the peak", count, f"median {np.median(errors):.2g}")


def _renderer(model: LoopGAN, length: int) -> Callable[[Tensor, int], Tensor]:
    """`render_loop` for a whole number of repetitions of a loop of `length` samples, each of as many hops as one."""

    @torch.no_grad()
    def render(log_mel: Tensor, samples: int) -> Tensor:
        frames = samples // length * max(1, round(length / model.vocoder.hop))
        return resample_periodic(model.vocoder.around(resample_frames(log_mel, frames)), samples)

    return render


def length_rows(maker: Maker) -> list[Row]:
    """Exact lengths at each tempo."""
    model, rows = maker.model, []
    for bpm in TEMPOS:
        wanted = round(model.bars * beats_per_bar(model) * 60 / bpm * model.sample_rate)
        made = model.render(model.styles([0, 1], bpm=bpm), [0, 1], bars=model.bars, bpm=bpm)
        what = f"samples too many or too few at {bpm:g} BPM, of {wanted}"
        rows.append(at_most(what, abs(made.shape[-1] - wanted), 0, "samples", len(made)))
    return rows


def seam_rows(sets: Sets) -> list[Row]:
    """Jump and click at the seam beside real loops, recorded and of the data; the seam beside the middle."""
    real = [*recorded_sounds(), *sets.known]
    jumps, clicks = ([_each(sounds) for sounds in (sets.made, real)] for _each in (_jumps, _clicks))
    largest, count = [max(side) for side in jumps], len(sets.made)
    found = [
        Row(
            "sample jump at the seam, largest", *largest, None, "p99 of steps", count, spread(jumps),
            "within the range of real loops", largest[0] <= largest[1],
        )
    ]  # fmt: skip
    for what, sides, unit in (
        ("sample jump at the seam", jumps, "p99 of steps"),
        ("treble at the seam over the loudest other beat", clicks, "dB"),
    ):
        ours, real_side = (p95(side) for side in sides)
        found.append(Row(f"{what}, 95th percentile", ours, real_side, None, unit, count, spread(sides)))
    return found + _excess_rows(sets)


def _jumps(sounds: Sequence[Sound]) -> list[float]:
    return [float(seam_jump(one.audio[None])) for one in sounds]


def _clicks(sounds: Sequence[Sound]) -> list[float]:
    return [float(seam_click(one.audio[None], one.rate, one.beats)) for one in sounds if one.beats > 1]


def _excess_rows(sets: Sets) -> list[Row]:
    """fd-logmel around the seam less that around the middle, for loops of the commonest length."""
    (length, _), rate = Counter(one.audio.shape[-1] for one in sets.known).most_common(1)[0], sets.known[0].rate
    known, made, held_out = (
        [one.mono() for one in sounds if one.audio.shape[-1] == length]
        for sounds in (sets.known, sets.made, sets.held_out)
    )
    count = min(len(made), len(held_out))
    if min(count, len(known)) < FEWEST:
        return []
    reference = torch.cat(known)
    ours, real = (
        seam_excess(frechet_distance, lambda audio: embed(audio, rate), reference, torch.cat(side[:count]))
        for side in (made, held_out)
    )
    what = "distance to training loops around the seam less that around the middle"
    return [Row(what, ours, real, None, "fd-logmel", count, "-")]


if __name__ == "__main__":
    sys.exit("gan_loop_seams.py is a part of the benchmarks; run gan_loops.py.")
