"""The sound of a demo without any: rendered drum loops to learn from, other drums and recorded loops to judge by."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tritone import assets
from tritone.data.prepare import prepare
from tritone.data.render import render_loops
from tritone.play.demo.material import Material, Show, hold_out, material_of
from tritone.play.demo.place import DATA, HELD_OUT, RENDERED

TRAINING_SHELVES, HELD_OUT_SHELVES = "abc", "d"
"""Kits of the training loops, as of the models that ship, and kits that only held-out loops are played with."""
OTHERS = 37
"""Rendered loops that are held out, beside the first bar of each of the recorded loops that ship and have a tempo."""
FAR = 1_000_000
"""Index of the first held-out loop."""
RECORDED = "loops/"
"""How names of recorded loops begin in the dataset."""


@dataclass(frozen=True)
class RenderedSound:
    """`loops` training loops, and those that are held out."""

    loops: int
    seed: int = 0
    own = False

    def plan(self) -> Mapping[str, Any]:
        """All that decides the sound."""
        return {"sound": "rendered", "loops": self.loops, "seed": self.seed}

    def gather(self, work: Path, show: Show) -> Material:
        """Render what is missing, and prepare it."""
        total = self.loops + OTHERS
        self._render(work / RENDERED, self.loops, TRAINING_SHELVES, 0, lambda done: show(done, total))
        self._render(work / HELD_OUT, OTHERS, HELD_OUT_SHELVES, FAR, lambda done: show(self.loops + done, total))
        prepare([work / RENDERED, work / HELD_OUT, assets.LOOPS], work / DATA, bars=1, validation=0.0)
        hold_out(work / DATA, f"{RENDERED}/")
        return material_of(work / DATA)

    def _render(self, out: Path, count: int, shelves: str, first: int, show: Any) -> None:
        if len(list(out.rglob("*.flac"))) < count:
            render_loops(out, count, channels=1, seed=self.seed, shelves=shelves, first=first, progress=show)
