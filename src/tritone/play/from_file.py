"""Sound that begins from a file: how it might go on, and how it might have been."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.generate import channel_seeds, check_count
from tritone.play.kept import write_kept
from tritone.play.load import require
from tritone.play.loop_model import Show
from tritone.play.loop_names import bars_words, like_stem, loop_name, tempo_words
from tritone.play.loop_tempo import said_tempo
from tritone.play.sound import Sound, as_it_came, make_folder, read_at, read_for, write
from tritone.play.sound_loops import BEATS, loop_form
from tritone.play.wishes import asked, finish
from tritone.signal.loop_chunks import write_loop
from tritone.signal.periodic import resample_periodic


def continue_file(
    model: Synthesizer,
    path: Path,
    out: Path,
    *,
    seconds: float,
    run: Path | str = "the run",
    count: int = 4,
    seed: int = 0,
    controls: Mapping[str, Any] | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write `count` sounds to `out` that begin with the file, sample by sample, and last `seconds`; gives their paths.

    They have the file's rate and channels. UserError where the file is no shorter than that.
    """
    require(model, "continue", run)
    check_count(count)
    sound = read_for(model, path)
    samples = round(seconds * sound.rate)
    if samples <= sound.samples:
        raise UserError(
            f"--seconds {seconds:g} is no longer than {path}, which lasts {sound.samples / sound.rate:.2f} s; give the "
            "length of the whole."
        )
    longer, written = replace(sound, samples=samples), []
    for index in range(count):
        wishes = asked(model, run, controls or {}, show, index, count)
        made = model.continue_from(sound.audio, seconds, channel_seeds(sound, seed, index), **wishes)
        written.append(out / f"{path.stem}-continued-seed-{seed}-{index:03d}.wav")
        write_kept(written[-1], as_it_came(longer, made, model.sample_rate), path, np.arange(samples) < sound.samples)
    finish(model, show, count)
    return written


def vary_file(
    model: Synthesizer,
    path: Path,
    out: Path,
    *,
    strength: float = 0.4,
    run: Path | str = "the run",
    count: int = 4,
    seed: int = 0,
    controls: Mapping[str, Any] | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write `count` variations of the file to `out`, of its length, rate and channels; gives their paths.

    `strength` 0 leaves it as the model hears it, 1 keeps nothing of it. With the control `loop` the file is taken as
    one period, and the results loop.
    """
    require(model, "vary", run)
    check_count(count)
    if not 0 <= strength <= 1:
        raise UserError(f"--strength must lie between 0 and 1, not {strength:g}.")
    wanted, written = controls or {}, []
    loops = bool(wanted.get("loop"))
    sound = _period(model, path) if loops else read_for(model, path)
    for index in range(count):
        wishes = asked(model, run, wanted, show, index, count)
        made = model.vary(sound.audio, strength, channel_seeds(sound, seed, index), **wishes)
        stem = f"{path.stem}-varied-seed-{seed}-{index:03d}"
        if loops:
            written.append(_write_loop(out, path, stem, sound, made, wanted.get("bpm")))
        else:
            written.append(out / f"{stem}.wav")
            write(written[-1], as_it_came(sound, made, model.sample_rate), sound.rate)
    finish(model, show, count)
    return written


def _period(model: Synthesizer, path: Path) -> Sound:
    """A file that is one period of a loop, at the model's rate."""
    sound = read_at(model, path, None)
    samples = max(1, round(sound.samples * model.sample_rate / sound.rate))
    return replace(sound, audio=resample_periodic(sound.audio, samples))


def _write_loop(out: Path, path: Path, stem: str, sound: Sound, made: Tensor, bpm: float | None) -> Path:
    """Write a loop as long as the file, with its tempo; gives the path."""
    seconds = sound.samples / sound.rate
    bpm = bpm or said_tempo(path, seconds, BEATS) or loop_form(sound.rate, seconds=seconds).bpm
    bars = seconds * bpm / 60 / BEATS
    target = out / loop_name(like_stem(stem), "", bpm)
    period = resample_periodic(made.float().cpu(), sound.samples)
    make_folder(out)
    write_loop(
        target, as_it_came(sound, period, sound.rate), sound.rate, bars=bars, bpm=bpm, beats_per_bar=BEATS,
        comment=f"{stem}, {bars_words(round(bars, 2))} at {tempo_words(bpm)} BPM",
    )  # fmt: skip
    return target
