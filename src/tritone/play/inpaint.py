"""A part of a file made anew; the rest stays as it is, sample by sample."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.generate import channel_seeds, check_count
from tritone.play.kept import write_kept
from tritone.play.load import require
from tritone.play.loop_model import Show
from tritone.play.sound import as_it_came, read_for
from tritone.play.wishes import asked, finish

SLACK_SECONDS = 0.005
"""So far beyond the end a stretch may reach: lengths are told in hundredths of a second."""
_STRETCH = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*:\s*(\d+(?:\.\d*)?|\.\d+)\s*")

Stretch = tuple[float, float]
"""From and to, in seconds."""


def parse_redo(text: str) -> list[Stretch]:
    """Stretches of "1.0:2.5,4:5"; UserError for anything else."""
    stretches = []
    for part in text.split(","):
        found = _STRETCH.fullmatch(part)
        if not found:
            raise UserError(f"--redo wants seconds from and to, like 1.0:2.5 or 0:0.5,4:5, not {text!r}.")
        start, end = float(found[1]), float(found[2])
        if end <= start:
            raise UserError(f"--redo {part.strip()} ends before it begins; give the earlier second first.")
        stretches.append((start, end))
    return stretches


def inpaint_file(
    model: Synthesizer,
    path: Path,
    out: Path,
    *,
    redo: Sequence[Stretch],
    resamples: int = 4,
    run: Path | str = "the run",
    count: int = 4,
    seed: int = 0,
    controls: Mapping[str, Any] | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write the file to `out`, `count` times, with the stretches `redo` made anew; gives the paths.

    All else is what it was, sample by sample, in the file's rate and channels. UserError for a stretch outside the
    file, and where nothing would stay.
    """
    require(model, "inpaint", run)
    check_count(count)
    sound = read_for(model, path)
    keep = _kept(redo, path, sound.samples, sound.rate)
    heard = torch.from_numpy(_kept(redo, path, sound.audio.shape[-1], model.sample_rate))
    written = []
    for index in range(count):
        wishes = asked(model, run, controls or {}, show, index, count)
        seeds = channel_seeds(sound, seed, index)
        made = model.inpaint(sound.audio, heard[None, None], seeds, resamples=resamples, **wishes)
        written.append(out / f"{path.stem}-redone-seed-{seed}-{index:03d}.wav")
        write_kept(written[-1], as_it_came(sound, made, model.sample_rate), path, keep)
    finish(model, show, count)
    return written


def _kept(redo: Sequence[Stretch], path: Path, samples: int, rate: int) -> np.ndarray:
    """Which samples stay, bool `(samples,)`."""
    keep = np.ones(samples, dtype=bool)
    seconds = samples / rate
    for start, end in redo:
        if end > seconds + SLACK_SECONDS:
            raise UserError(f"--redo {start:g}:{end:g} reaches beyond {path}, which lasts {seconds:.2f} s.")
        first, last = round(start * rate), round(end * rate)
        if first >= min(last, samples):
            raise UserError(f"--redo {start:g}:{end:g} holds no sample of {path}; give a longer stretch.")
        keep[first:last] = False
    if not keep.any():
        raise UserError(f"--redo keeps nothing of {path}; for new sound leave --inpaint out and give --seconds.")
    return keep
