"""Loops from models that make sound of any length: bars and tempo say how long, the file says so to samplers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.generate import check_count, sound_seed
from tritone.play.load import require
from tritone.play.loop_model import MOST_SECONDS, Show
from tritone.play.loop_names import bars_words, loop_name, tempo_words
from tritone.play.sound import make_folder
from tritone.play.wishes import asked, finish
from tritone.signal.loop_chunks import write_loop
from tritone.signal.loops import FASTEST, SLOWEST, loop_length

BEATS = 4
"""Beats of a bar."""
USUAL_TEMPO = 120.0
BAR_COUNTS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256)
"""What a loop of unknown tempo may hold."""


@dataclass(frozen=True)
class SoundLoop:
    """How long a loop is."""

    bars: float
    bpm: float
    samples: int
    told: bool
    """Whether the tempo was asked for, or else follows from the length alone."""


def generate_loops(
    model: Synthesizer,
    out: Path,
    *,
    bars: float | None = None,
    bpm: float | None = None,
    seconds: float | None = None,
    run: Path | str = "the run",
    count: int = 8,
    seed: int = 0,
    controls: Mapping[str, Any] | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write `count` new loops of exactly so many bars to `out`, with loop points and tempo; gives their paths.

    Two of `bars`, `bpm` and `seconds` say how long they are; for what is missing see `loop_form`.
    """
    require(model, "generate", run)
    check_count(count)
    form = loop_form(model.sample_rate, bars, bpm, seconds)
    wanted = {**(controls or {}), "loop": True, **({"bpm": form.bpm} if form.told else {})}
    written = []
    for index in range(count):
        wishes = asked(model, run, wanted, show, index, count)
        audio = model.generate(1, form.samples / model.sample_rate, [sound_seed(seed, index)], **wishes)
        written.append(out / loop_name(f"seed-{seed}-{index:03d}", wanted.get("label", ""), form.bpm))
        make_folder(out)
        write_loop(
            written[-1], audio[0].cpu().numpy(), model.sample_rate, bars=form.bars, bpm=form.bpm, beats_per_bar=BEATS,
            comment=f"seed {seed}, {index}, {bars_words(form.bars)} at {tempo_words(form.bpm)} BPM",
        )  # fmt: skip
    finish(model, show, count)
    return written


def loop_form(
    rate: int, bars: float | None = None, bpm: float | None = None, seconds: float | None = None
) -> SoundLoop:
    """The loop that is asked for, in samples of `rate`.

    Without a tempo, bars that last `seconds` have one; without bars either, there are as many as bring it nearest to
    120. Without `seconds`, there is 1 bar at 120. UserError for what fits no loop.
    """
    told = bars is not None or bpm is not None
    if bpm is not None and not SLOWEST <= bpm <= FASTEST:
        raise UserError(f"--bpm must lie between {SLOWEST:g} and {FASTEST:g}, not {bpm:g}.")
    if seconds is None and not told:
        seconds = 4.0
    if seconds is None:
        bars, bpm = 1.0 if bars is None else bars, USUAL_TEMPO if bpm is None else bpm
        samples = loop_length(bars, bpm, rate, BEATS)
    else:
        bars, bpm = _in_time(seconds, bars, bpm)
        samples = round(seconds * rate)
    if samples < 1 or samples / rate > MOST_SECONDS:
        raise UserError(f"A loop lasts at least a sample and at most {MOST_SECONDS:g} s, not {samples / rate:,.1f} s.")
    return SoundLoop(bars, bpm, samples, told)


def _in_time(seconds: float, bars: float | None, bpm: float | None) -> tuple[float, float]:
    """Bars and tempo of a loop that lasts so long."""
    if bars is not None and bpm is not None:
        raise UserError("--seconds follows from --bars and --bpm; leave one of the three out.")
    if bpm is not None:
        counted = seconds * bpm / 60 / BEATS
        bars = round(counted * BEATS) / BEATS
        if not bars or abs(counted - bars) > 0.01:
            raise UserError(
                f"--seconds {seconds:g} holds no whole number of beats at {bpm:g} BPM; give --bars instead."
            )
        return bars, bpm
    if bars is None:
        bars = min(BAR_COUNTS, key=lambda each: abs(log2(each * BEATS * 60 / seconds / USUAL_TEMPO)))
    bpm = bars * BEATS * 60 / seconds
    if not SLOWEST <= bpm <= FASTEST:
        raise UserError(
            f"{bars_words(bars)} in {seconds:g} s would be {bpm:.1f} BPM, and loops have {SLOWEST:g} to {FASTEST:g}; "
            "give other --bars."
        )
    return bars, bpm
