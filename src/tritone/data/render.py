"""Sets of loops, seamless, varied, reproducible and free to use: of drums from single hits, or of synthesisers."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from tritone.assets import KIT
from tritone.data import draw
from tritone.data.drums import render_drum_loop
from tritone.data.kits import SHELVES, OneShots
from tritone.data.loop import Loop
from tritone.data.synth import render_synth_loop
from tritone.errors import UserError
from tritone.signal.files import sound_writer

Kind = Literal["drums", "synth"]
SLOWEST, FASTEST = 20, 400


def render_loops(
    out: Path,
    count: int,
    *,
    kind: Kind = "drums",
    bars: int = 1,
    bpm: float | tuple[int, int] = 120.0,
    seconds: float | None = None,
    sample_rate: int = 44_100,
    channels: int = 2,
    seed: int = 0,
    kit: Path | None = None,
    shelves: Sequence[str] = SHELVES,
    first: int = 0,
    file_format: Literal["flac", "wav"] = "flac",
    workers: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[Path]:
    """Render `count` loops into `out/LABEL/LABEL_120bpm_VARIETY_00042.flac` and return the paths in order of index.

    The label is a genre and the variety a kit (kita07) for `kind` "drums", and for "synth" an instrument and a key.
    `bpm` is one tempo, or the slowest and the fastest: each loop then has a whole number of beats a minute between
    them. A loop has exactly `round(bars * 240 / bpm * sample_rate)` samples. `seconds`, when given, sets the tempo
    instead: so many bars in so many seconds. `kit` is a folder of drum hits sorted by role (the shipped one by
    default); `shelves` limits the kits to some shelves (see `tritone.data.kits`), to hold others out. `first` is the
    index of the first loop. `workers` is the number of threads, 0 for one a core. `progress` is called with the number
    of finished loops.

    A loop is a pure function of (seed, index) and these settings. Raises UserError for settings that no loop can have
    and for a kit that cannot be read.
    """
    if seconds is not None:
        bpm = bars * 240.0 / seconds if seconds > 0 else 0.0
    slowest, fastest = bpm if isinstance(bpm, tuple) else (bpm, bpm)
    _check(count, bars, slowest, fastest, sample_rate, channels, shelves)
    if kit is not None and kind != "drums":
        raise UserError(f"A kit of drum hits ({kit}) has no place in a {kind}; leave it out, or render drums.")
    shots = OneShots(kit or KIT, sample_rate) if kind == "drums" else None

    def one(index: int) -> Path:
        tempo = slowest if slowest == fastest else _tempo(int(slowest), int(fastest), seed, index)
        if shots is None:
            loop = render_synth_loop(seed, index, bars=bars, bpm=tempo, sample_rate=sample_rate, channels=channels)
        else:
            loop = render_drum_loop(
                shots, seed, index, bars=bars, bpm=tempo, sample_rate=sample_rate, channels=channels, shelves=shelves
            )
        return _write(loop, out, index, file_format)

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {out} cannot be made ({error.strerror}); choose another folder.") from error
    paths = []
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        for path in pool.map(one, range(first, first + count)):
            paths.append(path)
            if progress is not None:
                progress(len(paths))
    return paths


def _tempo(slowest: int, fastest: int, seed: int, index: int) -> float:
    return float(slowest + draw.below(fastest - slowest + 1, seed, index, draw.TEMPO))


def _write(loop: Loop, out: Path, index: int, file_format: str) -> Path:
    path = out / loop.label / f"{loop.label}_{_plain(loop.bpm)}bpm_{loop.variety}_{index:05d}.{file_format}"
    path.parent.mkdir(exist_ok=True)
    with sound_writer(path, loop.sample_rate, len(loop.audio), kind=file_format.upper(), subtype="PCM_16") as write:
        write(loop.audio.T)
    return path


def _check(
    count: int, bars: int, slowest: float, fastest: float, sample_rate: int, channels: int, shelves: Sequence[str]
) -> None:
    problems = []
    if count < 0:
        problems.append(f"the number of loops cannot be {count}")
    if bars < 1:
        problems.append(f"a loop has at least 1 bar, not {bars}")
    for bpm in sorted({slowest, fastest}):
        if not SLOWEST <= bpm <= FASTEST:
            problems.append(
                f"the tempo must lie between {SLOWEST} and {FASTEST} beats a minute, not {bpm:g}; change bpm, seconds "
                "or bars"
            )
    if slowest > fastest:
        problems.append(f"tempos go from the slowest to the fastest, not from {slowest:g} to {fastest:g}")
    if not 8_000 <= sample_rate <= 192_000:
        problems.append(f"the sample rate must lie between 8000 and 192000 Hz, not {sample_rate}")
    if channels not in (1, 2):
        problems.append(f"channels is 1 or 2, not {channels}")
    if not shelves or any(shelf not in SHELVES or len(shelf) != 1 for shelf in shelves):
        problems.append(f"shelves must be some of {', '.join(SHELVES)}, not {list(shelves)}")
    if problems:
        raise UserError("render: " + "; ".join(problems) + ".")


def _plain(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")
