"""log.jsonl, one JSON object a line, and the trackers beside it (TensorBoard)."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tritone.errors import UserError
from tritone.training.atomic import write_text

TIMINGS = ("seconds", "steps_per_second")
"""Keys of the log that differ from run to run."""


class Tracker(Protocol):
    """What shows a run while it goes on. An adapter for another service needs these three methods."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name after `step` steps."""

    def audio(self, step: int, name: str, audio: np.ndarray, rate: int) -> None:
        """A sound, float32 `(channels, frames)` at `rate` samples a second."""

    def close(self) -> None:
        """Write what is left."""


class JsonLog:
    """RUN/log.jsonl. Opening it cuts away what lies after `step`, which a resumed run will write again."""

    def __init__(self, path: Path, step: int) -> None:
        if path.exists():
            kept = [line for line in read_log(path) if line["step"] <= step]
            write_text(path, "".join(json.dumps(line) + "\n" for line in kept))
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 (closed by `close`)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Append one line."""
        self._file.write(json.dumps({"step": step, **values}) + "\n")
        self._file.flush()

    def audio(self, step: int, name: str, audio: np.ndarray, rate: int) -> None:
        """Sound goes to previews/, not here."""

    def sync(self) -> None:
        """Make sure that every line is on disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """All lines of a log.jsonl; a last line that a killed process left half written is left out."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}; give a run folder that has been trained.") from error
    lines = []
    for line in text.splitlines():
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(values, dict) or not isinstance(values.get("step"), int):
            break
        lines.append(values)
    return lines
