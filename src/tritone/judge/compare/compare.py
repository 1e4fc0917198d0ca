"""`tritone compare`: systems side by side on the same seeds, lengths and loudness, as one page and as data."""

from collections.abc import Sequence
from pathlib import Path

from tritone.errors import UserError
from tritone.judge.assess import Stage, quiet
from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.data import as_csv, as_json
from tritone.judge.compare.judging import Judge
from tritone.judge.compare.manifest import NAME
from tritone.judge.compare.material import open_material
from tritone.judge.compare.names import Named, named
from tritone.judge.compare.options import Options, command_of
from tritone.judge.compare.page import write_page
from tritone.judge.compare.sounds import FOLDER
from tritone.judge.compare.summary import as_markdown
from tritone.judge.compare.systems import check
from tritone.judge.compare.wishes import wishes_of
from tritone.judge.compare.work import TRAINING, Work
from tritone.training.atomic import whole_folder
from tritone.training.run import Run

__all__ = ["Options", "compare", "compared"]

PAGE, DATA, TABLE, TEXT = "index.html", "report.json", "report.csv", "report.md"
OWN = (PAGE, DATA, TABLE, TEXT, NAME, FOLDER, TRAINING)
"""What a report consists of."""


def compare(
    systems: Sequence[str],
    *,
    reference: Path | str,
    out: Path | str,
    options: Options | None = None,
    stage: Stage = quiet,
) -> Path:
    """Compare runs, checkpoints and folders of sound, and write the folder `out`; gives the path of its page.

    `systems` are words as on the command line: RUN, RUN@STEP, a checkpoint folder, a folder of sound files, each also
    as NAME=…; `reference` is a DATA folder, or a folder of real sound files. Every system makes `options.count` sounds
    of the same seeds, each after the length, label and tempo of a held-out sound; those that reconstruct are given
    these. UserError for what cannot be compared. A report that was in `out` before is replaced once the new one is
    whole.
    """
    compared(systems, reference=reference, out=out, options=options, stage=stage)
    return Path(out) / PAGE


def compared(
    systems: Sequence[str],
    *,
    reference: Path | str,
    out: Path | str,
    options: Options | None = None,
    stage: Stage = quiet,
) -> Comparison:
    """As `compare`, but gives what was found."""
    options, out, path = options or Options(), Path(out), Path(reference)
    words = named(systems)
    _check(words, out, options)
    material = open_material(path, out, seconds=options.seconds)
    judge = Judge(material, options.embeddings, classifier=options.classifier, seed=options.seed)
    wishes = wishes_of(material.held_out, options.count, options.seed)
    with whole_folder(out) as folder:
        found = Work(folder, material, wishes, options, stage).run(
            words, judge, command_of(systems, path, out, options)
        )
        (folder / DATA).write_text(as_json(found), encoding="utf-8")
        (folder / TABLE).write_text(as_csv(found), encoding="utf-8")
        (folder / TEXT).write_text(as_markdown(found), encoding="utf-8")
        with stage("writing the page"):
            write_page(folder, found, options.rows)
    return found


def _check(words: Sequence[Named], out: Path, options: Options) -> None:
    """UserError, before any work, for what can be known to fail."""
    if options.count < 2:
        raise UserError(f"--count must be at least 2, not {options.count}: one sound says nothing of others.")
    if out.exists():
        others = [item.name for item in out.iterdir() if item.name not in OWN] if out.is_dir() else [out.name]
        if others:
            raise UserError(f"{out} holds other things ({others[0]}); give --out a new folder.")
    if options.classifier is not None:
        Run(options.classifier)
    for word in words:
        check(word)
        if word.origin == "folder" and out.resolve().is_relative_to(word.path.resolve()):
            raise UserError(f"--out {out} lies in {word.path}, which is never written to; choose another place.")
