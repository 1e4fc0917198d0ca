"""The page that ends the demo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tritone.families.base import Synthesizer
from tritone.report.page import Clip, Command, Fact, Report, Section, made_by, write_report


@dataclass(frozen=True)
class Pair:
    """A held-out loop and what the model made of it, both `(1, time)`."""

    name: str
    recorded: bool
    input: np.ndarray
    output: np.ndarray
    seconds: float
    """How long the model took."""


@dataclass(frozen=True)
class Morph:
    """Sounds on the way from one loop to another."""

    start: str
    end: str
    sounds: list[np.ndarray]


@dataclass(frozen=True)
class Heard:
    """All that the model played in the demo."""

    model: Synthesizer
    pairs: list[Pair]
    morph: Morph


def write_page(
    out: Path,
    heard: Heard,
    judged: Sequence[Section],
    log: Sequence[Mapping[str, float]],
    timings: Mapping[str, float],
) -> Path:
    """Write `out/index.html` from what the demo made; `judged` are the sections of the comparison with real sound.

    Returns its path.
    """
    model, pairs, morph = heard.model, heard.pairs, heard.morph
    distances = [(line["step"], line["validation/distance"]) for line in log if "validation/distance" in line]
    seconds = sum(pair.input.shape[-1] for pair in pairs) / model.sample_rate
    speed = seconds / sum(pair.seconds for pair in pairs)
    steps, first, last = int(distances[-1][0]), distances[0][1], distances[-1][1]
    report = Report(
        title="What a small model hears in a drum loop",
        lead=(
            f"A few minutes ago this model was noise. It then learned from rendered drum loops for "
            f"{timings['training']:.0f} seconds on this computer. Below are loops that it has never heard, and what it "
            f"makes of them from {model.facts()['latent_rate']:.0f} × {model.facts()['latent']} numbers a second."
        ),
        highlights=[
            Fact("Held-out spectral distance", f"{first:.1f} → {last:.1f}", "lower is better"),
            Fact("Training steps", steps),
            Fact("Plays", speed, "× real time"),
        ],
        sections=[
            Section(
                "Recorded loops",
                "Real recordings by people, of another kind than the rendered loops of the training: the harder test.",
                _clips([pair for pair in pairs if pair.recorded], model.sample_rate, loop=False),
            ),
            Section(
                "Rendered loops with other drums",
                "Rendered like the training loops, but from hits that the model has never heard.",
                _clips([pair for pair in pairs if not pair.recorded], model.sample_rate, loop=True),
            ),
            Section(
                "From one loop to another",
                f"The straight way through the latent from {morph.start} to {morph.end}. Everything between the two "
                f"ends is sound that no one has played.",
                [
                    Clip(_station(index, len(morph.sounds)), sound, model.sample_rate, loop=True, group="morph")
                    for index, sound in enumerate(morph.sounds)
                ],
            ),
            *judged,
        ],
        contents=True,
        facts=[
            *(Fact(f"Seconds of {name}", value, "s") for name, value in timings.items()),
            Fact("Parameters", model.facts()["encoder_parameters"] + model.facts()["decoder_parameters"]),
            Fact("Sample rate", model.sample_rate, "Hz"),
        ],
        commands=[
            Command("tritone prepare my-sounds --out my-data", "Your own folder of sound becomes a dataset."),
            Command(
                "tritone train vae my-data --out my-run --preset vae-nano --minutes 15",
                "A model learns it. Ctrl-C saves, the same command goes on.",
            ),
            Command("tritone reconstruct my-run a-sound.wav --out heard", "Any sound goes through the model and back."),
            Command(
                "tritone compare my-run other=a-folder --reference my-data --out my-report",
                "Runs, checkpoints and folders of sound from anywhere side by side, on a page like this one.",
            ),
        ],
        made=made_by("tritone demo"),
    )
    return write_report(out, report)


def _clips(pairs: Sequence[Pair], rate: int, loop: bool) -> list[Clip]:
    clips = []
    for pair in pairs:
        clips += [
            Clip("original", pair.input, rate, loop, group=pair.name),
            Clip("through the model", pair.output, rate, loop, group=pair.name),
        ]
    return clips


def _station(index: int, count: int) -> str:
    return {0: "start", count - 1: "end"}.get(index, f"{index / (count - 1):.0%}")
