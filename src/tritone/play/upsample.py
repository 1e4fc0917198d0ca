"""Sound at a low rate to sound at the model's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.generate import channel_seeds
from tritone.play.load import require
from tritone.play.loop_model import Show
from tritone.play.sound import as_it_came, find_sounds, outputs_for, read_at, write
from tritone.play.wishes import asked, finish
from tritone.signal.files import audio_info


def upsample(
    model: Synthesizer,
    audio: Sequence[Path],
    out: Path,
    *,
    rate: int | None = None,
    run: Path | str = "the run",
    seed: int = 0,
    controls: Mapping[str, Any] | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write files to `out` at the model's rate, with the channels that they have; gives the paths.

    `rate` is what each is brought down to first, for files whose upper band is empty; by default it is the file's own.
    UserError for a file that is not below the model's rate, or for a `rate` that is above the file's.
    """
    require(model, "upsample", run)
    files = find_sounds(audio)
    targets = outputs_for(files, out, ".wav")
    for path in files:
        _check_rate(path, audio_info(path).rate, rate, model.sample_rate)
    device = next(model.parameters()).device
    for done, (path, target) in enumerate(zip(files, targets, strict=True)):
        sound = read_at(model, path, rate)
        wishes = asked(model, run, controls or {}, show, done, len(files))
        made = model.upsample(sound.audio.to(device), rate or sound.rate, channel_seeds(sound, seed, 0), **wishes)
        whole = replace(sound, rate=model.sample_rate, samples=made.shape[-1])
        write(target, as_it_came(whole, made, model.sample_rate), model.sample_rate)
    finish(model, show, len(files))
    return targets


def _check_rate(path: Path, own: int, rate: int | None, wanted: int) -> None:
    if rate is not None and rate > own:
        raise UserError(f"--rate {rate} is above the {own} Hz of {path}; give a lower rate, or leave it out.")
    if (rate or own) >= wanted:
        raise UserError(
            f"{path} has {rate or own} Hz, and this model makes {wanted} Hz out of less; where its upper band is "
            "empty, say with --rate where that begins, times two."
        )
