"""The demo: from drum hits to a page with what a model made of loops it had never heard, and how good that is."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tritone import assets
from tritone.data.prepare import prepare
from tritone.data.render import render_loops
from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.judge.assess import Stage
from tritone.judge.compare.compare import Options, compared
from tritone.judge.compare.page import sections_of
from tritone.play.demo_page import Heard, Morph, Pair, write_page
from tritone.play.load import load
from tritone.report.page import PAGE_BYTES
from tritone.signal.files import read_audio
from tritone.signal.resample import resample
from tritone.training.api import train

PRESET = "vae-nano"
TRAINING_SHELVES, HELD_OUT_SHELVES = "abc", "d"
"""Kits of the training loops, and kits that only the held-out loops are played with."""
RECORDED = ("breakbeat_126bpm", "mehackit1_97bpm", "arovane_beat_b_130bpm", "tabla")
"""Recorded loops on the page; the first bar or so of each."""
RENDERED = 4
MORPH_STEPS = 5
SECONDS = 2.0
JUDGED, ROWS = 16, 3
"""New sounds that are judged, and rows of them on the page."""
HELD_OUT = 4
"""Rendered loops that are kept out of training at least."""


@dataclass
class Demo:
    """The steps of the demo, in order: `render`, `prepare`, `train`, `play`, `judge`. All of it goes into `out`."""

    out: Path
    minutes: float
    loops: int
    seed: int
    timings: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.out.exists() and any(self.out.iterdir()) and not (self.out / "work").is_dir():
            raise UserError(f"{self.out} holds other things; give --out another folder, or empty it.")
        self.work = self.out / "work"

    def render(self, show: Callable[[int, int], None]) -> None:
        """Training loops, and a few from other kits that are held out."""
        with self._timed("rendering"):
            common: dict[str, Any] = {"channels": 1, "seed": self.seed}
            render_loops(
                self.work / "loops",
                self.loops,
                shelves=TRAINING_SHELVES,
                progress=lambda n: show(n, self.loops),
                **common,
            )
            render_loops(self.work / "held-out", RENDERED, shelves=HELD_OUT_SHELVES, first=1_000_000, **common)

    def prepare(self, show: Callable[[int, int], None]) -> None:
        """The dataset."""
        with self._timed("preparing"):
            held_out = max(0.1, HELD_OUT / self.loops)
            prepare([self.work / "loops"], self.work / "data", validation=held_out, show=show)

    def train(self) -> None:
        """A model from nothing, for the minutes given."""
        with self._timed("training"):
            train(
                "vae", self.work / "data", self.work / "run", PRESET, minutes=self.minutes,
                overrides={"training": {"validate_every": 100, "previews": 2, "seed": self.seed}},
            )  # fmt: skip

    def play(self, show: Callable[[int, int], None]) -> Heard:
        """Held-out loops through the model, and morphs between them."""
        model = load(self.work / "run")
        with self._timed("playing"):
            pairs = self._reconstructions(model, show)
            return Heard(model, pairs, self._morph(model, pairs))

    def judge(self, heard: Heard, stage: Stage) -> Path:
        """The model beside real sound, in figures, and the page of it all. Returns its path."""
        folder = self.work / "comparison"
        options = Options(count=JUDGED, seed=self.seed, rows=ROWS, embeddings=("logmel",), speed=False)
        with self._timed("judging"):
            comparison = compared(
                [f"model={self.work / 'run'}"], reference=self.work / "data", out=folder, options=options, stage=stage
            )
        log = [json.loads(line) for line in (self.work / "run" / "log.jsonl").read_text().splitlines()]
        where = "work/comparison/sounds/"
        judged = sections_of(folder, comparison, ROWS, budget=PAGE_BYTES // 2, where=where)
        return write_page(self.out, heard, judged, log, self.timings)

    def _reconstructions(self, model: Synthesizer, show: Callable[[int, int], None]) -> list[Pair]:
        recorded = [assets.LOOPS / f"{name}.ogg" for name in RECORDED]
        rendered = sorted((self.work / "held-out").rglob("*.flac"))[:RENDERED]
        model.reconstruct(torch.zeros(1, model.channels, model.sample_rate))  # the first call is slower than all others
        pairs = []
        for done, path in enumerate([*recorded, *rendered]):
            show(done, len(recorded) + len(rendered))
            sound = _mono(path, model.sample_rate)
            begun = time.perf_counter()
            output = model.reconstruct(torch.from_numpy(sound)[None], noise_seeds=[self.seed])[0].numpy()
            pairs.append(Pair(path.stem, path in recorded, sound, output, time.perf_counter() - begun))
        show(len(pairs), len(pairs))
        return pairs

    def _morph(self, model: Synthesizer, pairs: list[Pair]) -> Morph:
        start, end = [pair for pair in pairs if not pair.recorded][:2]
        samples = min(start.input.shape[-1], end.input.shape[-1])
        first, last = (model.encode(torch.from_numpy(pair.input[:, :samples])[None]) for pair in (start, end))
        sounds = [
            model.decode(latent[None], samples, noise_seeds=[self.seed])[0].numpy()
            for latent in model.interpolate(first, last, MORPH_STEPS)
        ]
        return Morph(start.name, end.name, sounds)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.timings[name] = time.perf_counter() - begun


def _mono(path: Path, rate: int) -> np.ndarray:
    """The first seconds of a file as `(1, time)` at `rate`."""
    audio, file_rate = read_audio(path)
    mono = audio.mean(0, keepdims=True)[:, : round(SECONDS * file_rate)]
    return np.ascontiguousarray(resample(mono, file_rate, rate))
