"""`tritone bench`: figures that the documentation quotes, made again on this machine."""

import json
from argparse import BooleanOptionalAction
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tritone.commands.parser import CommandParser, number, whole
from tritone.errors import UserError


def main(argv: Sequence[str]) -> int:
    """Measure this machine. `tritone bench stream RUN`: how fast each engine plays a model live."""
    argv = list(argv)
    if argv and argv[0] in BENCHES:
        return BENCHES[argv[0]](argv[1:])
    parser = CommandParser("bench", main.__doc__)
    parser.add_argument("what", choices=BENCHES, help="what to measure; `tritone bench stream --help` says more")
    parser.parse(argv[:1])
    raise UserError(f"Say what to measure: tritone bench {' or '.join(BENCHES)}.")


def stream(argv: Sequence[str]) -> int:
    """Engine x precision x block x threads: times real time, p50 and p99 of a block, signal to noise."""
    parser = CommandParser("bench stream", stream.__doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run, or of one of its checkpoints")
    parser.add_argument("--checkpoint", default="latest", help="latest, best or a step (default latest)")
    parser.add_argument(
        "--blocks", type=_list, metavar="N,N", help="samples a block, whole latent frames (default 2048)"
    )
    parser.add_argument("--threads", type=_list, default=[1], metavar="N,N", help="threads (default 1)")
    parser.add_argument("--seconds", type=number(0, above=True), default=4.0, help="sound that is measured (default 4)")
    parser.add_argument("--dims", type=whole(1), metavar="N", help="keep exactly the N strongest latent dimensions")
    parser.add_argument("--noise", action=BooleanOptionalAction, default=True, help="hear the model's noise branch")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows to this file")
    args = parser.parse(argv)
    from tritone.commands.screen import console, progress
    from tritone.play.inference.steps import check_block
    from tritone.play.inference.table import stream_table
    from tritone.play.load import load, require
    from tritone.training.atomic import write_text

    model: Any = load(args.run, args.checkpoint)
    require(model, "stream", args.run)
    blocks = args.blocks or [max(1, 2048 // model.ratio) * model.ratio]
    for block in blocks:
        check_block(block, model.ratio)
    with progress("measuring engines") as show:
        rows = stream_table(
            model, blocks=blocks, threads=args.threads, dims=args.dims, noise=args.noise, seconds=args.seconds,
            show=show,
        )  # fmt: skip
    console().print(_table(rows, f"{args.run}, {model.sample_rate} Hz"))
    if args.json:
        write_text(args.json, json.dumps(rows, indent=1))
    return 0


BENCHES: dict[str, Callable[[Sequence[str]], int]] = {"stream": stream}


def _table(rows: Sequence[dict[str, Any]], title: str) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title))
    for head in ("engine", "precision"):
        table.add_column(head, no_wrap=True)
    heads = (
        "block",
        "threads",
        "x real time",
        "encode p50 | p99 ms",
        "decode p50 | p99 ms",
        "both p50 | p99 ms",
        "SNR dB",
    )
    for head in heads:
        table.add_column(head, justify="right")
    for row in rows:
        snr = "same" if row["snr_db"] is None else f"{row['snr_db']:.0f}"
        times = [f"{row[f'{part}_p50_ms']:.2f} | {row[f'{part}_p99_ms']:.2f}" for part in ("encode", "decode", "both")]
        facts = (row["block"], row["threads"], f"{row['real_time']:.1f}")
        table.add_row(row["engine"], row["precision"], *map(str, facts), *times, snr)
    return table


def _list(text: str) -> list[int]:
    """Whole numbers with commas between them."""
    return [whole(1)(part.strip()) for part in text.split(",")]
