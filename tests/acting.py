"""What tests that act as a user share: a small sound, a tiny model, and what a command leaves behind."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tritone.cli import main

RATE = 44_100
TINY = (
    "--preset", "vae-nano", "--model.capacity", "8", "--model.stage1_steps", "1000", "--training.batch", "2",
    "--training.crop_samples", "4096", "--training.validation_crops", "2", "--training.previews", "1",
)  # fmt: skip
"""Settings of a model that trains a step in milliseconds."""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def paths(self) -> list[Path]:
        """The paths that it printed."""
        return [Path(line) for line in self.out.splitlines()]


def hit(number: int, samples: int = 22_050, channels: int = 1, rate: int = RATE) -> np.ndarray:
    """A drum-like sound `(samples, channels)`, another one for every number."""
    generator = np.random.default_rng(number)
    time = np.arange(samples)[:, None] / rate
    tone = 0.4 * np.sin(2 * np.pi * 55 * (2 + number) * time * np.arange(1, channels + 1) ** 0.5) * np.exp(-6 * time)
    return (tone + 0.1 * generator.standard_normal((samples, channels)) * np.exp(-25 * time)).astype(np.float32)


def run_inside(*words: object) -> int:
    """The exit status of the command in this process."""
    try:
        return main([str(word) for word in words])
    except SystemExit as leaving:
        return int(leaving.code or 0)


def the_sentence(outcome: Outcome) -> str:
    """The one sentence of a refusal: exit status 2, no result, no traceback."""
    assert outcome.status == 2, outcome
    assert "Traceback" not in outcome.err
    lines = outcome.err.splitlines()
    assert [line.startswith("tritone: ") for line in lines].count(True) == 1, outcome.err
    assert lines[-1].startswith("tritone: ") and lines[-1].endswith((".", "?")), outcome.err
    return lines[-1].removeprefix("tritone: ")
