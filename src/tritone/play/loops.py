"""Loops from seeds: new ones, walks from one to the next, and the coarse of one with the fine of another."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.contact_sheet import MOST, NAME, Picture, contact_sheet, picture_of
from tritone.play.loop_model import LoopForm, LoopModel, LoopOptions, Show, fit_options, loop_model
from tritone.play.loop_names import bars_words, loop_name, tempo_words, walk_stem
from tritone.play.sound import make_folder
from tritone.signal.loop_chunks import write_loop


class LoopWriter:
    """Renders styles one at a time into the WAV files and the contact sheet of a folder."""

    def __init__(self, model: LoopModel, form: LoopForm, out: Path, sheet: bool) -> None:
        self.model, self.form, self.out, self.sheet = model, form, out, sheet
        self.written: list[Path] = []
        self.pictures: list[Picture | None] = []
        if out.exists():
            make_folder(out)  # refuses what is no folder before anything is rendered

    def style(self, seed: int) -> Tensor:
        """The style `(1, layers, w)` of a seed."""
        form = self.form
        return self.model.styles([seed], label=form.label, bpm=form.bpm, truncation=form.truncation)

    def render(self, style: Tensor, seed: int) -> Tensor:
        """The loop `(channels, time)` of a style `(1, layers, w)` with the noise of a seed."""
        return self.model.render(style, [seed], bars=self.form.bars, bpm=self.form.bpm)[0].detach().float().cpu()

    def write(self, stem: str, title: str, style: Tensor, seed: int) -> Tensor:
        """Render a style, write it and draw it; gives the sound `(channels, time)`."""
        form, audio = self.form, self.render(style, seed)
        path = self.out / loop_name(stem, form.label, form.bpm)
        make_folder(self.out)
        write_loop(
            path, audio.numpy(), self.model.sample_rate, bars=form.bars, bpm=form.bpm,
            beats_per_bar=form.beats_per_bar, comment=self._comment(title),
        )  # fmt: skip
        self.written.append(path)
        if self.drawing:
            self.draw(title, audio)
        return audio

    @property
    def drawing(self) -> bool:
        """Whether there is a sheet with room for another loop."""
        return self.sheet and len(self.pictures) < MOST

    def draw(self, title: str, audio: Tensor) -> None:
        """Put a loop on the sheet."""
        form, words = self.form, f"{title} · {tempo_words(self.form.bpm)} BPM"
        rate, beats = self.model.sample_rate, form.beats
        self.pictures.append(picture_of(words, audio, rate, beats=beats, beats_per_bar=form.beats_per_bar))

    def draw_only(self, title: str, seed: int) -> None:
        """Put the loop of a seed on the sheet without writing it."""
        if self.drawing:
            self.draw(title, self.render(self.style(seed), seed))

    def finish(self, columns: int | None = None) -> list[Path]:
        """Write the contact sheet, where one is wanted; gives all loops that were written."""
        if self.sheet:
            contact_sheet(self.out / NAME, self.pictures, columns)
        return self.written

    def _comment(self, title: str) -> str:
        form = self.form
        parts = [title, f"{bars_words(form.bars)} at {tempo_words(form.bpm)} BPM"]
        parts += [f"truncation {form.truncation:g}"] if form.truncation != 1 else []
        return ", ".join(parts + ([f"label {form.label}"] if form.label else []))


def make_loops(
    model: Synthesizer,
    out: Path,
    *,
    run: Path | str = "the run",
    count: int = 16,
    seed: int = 0,
    options: LoopOptions | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write `count` new loops to `out`, loop i of the seed `seed + i`; gives their paths.

    A seed gives the same file whatever the count. UserError where the model makes no loops, or none of this form.
    """
    if count < 1:
        raise UserError(f"--count must be at least 1, not {count}.")
    writer = _writer(model, out, run, options)
    for done in range(count):
        show(done, count)
        one = seed + done
        writer.write(f"seed-{one}", f"seed {one}", writer.style(one), one)
    show(count, count)
    return writer.finish()


def morph_loops(
    model: Synthesizer,
    out: Path,
    *,
    seeds: list[int],
    steps: int = 8,
    run: Path | str = "the run",
    options: LoopOptions | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write a walk through the styles of `seeds` to `out`, in `steps` equal steps from each to the next.

    These are `steps * (len(seeds) - 1) + 1` loops: every seed's own loop, and those between. Styles move in straight
    lines; the noise is that of the nearer seed.
    """
    if len(seeds) < 2:
        raise UserError(f"--morph wants at least two seeds, not {len(seeds)}.")
    if steps < 1:
        raise UserError(f"--steps must be at least 1, not {steps}.")
    writer = _writer(model, out, run, options)
    total = steps * (len(seeds) - 1) + 1
    digits = max(2, len(str(total - 1)))
    for done, (first, second, way) in enumerate(_way(seeds, steps)):
        show(done, total)
        style = torch.lerp(writer.style(first), writer.style(second), way)
        title = f"seed {first}" if way == 0 else f"seed {second}" if way == 1 else f"{first} → {second} · {way:.0%}"
        writer.write(f"morph_{walk_stem(seeds)}_{done:0{digits}d}", title, style, first if way <= 0.5 else second)
    show(total, total)
    return writer.finish()


def mix_loops(
    model: Synthesizer,
    out: Path,
    *,
    coarse: list[int],
    fine: list[int],
    split: int | None = None,
    run: Path | str = "the run",
    options: LoopOptions | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write every mix of a coarse seed's first `split` layers and a fine seed's others to `out`; gives their paths.

    By default `split` is half of the layers. The noise is that of the coarse seed. The contact sheet is a table with
    the loops of the fine seeds above and those of the coarse seeds at the left.
    """
    writer = _writer(model, out, run, options)
    layers = writer.style(coarse[0]).shape[1]
    split = layers // 2 if split is None else split
    if not 1 <= split < layers:
        raise UserError(f"--split must lie between 1 and {layers - 1} for this model, not {split}.")
    writer.pictures.append(None)  # the corner of the table
    for seed in fine:
        writer.draw_only(f"fine {seed}", seed)
    total = len(coarse) * len(fine)
    for row, first in enumerate(coarse):
        writer.draw_only(f"coarse {first}", first)
        for column, second in enumerate(fine):
            show(row * len(fine) + column, total)
            style = torch.cat((writer.style(first)[:, :split], writer.style(second)[:, split:]), dim=1)
            writer.write(f"mix_coarse-{first}_fine-{second}", f"coarse {first}, fine {second}", style, first)
    show(total, total)
    return writer.finish(columns=min(len(fine) + 1, MOST))


def _way(seeds: list[int], steps: int) -> Iterable[tuple[int, int, float]]:
    """Both ends of a stretch and the place between them, for every loop of a walk."""
    for first, second in pairwise(seeds):
        yield from ((first, second, step / steps) for step in range(steps))
    yield seeds[-2], seeds[-1], 1.0


def _writer(model: Synthesizer, out: Path, run: Path | str, options: LoopOptions | None) -> LoopWriter:
    loops, options = loop_model(model, run), options or LoopOptions()
    return LoopWriter(loops, fit_options(loops, options), out, options.sheet)
