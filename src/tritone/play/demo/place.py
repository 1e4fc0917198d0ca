"""The folder of a demo: what is its own, what is left of an earlier one, and that nothing else is touched."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tritone.errors import UserError
from tritone.training.atomic import discard, disk_full_is_for_the_user, write_text
from tritone.training.lock import run_lock

WORK, FIRST, PLAN = "work", "first-sounds", "demo.json"
DATA, FRESH, FRESH_GAN, COMPARISON = "data", "vae-fresh", "gan-fresh", "comparison"
RENDERED, HELD_OUT, EXCERPTS = "rendered", "held-out", "excerpts"
MADE = (DATA, FRESH, FRESH_GAN, COMPARISON, RENDERED, HELD_OUT, EXCERPTS)
"""Folders that a demo makes below its work folder."""


class Place:
    """The folder `out`: index.html, first-sounds/ and work/. UserError where it holds other things."""

    def __init__(self, out: Path) -> None:
        self.out, self.work = Path(out), Path(out) / WORK
        if self.out.exists() and not self.out.is_dir():
            raise UserError(f"{self.out} is a file; give --out a folder.")
        if self.out.is_dir() and any(self.out.iterdir()) and not (self.work / PLAN).is_file():
            raise UserError(f"{self.out} holds other things; give --out another folder, or empty it.")

    @contextmanager
    def held(self, plan: Mapping[str, Any]) -> Iterator[bool]:
        """Takes the folder for one demo after `plan`; gives whether it goes on with an earlier one of the same plan.

        What a demo of another plan has made goes. UserError where another process holds the folder.
        """
        with disk_full_is_for_the_user(self.out, "it goes on where it stopped"):
            self.work.mkdir(parents=True, exist_ok=True)
            with run_lock(self.work):
                goes_on = self._before() == json.loads(json.dumps(plan))
                if not goes_on:
                    for name in MADE:
                        discard(self.work / name)
                    write_text(self.work / PLAN, json.dumps(plan, indent=1) + "\n")
                yield goes_on

    def _before(self) -> Any:
        try:
            return json.loads((self.work / PLAN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def first_sound(self, name: str) -> Path:
        """Where one of the sounds goes that can be heard before the page is there."""
        (self.out / FIRST).mkdir(exist_ok=True)
        return self.out / FIRST / name.replace(os.sep, "-")
