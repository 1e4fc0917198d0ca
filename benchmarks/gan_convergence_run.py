"""One training run of gan_convergence in a process and on a thread of its own; started again, it goes on.

The clock is the CPU time of this process while it trains, reading of data included, judging left out: so it does not
matter what else the machine does. At every mark the moving average of the generator makes the same number of loops, and
what each judge sees of them is written to FOLDER/mark-N.npz; FOLDER/state.pt holds what training goes on from.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from gan_data import SECONDS
from gan_judges import CHUNK, Judges, write
from gan_systems import run_config
from torch import Tensor

from tritone.config import RunConfig, to_yaml
from tritone.data.store import Dataset
from tritone.families import complete
from tritone.training.loop import STREAMS
from tritone.training.machine import Machine
from tritone.training.sources import DataSources
from tritone.training.trainer import Trainer

MARKS = (0.0, 1 / 8, 1 / 4, 1 / 3, 1 / 2, 3 / 4, 1.0)
"""Shares of the time at which generated loops are judged; a third is what the claim is about."""
FIRST_SEED = 1 << 32
"""Seeds of judged loops from here on; the same at every mark and for every system."""
STATE_SECONDS = 60.0


@dataclass
class Clock:
    """CPU seconds of training, and steps."""

    seconds: float = 0.0
    steps: int = 0


class OneRun:
    """A system in training."""

    def __init__(self, folder: Path, config: RunConfig, tagger: Path, samples: int) -> None:
        self.folder, self.samples, self.clock = folder, samples, Clock()
        self.sources = DataSources(config, rank=0, world=1)
        self.trainer = Trainer(config, Machine(config.training.precision, "cpu"), self.sources)
        model = config.model
        self.judges = Judges(model.mel, model.sample_rate, model.frames / SECONDS, tagger)
        self._fit()
        self._resume()

    def train_until(self, seconds: float) -> None:
        """Train until the clock shows so many seconds; the step that passes the mark is finished."""
        saved = self.clock.seconds
        while self.clock.seconds < seconds:
            begun = time.process_time()
            scalars = self.trainer.update()
            self.clock.seconds += time.process_time() - begun
            self.clock.steps += 1
            if self.clock.steps % 50 == 0 and not all(torch.isfinite(value) for value in scalars.values()):
                raise RuntimeError(f"step {self.clock.steps}: a loss is not finite any more")
            if self.clock.seconds - saved > STATE_SECONDS:
                self.save()
                saved = self.clock.seconds

    def judge(self, mark: int) -> None:
        """Write what every judge sees by now."""
        write(self.folder / f"mark-{mark}.npz", self.judges.embed(self.spectrograms()))
        self.save()
        note = {"seconds": self.clock.seconds, "steps": self.clock.steps}
        (self.folder / f"mark-{mark}.json").write_text(json.dumps(note))

    @torch.no_grad()
    def spectrograms(self) -> Tensor:
        """Log-mel spectrograms `(samples, channels, mels, frames)` of new loops."""
        played = self.trainer.played
        training = played.training
        played.eval()
        parts = []
        last = FIRST_SEED + self.samples
        for first in range(FIRST_SEED, last, CHUNK):
            seeds = list(range(first, min(first + CHUNK, last)))
            parts.append(played.spectrograms(played.styles(seeds), seeds))
        played.train(training)
        return torch.cat(parts)

    def save(self) -> None:
        """What training goes on from."""
        state = {
            "weights": self.trainer.played.state_dict(), "training": self.trainer.state(), "step": self.trainer.done,
            "seconds": self.clock.seconds,
        }  # fmt: skip
        temporary = self.folder / ".state.pt"
        torch.save(state, temporary)
        temporary.replace(self.folder / "state.pt")

    @torch.no_grad()
    def _fit(self) -> None:
        """Mean and deviation of the bands, as the training loop has them worked out before the first step."""
        self.trainer.reseed(0, STREAMS + 1)
        batches = map(self.trainer.to_device, self.sources.analysis())
        self.trainer.family.analyse(self.trainer.played, batches, 0)

    def _resume(self) -> None:
        path = self.folder / "state.pt"
        if path.exists():
            state: dict[str, Any] = torch.load(path, weights_only=True)
            self.trainer.load(state["weights"], state["training"], state["step"])
            self.clock = Clock(state["seconds"], state["step"])


def marks(seconds: float) -> list[float]:
    """The times of the marks."""
    return [share * seconds for share in MARKS]


def last_mark(folder: Path) -> int:
    """Number of the last mark that is judged, -1 where none is."""
    return max((int(path.stem.split("-")[1]) for path in folder.glob("mark-*.json")), default=-1)


def start_over_where_changed(folder: Path, config: RunConfig) -> None:
    """Forget what a run with other settings left in the folder."""
    text, file = to_yaml(replace(config, version="")), folder / "config.yaml"
    if file.exists() and file.read_text("utf-8") != text:
        print(f"{folder.name}: the settings have changed, starting over", file=sys.stderr)
        for old in [*folder.glob("mark-*"), folder / "state.pt"]:
            old.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("system")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--samples", type=int, required=True, help="loops made at every mark")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tagger", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = run_config(args.system, args.seed, args.data, args.tagger)
    config = replace(config, model=complete("gan", config.model, Dataset.open(args.data)))
    start_over_where_changed(args.folder, config)
    if last_mark(args.folder) == len(MARKS) - 1:
        return
    run = OneRun(args.folder, config, args.tagger, args.samples)
    for index, seconds in enumerate(marks(60 * args.minutes)):
        if index > last_mark(args.folder):
            run.train_until(seconds)
            run.judge(index)
            print(
                f"{args.system} seed {args.seed}: {run.clock.seconds:.0f} s, {run.clock.steps} steps", file=sys.stderr
            )
    run.sources.close()
    (args.folder / "state.pt").unlink()


if __name__ == "__main__":
    main()
