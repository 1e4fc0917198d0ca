"""`tritone evaluate`: everything that can be measured of a set of sounds, beside the same of real held-out sound."""

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from tritone.config import package_version
from tritone.judge.compare.material import Material, open_material
from tritone.judge.compare.names import named
from tritone.judge.copies import Copy
from tritone.judge.copy_figures import copy_figures
from tritone.judge.embeddings import Embedding, load_embedding
from tritone.judge.evaluation import Evaluation
from tritone.judge.feature_figures import feature_figures
from tritone.judge.fidelity import fidelity_figures
from tritone.judge.figure import Figure
from tritone.judge.likeness import FEWEST, likeness_figures
from tritone.judge.loop_figures import loop_figures
from tritone.judge.prints import have_tempo
from tritone.judge.signal_figures import signal_figures
from tritone.judge.speed import SECONDS, speed_figures
from tritone.judge.subject import Subject, subject_of_folder, subject_of_model, usual_seconds
from tritone.judge.variety import variety_figures

EMBEDDINGS = ("aisfx", "musicnn-mtt", "logmel")
ENOUGH = 50
"""Sounds from which on most figures say something."""

Stage = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Opens a stage of the work by its name; gives what is told how far it is."""


@contextmanager
def quiet(name: str) -> Iterator[Callable[[int, int], None]]:
    """A stage that shows nothing."""
    yield lambda done, total: None


def evaluate(
    samples: Path | str,
    reference: Path | str,
    *,
    embeddings: Sequence[str] = EMBEDDINGS,
    inputs: Path | str | None = None,
    loops: bool | None = None,
    count: int | None = None,
    seed: int = 0,
    classifier: Path | str | None = None,
    speed: bool = True,
    device: str = "cpu",
    stage: Stage = quiet,
) -> Evaluation:
    """Judge the sound files of a folder, or what a trained model makes of fixed seeds, against real sound.

    `samples` is a folder from any system, a run, RUN@STEP or a checkpoint folder; `reference` a DATA folder, whose
    training part is what the sounds are held against and whose held-out part shows what real sound gets, or a plain
    folder of real sound files. `embeddings` say who judges likeness (see `judge.embeddings`). `inputs` is a folder of
    what the samples were made from, by file name. `loops` says whether all files are loops, or none; else their loop
    points do, or the real sound. `count` sounds are judged at most of a folder, or made by a model (64). `classifier`
    is a run of `tritone train tagger`. The same arguments give the same figures, but for those of speed. UserError for
    what cannot be judged.
    """
    (word,) = named([str(samples)])
    judges = [load_embedding(name) for name in embeddings]
    nowhere = word.path.absolute().parent / ".none"
    length = usual_seconds(word.path) if word.origin == "folder" else SECONDS
    material = open_material(Path(reference), nowhere, seconds=length)
    with stage("sounds") as show:
        if word.origin == "folder":
            before = None if inputs is None else Path(inputs)
            subject = subject_of_folder(word.path, material, name=word.name, count=count, loops=loops, inputs=before)
        else:
            subject = subject_of_model(word, material, count=count, seed=seed, device=device, show=show)
    work = _Work(subject, material, seed, stage)
    with stage("likeness and variety"):
        figures = work.sets(judges, None if classifier is None else Path(classifier))
    with stage("copies"):
        found, copies = work.copies()
    figures += [*found, *work.each()]
    if speed and subject.played is not None:
        with stage("speed"):
            figures += speed_figures(subject.played)
    facts = _facts(material, embeddings, seed, device)
    return Evaluation(
        word.source, str(reference), len(subject.clips), tuple(figures), copies, tuple(work.warnings), facts
    )


@dataclass
class _Work:
    """The groups of figures of one subject."""

    subject: Subject
    material: Material
    seed: int
    stage: Stage

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
        known = self.material.every_training_sound()
        return copy_figures(known, clips, self.real, by_beat=by_beat, seed=self.seed)

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


def _facts(material: Material, embeddings: Sequence[str], seed: int, device: str) -> dict[str, str | int | float]:
    """How it was measured."""
    return {
        "tritone": package_version(),
        "torch": str(torch.__version__),
        "machine": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
        "device": device,
        "seed": seed,
        "embeddings": ", ".join(embeddings),
        "sample_rate": material.rate,
        "channels": material.channels,
        "reference_sounds": len(material.held_out if material.training is None else material.training),
        "held_out_sounds": 0 if material.training is None else len(material.held_out),
    }
