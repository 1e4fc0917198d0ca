"""Figures of all systems against one reference."""

from collections.abc import Sequence
from pathlib import Path

from tritone.judge.clips import Clip, Clips
from tritone.judge.compare.exchange import Exchange
from tritone.judge.compare.judged import Judged
from tritone.judge.compare.material import Material
from tritone.judge.compare.systems import Made
from tritone.judge.copies import Copy
from tritone.judge.copy_figures import copy_figures
from tritone.judge.embeddings import Embedded, load_embedding
from tritone.judge.feature_figures import feature_figures
from tritone.judge.fidelity import fidelity_figures
from tritone.judge.figure import Figure, Metric
from tritone.judge.likeness import FEWEST, likeness_figures
from tritone.judge.loop_figures import loop_figures
from tritone.judge.prints import have_tempo
from tritone.judge.signal_figures import signal_figures
from tritone.judge.variety import variety_figures


class Judge:
    """Measures what systems made. New sound is held against training sound, with held-out sound beside it."""

    def __init__(
        self, material: Material, embeddings: Sequence[str], *, classifier: Path | None = None, seed: int = 0
    ) -> None:
        self.material, self.classifier, self.seed = material, classifier, seed
        self.embeddings = [load_embedding(name) for name in embeddings]
        self.reference = material.held_out if material.training is None else material.training
        self.real = None if material.training is None else material.held_out
        self.embedded: dict[tuple[str, str], Embedded] = {}
        self.warnings = []
        if self.real is None:
            self.warnings.append(
                f"{material.path} is a plain folder: nothing of it is known as training sound, so no value of real "
                "sound stands beside the figures, and copies were not looked for."
            )

    def judged(self, made: Made, seen: frozenset[str]) -> Judged:
        """All figures of one kind of sound of a system; `seen` names the networks that trained it."""
        if made.kind == "reconstructed":
            return Judged(made.system, made.kind, tuple(self._fidelity(made.clips)))
        figures, warnings = self._sets(made.clips, seen)
        found, copies = self._copies(made.clips)
        figures += [*found, *made.figures, *loop_figures(self.reference, made.clips, self.real, seed=self.seed)]
        figures += signal_figures(made.clips, self.real, seed=self.seed)
        figures += feature_figures(self.reference, made.clips, self.real, seed=self.seed)
        return Judged(made.system, made.kind, tuple(figures), copies, tuple(warnings), seen)

    def exchange(self, metric: Metric, first: str, second: str) -> float | None:
        """The p of a kernel distance for two systems; None for all other figures."""
        kind, _, name = metric.key.partition("-")
        sides = {system: self.embedded.get((name, system)) for system in (first, second)}
        known = [embedding for embedding in self.embeddings if embedding.name == name]
        if kind != "kd" or not known or None in sides.values():
            return None
        systems = {system: rows for system, rows in sides.items() if rows is not None}
        return Exchange(known[0].embed(self.reference), systems).p(first, second, seed=self.seed)

    def _sets(self, clips: Clips, seen: frozenset[str]) -> tuple[list[Figure], list[str]]:
        fewest = min(len(clips), len(self.reference), len(self.real or clips))
        if fewest < FEWEST:
            said = f"{clips.name}: with fewer than {FEWEST} sounds on a side, likeness and variety are not measured."
            return [], [said]
        figures = likeness_figures(
            self.reference, clips, embeddings=self.embeddings, seen=seen, real=self.real, seed=self.seed
        )
        for embedding in self.embeddings:
            self.embedded[embedding.name, clips.name] = embedding.embed(clips)
        variety = variety_figures(self.reference, clips, real=self.real, classifier=self.classifier, seed=self.seed)
        return figures + variety, []

    def _copies(self, clips: Clips) -> tuple[list[Figure], tuple[Copy, ...]]:
        if self.real is None:
            return [], ()
        by_beat = have_tempo([*self.reference.clips, *clips.clips, *self.real.clips])
        return copy_figures(self.material.every_training_sound(), clips, self.real, by_beat=by_beat, seed=self.seed)

    def _fidelity(self, clips: Clips) -> list[Figure]:
        inputs = {clip.name: clip for clip in self.material.held_out.clips}
        pairs: list[tuple[Clip, Clip]] = [(inputs[clip.name], clip) for clip in clips.clips]
        return fidelity_figures(pairs, clips.rate, seed=self.seed)
