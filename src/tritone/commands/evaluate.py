"""`tritone evaluate`: how good a set of sounds is, in figures."""

from argparse import ArgumentTypeError, BooleanOptionalAction
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tritone.commands.parser import CommandParser, whole
from tritone.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

    from tritone.judge.evaluation import Evaluation
    from tritone.judge.figure import Figure

EMBEDDINGS = ("aisfx", "musicnn-mtt", "logmel")
SHOWN_COPIES = 5


def main(argv: Sequence[str]) -> int:
    """Measure a folder of sound from any system, or what a trained model makes of fixed seeds, against real sound.

    Every figure has the number of sounds, a 95 % interval, and the same measured on real sound that was held out.
    """
    parser = CommandParser("evaluate", main.__doc__)
    parser.add_argument("samples", metavar="SAMPLES", help="a folder of audio files, a run, RUN@STEP or a checkpoint")
    parser.add_argument(
        "--reference", required=True, type=Path, metavar="DATA", help="the dataset, or a folder of real sound files"
    )
    parser.add_argument(
        "--embeddings", type=names, default=EMBEDDINGS, metavar="A,B",
        help="who judges likeness (default aisfx,musicnn-mtt,logmel); also musicnn-msd, or KIND:PATH with weights of "
        "vggish, clap, panns, yamnet, scnn or encodec",
    )  # fmt: skip
    parser.add_argument(
        "--inputs", type=Path, metavar="FOLDER", help="what the samples were made from, by file name: measures fidelity"
    )
    parser.add_argument(
        "--loops",
        action=BooleanOptionalAction,
        default=None,
        help="all files are loops, or none (default: as they say)",
    )
    parser.add_argument(
        "--count", type=whole(2), default=None, metavar="N", help="sounds at most of a folder; made by a run (64)"
    )
    parser.add_argument("--seed", type=whole(), default=0, metavar="S", help="of the first sound of a run (default 0)")
    parser.add_argument(
        "--classifier", type=Path, metavar="RUN", help="a run of `tritone train tagger`: adds the inception score"
    )
    parser.add_argument("--no-speed", action="store_true", help="do not time a run")
    parser.add_argument("--device", default="cpu", help="where a run plays: cpu, cuda or mps (default cpu)")
    parser.add_argument("--brief", action="store_true", help="leave out what each figure means")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON too")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the figures as CSV too")
    args = parser.parse(argv)
    _check_files(args.json, args.csv)
    from tritone.commands.screen import progress
    from tritone.judge.evaluate import evaluate
    from tritone.judge.evaluation import as_csv, as_json
    from tritone.training.atomic import write_text

    found = evaluate(
        args.samples, args.reference, embeddings=args.embeddings, inputs=args.inputs, loops=args.loops,
        count=args.count, seed=args.seed, classifier=args.classifier, speed=not args.no_speed, device=args.device,
        stage=progress,
    )  # fmt: skip
    for path, text in ((args.json, as_json), (args.csv, as_csv)):
        if path is not None:
            write_text(path, text(found))
    _print(found, args.brief)
    return 0


def names(text: str) -> tuple[str, ...]:
    """A type for different names between commas."""
    found = tuple(name.strip() for name in text.split(","))
    if not all(found) or len(set(found)) < len(found):
        raise ArgumentTypeError(f"must be different names between commas, not {text}")
    return found


def _check_files(*paths: Path | None) -> None:
    """UserError, before any work, for files that cannot be written."""
    for path in paths:
        if path is not None and not path.parent.is_dir():
            raise UserError(f"There is no folder {path.parent} to write {path.name} to; make it first.")


def _print(found: "Evaluation", brief: bool) -> None:
    from rich.text import Text

    from tritone.commands.screen import console
    from tritone.judge.compare.tables import GROUPS

    screen = console()
    for warning in found.warnings:
        screen.print(Text(f"Note: {warning}", style="yellow"))
    for group, title in GROUPS.items():
        figures = [figure for figure in found.figures if figure.metric.group == group]
        notes = list(dict.fromkeys(note for figure in figures for note in figure.warnings))
        if figures:
            screen.print(_table(title, figures, notes, brief))
        for number, note in enumerate(notes, 1):
            screen.print(Text(f"[{number}] {note}", style="yellow"))
    facts = found.facts
    screen.print(
        Text(
            f"Reference: {found.reference}, {facts['reference_sounds']} sounds, {facts['held_out_sounds']} held out. "
            f"Tritone {facts['tritone']}, PyTorch {facts['torch']}, {facts['device']} of {facts['machine']}, "
            f"threads: {facts['threads']}, seed {facts['seed']}."
        )
    )
    for copy in found.copies[:SHOWN_COPIES]:
        told = "more than real sound is: listen to both" if copy.suspect else "no more than real sound may be"
        screen.print(
            Text(f"{copy.sample} is like {copy.known} from {copy.seconds:.2f} s on: {copy.likeness:.3f}, {told}")
        )


def _table(title: str, figures: "Sequence[Figure]", notes: Sequence[str], brief: bool) -> "Table":
    """One group of figures; notes that stand below are named by their numbers."""
    from rich.table import Table
    from rich.text import Text

    from tritone.judge.compare.tables import BETTER
    from tritone.judge.compare.words import spread, value_words

    table = Table(title=Text(title, style="bold"), title_justify="left", show_lines=not brief)
    table.add_column("", min_width=30)
    between = "slowest to fastest" if figures[0].metric.group == "speed" else "95 % interval"
    for name in ("value", between, "real sound", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("unit", max_width=14)
    for figure in figures:
        metric = figure.metric
        said = Text(metric.name, style="bold")
        said.append("".join(f" [{notes.index(note) + 1}]" for note in figure.warnings), style="yellow")
        if not brief:
            better = f" ({BETTER[metric.better]})" if metric.better else ""
            said.append(f"\n{metric.about}{better}", style="not bold")
        real = "" if figure.real is None else value_words(figure.real)
        table.add_row(said, value_words(figure.value), spread(figure), real, str(figure.n), Text(metric.unit))
    return table
