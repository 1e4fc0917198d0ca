"""What all commands share on the screen: a console and a progress display that degrades to plain lines."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PLAIN_LINE_SECONDS = 5.0


def console() -> Console:
    """A console for results on standard output, whose text is taken as it stands: paths may hold [brackets]."""
    return Console(soft_wrap=not sys.stdout.isatty(), emoji=False, highlight=False)


def print_paths(paths: Sequence[Path]) -> None:
    """One path a line."""
    print("\n".join(map(str, paths)))


@contextmanager
def progress(title: str, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yields `show(done, total)`: a bar on a terminal, a plain line every few seconds elsewhere, nothing when quiet."""
    if quiet:
        yield lambda done, total: None
    elif sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield _plain(title)


def _plain(title: str) -> Callable[[int, int], None]:
    last = [0.0]

    def show(done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - last[0] >= PLAIN_LINE_SECONDS:
            last[0] = now
            print(f"{title}: {done} of {total}", file=sys.stderr, flush=True)

    return show
