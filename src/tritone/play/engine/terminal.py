"""Controls from the terminal: one line, one control."""

import os
import sys
import threading
from collections.abc import Callable, Iterator

from tritone.errors import UserError
from tritone.play.engine.desk import Desk


class Terminal(threading.Thread):
    """Reads lines from a file descriptor and applies them, until it ends or a line says `quit` (then calls `leave`)."""

    def __init__(self, desk: Desk, leave: Callable[[], None], *, descriptor: int, show: Callable[[str], None]) -> None:
        super().__init__(name="tritone-terminal", daemon=True)
        self._desk, self._leave, self._descriptor, self._show = desk, leave, descriptor, show

    def run(self) -> None:
        """The work of the thread."""
        for line in _lines(self._descriptor):
            words = line.split()
            if words and words[0].lower() in ("quit", "exit", "q"):
                self._leave()
                return
            if words:
                self._show(answer(self._desk, words))


def answer(desk: Desk, words: list[str]) -> str:
    """What the desk says to `words`, also where it refuses them."""
    try:
        return desk.apply(words)
    except UserError as error:
        return str(error)


def standard_input() -> int | None:
    """The descriptor of standard input; None where there is none, or where reading it would stop this process."""
    try:
        descriptor = sys.stdin.fileno()
        background = os.isatty(descriptor) and hasattr(os, "tcgetpgrp") and os.tcgetpgrp(descriptor) != os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return None
    return None if background else descriptor


def _lines(descriptor: int) -> Iterator[str]:
    """Lines as they come. Reads the descriptor itself: a thread that waits in `sys.stdin` cannot be left behind."""
    rest = b""
    while True:
        try:
            data = os.read(descriptor, 4096)
        except OSError:
            return
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")
