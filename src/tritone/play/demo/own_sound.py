"""The sound of a demo on the user's own folder: as much of it as the time allows, which is only read."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tritone.data.prepare import prepare
from tritone.data.scan import Source, printable, scan
from tritone.data.sidecar import read_sidecar
from tritone.errors import UserError
from tritone.play.demo.material import PIECE, Material, Show, material_of
from tritone.play.demo.place import DATA, EXCERPTS
from tritone.signal.channels import mix
from tritone.signal.files import audio_info, read_audio, write_wav
from tritone.signal.loops import tempo_from_name

LEAST_SECONDS = 20.0
"""Sound that a model needs to learn anything at all."""
SECONDS_A_MINUTE = 100.0
"""Seconds of sound that are taken for each minute of the demo."""
FEWEST_LOOPS = 24
"""Loops of a bar from which on a folder counts as one of loops."""
BAR_SECONDS = 1.2, 4.0
"""How long files may be that are all of one length, to be taken for one bar."""
ENOUGH_HELD_OUT = 12
"""Sounds that are held out at least, where there are so many."""


@dataclass(frozen=True)
class Taken:
    """A file, or the beginning of a long one."""

    source: Source
    seconds: float
    """That are used."""
    whole: float
    """That it has."""
    bpm: float | None

    @property
    def bars(self) -> int:
        """Whole bars of four beats in it, as far as the tempo is known."""
        return 0 if self.bpm is None else int((self.seconds + 0.05) * self.bpm / 240)


@dataclass(frozen=True)
class OwnSound:
    """The folder `sound`; results go to `out`, which may not lie in it."""

    sound: Path
    out: Path
    minutes: float
    """That the demo may take."""
    seed: int = 0
    own = True

    @cached_property
    def found(self) -> int:
        """Sound files in the folder."""
        return len(self._sources)

    @cached_property
    def _sources(self) -> list[Source]:
        sources, _ = scan([self.sound], self.out)
        if not sources:
            raise UserError(
                f"There are no sound files in {printable(str(self.sound))}; give a folder with WAV, FLAC, OGG, MP3 or "
                "the like."
            )
        return sources

    @cached_property
    def taken(self) -> tuple[Taken, ...]:
        """The files that are used, in an order that follows from their names. UserError where there is too little."""
        most, taken, total = SECONDS_A_MINUTE * self.minutes, list[Taken](), 0.0
        each = most if len(self._sources) == 1 else most / 4
        for source in sorted(
            self._sources, key=lambda one: hashlib.blake2b(one.name.encode("utf-8", "replace")).digest()
        ):
            one = _looked_at(source, min(each, most - total))
            if one is not None:
                taken.append(one)
                total += one.seconds
            if total >= most - 0.5:
                break
        if not taken:
            raise UserError(
                f"None of the {self.found} files in {printable(str(self.sound))} can be read; `tritone prepare` says "
                "what is wrong with each."
            )
        if total < LEAST_SECONDS:
            files = "1 file" if len(taken) == 1 else f"{len(taken)} files"
            raise UserError(
                f"{printable(str(self.sound))} has only {total:.3g} s of sound in {files}; a model needs at least "
                f"{LEAST_SECONDS:g} s to learn anything, and 5 minutes to learn it well: add recordings."
            )
        return tuple(taken)

    @property
    def seconds(self) -> float:
        """Seconds of sound that are used."""
        return sum(one.seconds for one in self.taken)

    @cached_property
    def tempo(self) -> float | None:
        """Beats a minute of files that name none but are all of one length, that of a bar."""
        ((rounded, count),) = Counter(round(one.whole, 1) for one in self.taken).most_common(1)
        low, high = BAR_SECONDS
        alike = [one.whole for one in self.taken if abs(one.whole - rounded) < 0.15]
        if len(alike) < 0.8 * len(self.taken) or count < FEWEST_LOOPS or not low <= rounded <= high:
            return None
        if max(alike) - min(alike) > 0.01 * rounded:
            return None
        return round(240 / (sum(alike) / len(alike)), 2)

    @cached_property
    def loops(self) -> bool:
        """Whether most of it is loops of whole bars."""
        named = [one for one in self.taken if one.bars]
        return self.tempo is not None or (
            2 * len(named) >= len(self.taken) and sum(one.bars for one in named) >= FEWEST_LOOPS
        )

    def plan(self) -> Mapping[str, Any]:
        """All that decides what is made of the folder."""
        return {
            "sound": printable(str(self.sound.resolve())),
            "seed": self.seed,
            "files": sorted([printable(one.source.name), round(one.seconds, 3)] for one in self.taken),
            "loops": self.loops,
        }

    def gather(self, work: Path, show: Show) -> Material:
        """Prepare it: of long files an excerpt, of loops each bar."""
        bars = 1.0 if self.loops else None
        files = [self._file(work, one) for one in self.taken]
        prepare(
            files, work / DATA, bars=bars, bpm=self.tempo if self.loops else None, validation=self._share(),
            seed=self.seed, show=show,
        )  # fmt: skip
        return material_of(work / DATA)

    def _share(self) -> float:
        """How much is held out: a tenth, or as much as makes enough sounds, at most 3 tenths."""
        pieces = sum(one.bars if self.loops and one.bars else max(1, int(one.seconds / PIECE)) for one in self.taken)
        return min(0.3, max(0.1, ENOUGH_HELD_OUT / pieces))

    def _file(self, work: Path, one: Taken) -> Path:
        if one.seconds >= one.whole:
            return one.source.path
        number = [each.source for each in self.taken].index(one.source)
        path = work / EXCERPTS / f"{number:03d}-{printable(one.source.path.stem)[:80]}.wav"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            rate = audio_info(one.source.path).rate
            audio, rate = read_audio(one.source.path, 0, round(one.seconds * rate))
            write_wav(path, mix(audio, 1), rate, "PCM_16")
        return path


def _looked_at(source: Source, most: float) -> Taken | None:
    """What there is in a file, at most `most` seconds of it; None where it cannot be read."""
    try:
        info = audio_info(source.path)
    except (UserError, OSError):
        return None
    whole = info.frames / info.rate
    if whole <= 0:
        return None
    note = read_sidecar(source.path)
    bpm = note.bpm or (note.bars * 240 / whole if note.bars else None) or tempo_from_name(source.name)
    return Taken(source, min(whole, most), whole, bpm)
