"""Everything that a comparison found: the page, the tables and the data are three forms of this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tritone.judge.compare.cost import Cost
from tritone.judge.compare.curves import Curves
from tritone.judge.compare.judged import Judged
from tritone.judge.compare.manifest import Kind, Manifest
from tritone.judge.compare.verdicts import Verdict
from tritone.judge.copies import Copy


@dataclass(frozen=True)
class Compared:
    """A system: where it comes from, what it cost, and how long it works for a second of sound."""

    name: str
    source: str
    compute: Mapping[Kind, float]
    """Seconds of work for a second of sound, measured while the sounds were made; nothing for files."""
    cost: Cost | None
    """None for files."""
    run: str = ""
    """The run folder, whose `Curves` have this name."""


@dataclass(frozen=True)
class Real:
    """The real sound that all is held against."""

    path: str
    rate: int
    channels: int
    held_out: int
    """Sounds that no model was trained on, as far as the reference knows."""
    training: int
    """Sounds of the training part; 0 for a plain folder."""
    seconds: float
    """Of held-out sound."""


@dataclass(frozen=True)
class NearCopy:
    """A new sound and the training sound that is most like it, both as files of the report."""

    system: str
    copy: Copy
    sample: str
    """File below REPORT."""
    known: str
    """File below REPORT; of a long training sound the stretch that is alike."""
    gain: float
    """Decibels that bring the training sound to the loudness of all."""
    loop: bool
    """Whether the training sound's last sample leads into its first."""


@dataclass(frozen=True)
class Comparison:
    """The whole of it."""

    real: Real
    systems: tuple[Compared, ...]
    judged: tuple[Judged, ...]
    """System by system, new sounds before reconstructions."""
    verdicts: tuple[Verdict, ...]
    curves: tuple[Curves, ...]
    near: tuple[NearCopy, ...]
    """The most alike pairs of each system, system by system."""
    manifest: Manifest
    count: int
    """New sounds that each system was asked for."""
    seed: int
    """Of the first of them."""
    command: str
    """That makes it again."""
    made: Mapping[str, str]
    """Version, machine, date."""
    warnings: tuple[str, ...] = ()
    """Sentences that a reader must know first."""

    def of(self, kind: Kind) -> Sequence[Judged]:
        """Those with sounds of this kind."""
        return [one for one in self.judged if one.kind == kind]

    def system(self, name: str) -> Compared:
        """A system by its name."""
        return next(system for system in self.systems if system.name == name)
