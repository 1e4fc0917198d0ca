"""What a demo learns from and is judged by."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tritone.data.ledger import write_atomically
from tritone.data.store import Dataset, load_index
from tritone.errors import UserError
from tritone.judge.clips import Clip, clips_of_dataset

Show = Callable[[int, int], None]
"""Told how much is done, and of how much."""
PIECE = 2.0
"""Seconds of the pieces that held-out sound which is no loop is cut into."""


@dataclass(frozen=True)
class Material:
    """A dataset, and what it holds."""

    data: Path
    known: int
    """Pieces of training sound that are judged by."""
    known_seconds: float
    held_out: tuple[Clip, ...]
    rate: int
    loops: int
    """Training loops of one bar."""


class Source(Protocol):
    """Where the sound of a demo comes from."""

    @property
    def own(self) -> bool:
        """Whether it is the user's."""

    def plan(self) -> Mapping[str, Any]:
        """What decides all that is made of it; a demo of the same plan goes on."""

    def gather(self, work: Path, show: Show) -> Material:
        """The dataset, below the folder `work`."""


def material_of(data: Path) -> Material:
    """What lies in a dataset; UserError where too little was held out to be compared with."""
    dataset = Dataset.open(data)
    training = clips_of_dataset(dataset, "train", count=512, seconds=PIECE)
    held_out = clips_of_dataset(dataset, "validation", seconds=PIECE)
    if len(held_out) < 2:
        raise UserError(
            "Only one sound could be held out, which says nothing of others; give more files, or longer ones."
        )
    loops = [item for item in dataset.split("train") if item.loop]
    return Material(
        data, len(training), dataset.seconds("train"), held_out.clips, dataset.sample_rate, len(loops)
    )  # fmt: skip


def hold_out(data: Path, training: str) -> None:
    """Divide a dataset anew: items whose names begin with `training` are for training, of each other file the first
    item is held out, and the rest goes.
    """
    index = load_index(data)
    items = []
    for item in index["items"]:
        known = item["name"].startswith(training)
        if known or item["name"].partition("#")[2] in ("", "1"):
            items.append({**item, "split": "train" if known else "validation"})
    rate = index["options"]["sample_rate"]
    index["items"] = items
    index["summary"]["splits"] = {
        name: {
            "items": sum(item["split"] == name for item in items),
            "seconds": round(sum(item["frames"] for item in items if item["split"] == name) / rate, 3),
        }
        for name in ("train", "validation")
    }
    write_atomically(data / "index.json", json.dumps(index) + "\n")
