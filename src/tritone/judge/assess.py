"""Every group of figures of a set of sounds, against a reference, with real held-out sound beside it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tritone.judge.compare.material import Material
from tritone.judge.copies import Copy
from tritone.judge.copy_figures import CopySearch
from tritone.judge.embeddings import Embedding
from tritone.judge.feature_figures import feature_figures
from tritone.judge.fidelity import fidelity_figures
from tritone.judge.figure import Figure
from tritone.judge.likeness import FEWEST, likeness_figures
from tritone.judge.loop_figures import loop_figures
from tritone.judge.prints import have_tempo
from tritone.judge.signal_figures import signal_figures
from tritone.judge.subject import Subject
from tritone.judge.variety import variety_figures

ENOUGH = 50
"""Sounds from which on most figures say something."""

Stage = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Opens a stage of the work by its name; gives what is told how far it is."""


@contextmanager
def quiet(name: str) -> Iterator[Callable[[int, int], None]]:
    """A stage that shows nothing."""
    yield lambda done, total: None


@dataclass
class Assessment:
    """The groups of figures of one subject."""

    subject: Subject
    material: Material
    seed: int
    stage: Stage
    searches: dict[bool, CopySearch] = field(default_factory=dict)
    """Searches for copies among the training sound, by beat or not; kept for other subjects."""

    def __post_init__(self) -> None:
        material, clips = self.material, self.subject.clips
        self.reference = material.held_out if material.training is None else material.training
        self.real = None if material.training is None else material.held_out
        self.warnings = list(self.subject.notes)
        if len(clips) < ENOUGH:
            self.warnings.append(f"Only {len(clips)} sounds were judged; intervals are wide below {ENOUGH}.")
        if self.real is None:
            self.warnings.append(
                f"{material.path} is a plain folder: nothing was held out, so no value of real sound stands beside, "
                "and copies were not looked for."
            )

    def sets(self, judges: Sequence[Embedding], classifier: Path | None) -> list[Figure]:
        """Likeness and variety, which take a dozen sounds on each side."""
        clips, real = self.subject.clips, self.real
        fewest = min(len(clips), len(self.reference))
        if fewest < FEWEST:
            self.warnings.append(f"Likeness and variety were not measured: they take {FEWEST} sounds on each side.")
            return []
        if real is not None and len(real) < FEWEST:
            self.warnings.append(
                f"Only {len(real)} sounds were held out: likeness and variety have no value of real sound."
            )
            real = None
        figures = likeness_figures(
            self.reference, clips, embeddings=judges, seen=self.subject.seen, real=real, seed=self.seed
        )
        return figures + variety_figures(self.reference, clips, real=real, classifier=classifier, seed=self.seed)

    def copies(self) -> tuple[list[Figure], tuple[Copy, ...]]:
        """The nearest training sound of each."""
        if self.real is None:
            return [], ()
        clips = self.subject.clips
        by_beat = have_tempo([*self.reference.clips, *clips.clips, *self.real.clips])
        if by_beat not in self.searches:
            known = self.material.every_training_sound()
            self.searches[by_beat] = CopySearch(known, self.real, by_beat=by_beat)
        return self.searches[by_beat].figures(clips, seed=self.seed)

    def each(self) -> list[Figure]:
        """What is measured on every sound by itself, or on pairs."""
        clips = self.subject.clips
        with self.stage("loops"):
            figures = loop_figures(self.reference, clips, self.real, seed=self.seed)
            figures = [*self.subject.figures, *figures] if figures else figures
        with self.stage("sound"):
            figures += signal_figures(clips, self.real, seed=self.seed)
            figures += feature_figures(self.reference, clips, self.real, seed=self.seed)
        if self.subject.pairs:
            with self.stage("fidelity"):
                figures += fidelity_figures(self.subject.pairs, clips.rate, seed=self.seed)
        return figures
