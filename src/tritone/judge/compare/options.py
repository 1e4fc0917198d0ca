"""How systems are compared, and the command line that says so."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tritone.judge.evaluate import EMBEDDINGS


@dataclass(frozen=True)
class Options:
    """How systems are compared."""

    count: int = 64
    """New sounds of each system."""
    seed: int = 0
    """Of the first of them; the others follow."""
    seconds: float = 4.0
    """Held-out sounds that are no loops are cut into pieces of this length."""
    rows: int = 8
    """Rows of examples of each kind on the page, at most."""
    embeddings: tuple[str, ...] = EMBEDDINGS
    """Who judges likeness to real sound (see `judge.embeddings`)."""
    classifier: Path | None = None
    """A run of `tritone train tagger`, for the inception score."""
    speed: bool = True
    """Whether models are timed by themselves, and their memory measured."""
    device: str = "cpu"
    """Where models play."""


def command_of(systems: Sequence[str], reference: Path, out: Path, options: Options) -> str:
    """The command line that makes the report again."""
    usual = Options()
    asked: Mapping[str, object] = {
        name: getattr(options, name)
        for name in ("count", "seed", "seconds", "rows", "device")
        if getattr(options, name) != getattr(usual, name)
    }
    words = ["tritone", "compare", *systems, "--reference", str(reference), "--out", str(out)]
    for name, value in asked.items():
        words += [f"--{name}", f"{value:g}" if isinstance(value, float) else str(value)]
    if options.embeddings != usual.embeddings:
        words += ["--embeddings", ",".join(options.embeddings)]
    words += ["--classifier", str(options.classifier)] if options.classifier else []
    words += [] if options.speed else ["--no-speed"]
    return shlex.join(words)
