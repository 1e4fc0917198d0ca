"""What a model of loops can be asked for, and the form that asked-for loops have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Protocol, cast

from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.load import require
from tritone.schema import nearest
from tritone.signal.loops import FASTEST, SLOWEST

Show = Callable[[int, int], None]
"""Told how much is done, and of how much."""
MOST_SECONDS = 600.0
"""Longest loop."""
MOST_TRUNCATION = 1.5
_NAMED_LABELS = 20


class LoopModel(Protocol):
    """The capability "loop" of a `Synthesizer`: sound from styles `(count, layers, w)`, which follow from seeds."""

    sample_rate: int
    channels: int
    bars: float
    """Bars of the loops that it learned from; it makes multiples of them."""
    beats: int
    """Beats in these bars."""
    labels: tuple[str, ...]
    """Kinds of loops that can be asked for."""

    def default_tempo(self) -> float:
        """Tempo of loops for which none is asked."""

    def styles(self, seeds: Sequence[int], *, label: str, bpm: float | None, truncation: float) -> Tensor:
        """Styles `(count, layers, w)`; row i depends on `seeds[i]` and the settings alone."""

    def render(self, styles: Tensor, seeds: Sequence[int], *, bars: float, bpm: float) -> Tensor:
        """Loops `(count, channels, time)` of styles; `seeds` decide the noise."""

    def project(self, audio: Tensor, *, bpm: float, label: str, steps: int, seed: int, show: Show) -> Tensor:
        """Styles `(1, layers, w)` whose loop comes near to `audio (1, channels, time)`, a loop of the model's bars."""


@dataclass(frozen=True)
class LoopOptions:
    """What the user asks of loops; None is what the model, or the file that is imitated, has itself."""

    bars: float | None = None
    """Bars of a loop, a multiple of the model's."""
    bpm: float | None = None
    """Beats a minute."""
    truncation: float = 1.0
    """How far styles stray: 0 gives the mean style, 1 all that was learned, more exaggerates."""
    label: str = ""
    """Kind of loops, one of the model's labels; empty leaves it to the seed."""
    sheet: bool = True
    """Whether a contact sheet is drawn."""


@dataclass(frozen=True)
class LoopForm:
    """Options that fit a model, with nothing left open."""

    bars: float
    bpm: float
    truncation: float
    label: str
    beats: int
    """Beats of a whole loop."""
    beats_per_bar: int


def loop_model(model: Synthesizer, run: Path | str) -> LoopModel:
    """The model as one of loops; UserError where it is none."""
    require(model, "loop", run)
    return cast(LoopModel, model)


def fit_options(model: LoopModel, options: LoopOptions, bpm: float | None = None) -> LoopForm:
    """The form of loops that `options` ask of `model`; `bpm` takes the place of its default tempo.

    UserError where there is no such loop.
    """
    bars = model.bars if options.bars is None else options.bars
    bpm = next(tempo for tempo in (options.bpm, bpm, model.default_tempo()) if tempo is not None)
    if not SLOWEST <= bpm <= FASTEST:
        raise UserError(f"--bpm must lie between {SLOWEST:g} and {FASTEST:g}, not {bpm:g}.")
    repeats = bars / model.bars
    if not isfinite(repeats) or repeats < 0.5 or abs(repeats - round(repeats)) > 1e-9:
        raise UserError(f"--bars must be a multiple of {model.bars:g}, the bars of this model's loops, not {bars:g}.")
    if not 0 <= options.truncation <= MOST_TRUNCATION:
        raise UserError(f"--truncation must lie between 0 and {MOST_TRUNCATION}, not {options.truncation:g}.")
    beats = model.beats * round(repeats)
    if beats * 60 / bpm > MOST_SECONDS:
        raise UserError(
            f"--bars {bars:g} at {bpm:g} BPM would last {beats * 60 / bpm:,.0f} s; a loop lasts {MOST_SECONDS:g} s at "
            "most, give fewer bars."
        )
    check_label(model, options.label)
    return LoopForm(bars, bpm, options.truncation, options.label, beats, beats_per_bar(model))


def beats_per_bar(model: LoopModel) -> int:
    """Upper number of the meter that a model learned."""
    return max(1, round(model.beats / model.bars))


def check_label(model: LoopModel, label: str) -> None:
    """UserError where the model does not know a label; an empty one is always known."""
    if not label or label in model.labels:
        return
    if not model.labels:
        raise UserError(f"This model was trained without labels and cannot make {label!r}; leave --label out.")
    known = ", ".join(model.labels[:_NAMED_LABELS]) + (" and more" if len(model.labels) > _NAMED_LABELS else "")
    raise UserError(f"This model does not know --label {label!r}, it knows {known}{nearest(label, model.labels)}")
