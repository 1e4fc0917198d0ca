"""What diffusion_control measures of loops: are they exactly as long as asked, and is there anything at their seam?

Loops come as `tritone generate --loop` writes them into files. Beside them stand recorded loops and those of the data,
and the same model with the same seeds when it is not told to loop.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from diffusion_control_sounds import Player
from gan_loop_seams import TEMPOS, seam_rows
from gan_loop_sounds import Sets, Sound, data_sounds, evenly, recorded_sounds
from table import Row, at_most

from tritone.data.store import Dataset, Item
from tritone.judge.loopability import wrap_error
from tritone.play.contact_sheet import contact_sheet, picture_of
from tritone.play.generate import sound_seed
from tritone.play.sound_loops import BEATS, USUAL_TEMPO, generate_loops
from tritone.signal.files import read_audio

BARS = 2.0
"""Of loops where the data has none, and of those at `TEMPOS`."""
REFERENCE = 512
"""Most loops of the data that are compared with."""
OF_A_TEMPO = 2
WRAP = 1e-5
PICTURES, COLUMNS = 8, 4


def loop_rows(one: Player, dataset: Dataset, count: int, picture: Path | None) -> list[Row]:
    """All rows; the first eight loops and four of the data into `picture`."""
    known = real_loops(dataset, "train")
    items = evenly(dataset.split("train"), count)
    asked = [(item, *form_of(item, dataset)) for item in items]
    looped, plain = [], []
    with TemporaryDirectory() as folder:
        for seed, (item, bars, bpm) in enumerate(asked):
            print(f"loop {seed + 1} of {len(asked)}", file=sys.stderr, flush=True)
            looped.append(made_loop(one, Path(folder), item, bars, bpm, seed))
            plain.append(_not_looped(one, item, looped[-1], seed))
        lengths = [
            _too_long(made_loop(one, Path(folder), item, BARS, bpm, seed), BARS, bpm)
            for bpm in TEMPOS
            for seed, item in enumerate(items[:OF_A_TEMPO])
        ]
    lengths += [_too_long(each, bars, bpm) for each, (_, bars, bpm) in zip(looped, asked, strict=True)]
    held_out = real_loops(dataset, "validation") if known else []
    sets = Sets(looped, known or recorded_sounds(), held_out)
    if picture:
        _write_picture(picture, sets)
    contrast = [
        replace(row, what=f"not told to loop: {row.what}", bar=None, holds=None)
        for row in seam_rows(replace(sets, made=plain))
    ]
    return [_length_row(lengths), _wrap_row(one, known[:OF_A_TEMPO]), *seam_rows(sets), *contrast]


def real_loops(dataset: Dataset, split: str) -> list[Sound]:
    """Whole loops of a dataset, evenly; none where it has none."""
    items = [item for item in dataset.split(split) if item.loop]
    beats = round((items[0].bars or 0) * dataset.beats_per_bar) if items else 0
    return data_sounds(dataset, evenly(items, REFERENCE), beats)


def form_of(item: Item, dataset: Dataset) -> tuple[float, float]:
    """Bars, of four beats, and tempo of a loop like an item."""
    if item.loop and item.bars and item.bpm:
        return item.bars * dataset.beats_per_bar / BEATS, item.bpm
    return BARS, USUAL_TEMPO


def made_loop(one: Player, folder: Path, item: Item, bars: float, bpm: float, seed: int) -> Sound:
    """A loop as its file has it, told what the item is but for its tempo."""
    [path] = generate_loops(
        one.model, folder, bars=bars, bpm=bpm, run=one.path, count=1, seed=seed, controls=_untimed(one, item)
    )
    audio, rate = read_audio(path)
    path.unlink()
    return Sound(torch.from_numpy(np.ascontiguousarray(audio, np.float32)), rate, round(bars * BEATS))


@torch.no_grad()
def _not_looped(one: Player, item: Item, loop: Sound, seed: int) -> Sound:
    """Sound of the same seed and length, told the same, but not to loop."""
    timed = {"bpm": loop.beats * 60 * loop.rate / loop.audio.shape[-1]} if one.model.config.by_tempo else {}
    seconds = loop.audio.shape[-1] / loop.rate
    audio = one.model.generate(1, seconds, [sound_seed(seed, 0)], **_untimed(one, item), **timed)[0]
    return replace(loop, audio=audio)


def _untimed(one: Player, item: Item) -> dict[str, Any]:
    return {name: value for name, value in one.controls(item).items() if name != "bpm"}


def _too_long(loop: Sound, bars: float, bpm: float) -> int:
    """Samples by which a loop misses its length."""
    return abs(loop.audio.shape[-1] - round(bars * BEATS * 60 / bpm * loop.rate))


def _length_row(lengths: Sequence[int]) -> Row:
    tempos = ", ".join(f"{bpm:g}" for bpm in TEMPOS)
    what = f"samples too many or too few, most of all loops, among them {BARS:g} bars at {tempos} BPM"
    return at_most(what, max(lengths), 0, "samples", len(lengths))


@torch.no_grad()
def _wrap_row(one: Player, loops: Sequence[Sound]) -> Row:
    """A period rendered once and repeated, beside written twice and rendered; of noise where the data has no loops."""
    domain, errors = one.model.domain, []
    for seed in range(OF_A_TEMPO):
        if seed < len(loops):
            audio = one.model.fitting(loops[seed].audio[None])
            signal = domain.enter_loop(audio[..., : audio.shape[-1] // domain.ratio * domain.ratio])
        else:
            frames = max(2, one.model.sample_rate // domain.ratio)
            noise = torch.randn(1, domain.width, frames, generator=torch.Generator().manual_seed(seed))
            signal = domain.restore(noise)
        errors.append(wrap_error(domain.leave_loop, signal, signal.shape[-1] * domain.ratio))
    return at_most(f"wrap error of what renders {domain.name}", max(errors), WRAP, "of the peak", len(errors))


def _write_picture(path: Path, sets: Sets) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    named = [(f"new: seed {seed}", each) for seed, each in enumerate(sets.made[:PICTURES])]
    named += [("real", each) for each in sets.known[:COLUMNS]]
    pictures = [picture_of(title, each.audio, each.rate, beats=max(1, each.beats)) for title, each in named]
    contact_sheet(path, pictures, COLUMNS)


if __name__ == "__main__":
    sys.exit("diffusion_control_loops.py is a part of the benchmarks; run diffusion_control.py.")
