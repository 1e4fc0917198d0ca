"""Figures of all systems against one reference."""

from collections.abc import Sequence
from pathlib import Path

from tritone.judge.assess import Assessment, quiet
from tritone.judge.compare.exchange import Exchange
from tritone.judge.compare.judged import Judged
from tritone.judge.compare.material import Material
from tritone.judge.compare.systems import Made
from tritone.judge.copy_figures import CopySearch
from tritone.judge.embeddings import Embedded, load_embedding
from tritone.judge.fidelity import fidelity_figures
from tritone.judge.figure import Metric
from tritone.judge.subject import Subject


class Judge:
    """Measures what systems made, all with the same embeddings, so that any two of them can be tested."""

    def __init__(
        self, material: Material, embeddings: Sequence[str], *, classifier: Path | None = None, seed: int = 0
    ) -> None:
        self.material, self.classifier, self.seed = material, classifier, seed
        self.embeddings = [load_embedding(name) for name in embeddings]
        self.embedded: dict[tuple[str, str], Embedded] = {}
        self.searches: dict[bool, CopySearch] = {}

    def judged(self, made: Made, seen: frozenset[str]) -> Judged:
        """All figures of one kind of sound of a system; `seen` names the networks that trained it."""
        if made.kind == "reconstructed":
            inputs = {clip.name: clip for clip in self.material.held_out.clips}
            pairs = [(inputs[clip.name], clip) for clip in made.clips.clips]
            return Judged(made.system, made.kind, tuple(fidelity_figures(pairs, made.clips.rate, seed=self.seed)))
        subject = Subject(made.clips, seen=seen, figures=made.figures)
        work = Assessment(subject, self.material, self.seed, quiet, self.searches)
        figures = work.sets(self.embeddings, self.classifier)
        if figures:
            for embedding in self.embeddings:
                self.embedded[embedding.name, made.system] = embedding.embed(made.clips)
        found, copies = work.copies()
        figures += [*found, *work.each()]
        return Judged(made.system, made.kind, tuple(figures), copies, tuple(work.warnings), seen)

    def exchange(self, metric: Metric, first: str, second: str) -> float | None:
        """The p of a kernel distance for two systems; None for all other figures."""
        kind, _, name = metric.key.partition("-")
        sides = {system: self.embedded.get((name, system)) for system in (first, second)}
        known = [embedding for embedding in self.embeddings if embedding.name == name]
        if kind != "kd" or not known or None in sides.values():
            return None
        systems = {system: rows for system, rows in sides.items() if rows is not None}
        reference = self.material.held_out if self.material.training is None else self.material.training
        return Exchange(known[0].embed(reference), systems).p(first, second, seed=self.seed)
