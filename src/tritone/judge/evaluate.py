"""`tritone evaluate`: everything that can be measured of a set of sounds, beside the same of real held-out sound."""

import platform
from collections.abc import Sequence
from pathlib import Path

import torch

from tritone.config import package_version
from tritone.judge.assess import Assessment, Stage, quiet
from tritone.judge.compare.material import Material, open_material
from tritone.judge.compare.names import named
from tritone.judge.embeddings import load_embedding
from tritone.judge.evaluation import Evaluation
from tritone.judge.speed import SECONDS, speed_figures
from tritone.judge.subject import subject_of_folder, subject_of_model, usual_seconds
from tritone.training.run import Run

EMBEDDINGS = ("aisfx", "musicnn-mtt", "logmel")


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
    if classifier is not None:
        Run(classifier)  # refused now rather than after the work
    nowhere = word.path.absolute().parent / ".none"
    length = usual_seconds(word.path) if word.origin == "folder" else SECONDS
    material = open_material(Path(reference), nowhere, seconds=length)
    with stage("sounds") as show:
        if word.origin == "folder":
            before = None if inputs is None else Path(inputs)
            subject = subject_of_folder(word.path, material, name=word.name, count=count, loops=loops, inputs=before)
        else:
            subject = subject_of_model(word, material, count=count, seed=seed, device=device, show=show)
    work = Assessment(subject, material, seed, stage)
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
