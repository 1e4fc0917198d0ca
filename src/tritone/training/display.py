"""What a run says while it goes on: a progress line on a terminal, plain lines elsewhere, nothing on other ranks."""

import sys
import time
from collections.abc import Mapping
from typing import Protocol, TextIO


class Display(Protocol):
    """Where a run shows how far it is."""

    def progress(self, step: int, steps: int, values: Mapping[str, float], speed: float, seconds_left: float) -> None:
        """After `step` of `steps`: the newest scalars, steps a second, and seconds left (inf where unknown)."""

    def say(self, text: str) -> None:
        """One sentence."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Quiet:
    """Shows nothing."""

    def progress(self, step: int, steps: int, values: Mapping[str, float], speed: float, seconds_left: float) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Lines:
    """A plain line every `every` seconds, for files and pipes."""

    def __init__(self, stream: TextIO | None = None, every: float = 10.0) -> None:
        self._stream = stream or sys.stderr
        self._every = every
        self._last = -every

    def progress(self, step: int, steps: int, values: Mapping[str, float], speed: float, seconds_left: float) -> None:
        """A line, unless the last one is too fresh."""
        if time.monotonic() - self._last >= self._every or step == steps:
            self._last = time.monotonic()
            self.say(f"step {step}/{steps}  {losses(values)}  {speed:.2f} steps/s  {duration(seconds_left)} left")

    def say(self, text: str) -> None:
        """A line."""
        print(text, file=self._stream, flush=True)

    def close(self) -> None:
        """Nothing to put back."""


class Bar:
    """A rich progress line."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._progress = Progress(
            MofNCompleteColumn(),
            BarColumn(bar_width=20),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            refresh_per_second=4,
        )
        self._task = self._progress.add_task("starting", total=None)
        self._progress.start()

    def progress(self, step: int, steps: int, values: Mapping[str, float], speed: float, seconds_left: float) -> None:
        """Move the bar."""
        text = f"{losses(values)}  {speed:.2f} steps/s  {duration(seconds_left)} left"
        self._progress.update(self._task, completed=step, total=steps, description=text)

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._progress.console.print(text, highlight=False, markup=False)

    def close(self) -> None:
        """Stop drawing."""
        self._progress.stop()


def display_for(main: bool) -> Display:
    """The display that suits where standard error goes to."""
    if not main:
        return Quiet()
    return Bar() if sys.stderr.isatty() else Lines()


def losses(values: Mapping[str, float], most: int = 4) -> str:
    """The first scalars in short: role names are left out where there is one role."""
    names = [name for name in values if not name.endswith(("learning_rate", "gradient_norm"))]
    roles = {name.split("/")[0] for name in names}
    short = {name: name.split("/", 1)[1] if len(roles) == 1 and "/" in name else name for name in names}
    return "  ".join(f"{short[name]} {values[name]:.4g}" for name in names[:most])


def duration(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    if seconds == float("inf"):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
