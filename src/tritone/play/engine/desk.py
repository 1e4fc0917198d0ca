"""One function for everything that is turned live: words from the terminal, OSC or MIDI become new controls."""

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tritone.errors import UserError
from tritone.play.engine.controls import Controls
from tritone.schema import nearest

Word = str | float | int | bool
ON, OFF = ("on", "true", "yes"), ("off", "false", "no")


@dataclass(frozen=True)
class Knob:
    """What a control takes: numbers from `low` to `high`; for "one" axis, "none", or "both" where one may be named."""

    field: str
    low: float
    high: float
    about: str
    axes: str = "none"
    whole: bool = False
    switch: bool = False
    counts: bool = False
    """Nothing that stays: something happens whenever it is turned on."""
    midi: tuple[float, float] | None = None
    """Values at 0 and 127 of a MIDI control that names no range of its own; as `low` and `high` where None."""


KNOBS = {
    "offset": Knob("offsets", -20, 20, "offset AXIS VALUE: added to an axis of the latent", "one", midi=(-3, 3)),
    "scale": Knob("scale", -10, 10, "scale [AXIS] VALUE: factor of one axis, or of all", "both", midi=(0, 2)),
    "fidelity": Knob("dims", 0, 1, "fidelity SHARE: keep the axes that hold this share of variance"),
    "dims": Knob("dims", 1, math.inf, "dims N: keep the N strongest axes", whole=True),
    "noise": Knob("noise", 0, 10, "noise AMOUNT: random movement along the kept axes", midi=(0, 1)),
    "fill": Knob("fill", 0, 10, "fill AMOUNT: random movement along the axes that are left out", midi=(0, 1)),
    "seed": Knob("seed", 0, 2**31 - 1, "seed N: of all randomness, the model's own too", whole=True, midi=(0, 127)),
    "freeze": Knob("freeze", 0, 1, "freeze [on|off]: the latent stands still", switch=True),
    "bypass": Knob("bypass", 0, 1, "bypass [on|off]: hear the input, delayed by the model's latency", switch=True),
    "gain": Knob("gain_db", -120, 24, "gain DB: of all that is heard", midi=(-60, 6)),
    "wet": Knob("wet", 0, 1, "wet SHARE: of the model; the rest is the input"),
    "style": Knob("style", 0, 1, "style AMOUNT: of the style that was learned (vae-v3)"),
    "learn_target": Knob("learn_target", 0, 1, "learn_target [on|off]: the input is the style wanted", switch=True),
    "learn_source": Knob("learn_source", 0, 1, "learn_source [on|off]: the input is the style replaced", switch=True),
    "reset_target": Knob("reset_target", 0, 1, "reset_target: forget the style wanted", switch=True, counts=True),
    "reset_source": Knob("reset_source", 0, 1, "reset_source: forget the style replaced", switch=True, counts=True),
}
"""All controls by name."""
OF_STYLE = ("style", "learn_target", "learn_source", "reset_target", "reset_source")
"""Those that need places in the model where a style can enter."""
OF_AXES = ("fidelity", "dims", "fill")
"""Those that leave single axes out, which codes and angles do not have."""


class Desk:
    """Holds the controls of one stream. Any thread may apply words; the worker reads `controls` once a block.

    `shares` tells what share of variance the first 1, 2, ... axes hold; where the latent is not `along_axes`, none can
    be left out.
    """

    def __init__(
        self,
        controls: Controls,
        *,
        shares: Sequence[float] | None = None,
        along_axes: bool = True,
        styles: bool = False,
        status: Callable[[], str] = lambda: "",
    ) -> None:
        self.controls = controls
        """The settings of this moment."""
        self.status = status
        """What `status` answers."""
        self._start = controls
        self._shares, self._along_axes = shares, along_axes
        self._refused = () if styles else OF_STYLE
        self._one_writer = threading.Lock()

    def begin(self) -> None:
        """From now on, `reset` leads back to how all stands now."""
        self._start = self.controls

    @property
    def latent(self) -> int:
        """How many axes there are."""
        return len(self._start.offsets)

    def apply(self, words: Sequence[Word]) -> str:
        """Turn what `words` name (`["offset", 0, 1.5]`) and say how it stands; also `reset`, `show`, `status`, `help`.

        Raises UserError with one sentence, and changes nothing, where the words make no sense.
        """
        if not words:
            raise UserError(f"Name a control: {', '.join(KNOBS)}; `help` says more.")
        name, values = str(words[0]).strip().lower(), words[1:]
        plain = {"help": lambda: HELP, "show": self._shown, "status": lambda: self.status(), "reset": self._reset}
        if name in plain and not values:
            return plain[name]()
        if name not in KNOBS:
            mend = nearest(name, (*KNOBS, *plain))
            raise UserError(f"There is no control {name!r}{mend if mend != '.' else '; `help` lists them.'}")
        if name in OF_AXES and not self._along_axes:
            raise UserError(f"{name} leaves out axes, but the latent of this model is made of codes or angles.")
        if name in self._refused:
            raise UserError(f"{name} needs a model with places where a style can enter; train one of vae-v3.")
        with self._one_writer:
            self.controls = self._turned(name, KNOBS[name], values)
        return self._said(name, values)

    def _turned(self, name: str, knob: Knob, values: Sequence[Word]) -> Controls:
        if knob.counts:
            pressed = not values or self._switched(name, knob, values)
            return self._with(knob.field, getattr(self.controls, knob.field) + pressed)
        if knob.switch:
            return self._with(knob.field, self._switched(name, knob, values))
        axis = self._axis(name, knob, values)
        value = _number(name, knob, values[-1] if values else None, self.latent)
        if name == "fidelity":
            return replace(self.controls, dims=self._dims_for(value))
        if axis is None:
            return self._with(knob.field, int(value) if knob.whole else value)
        field = "offsets" if name == "offset" else "scales"
        row = list(getattr(self.controls, field))
        row[axis] = value
        return self._with(field, tuple(row))

    def _with(self, field: str, value: Any) -> Controls:
        return replace(self.controls, **{field: value})

    def _axis(self, name: str, knob: Knob, values: Sequence[Word]) -> int | None:
        counts = {"none": (1,), "one": (2,), "both": (1, 2)}[knob.axes]
        if len(values) not in counts:
            raise UserError(f"{name} does not take {len(values)} values; say `{knob.about.split(':')[0]}`.")
        if len(values) == 1:
            return None
        axis = _float(values[0])
        if axis is None or axis != int(axis) or not 0 <= axis < self.latent:
            raise UserError(f"{name} names axis {values[0]}, but the axes are 0 to {self.latent - 1}.")
        return int(axis)

    def _switched(self, name: str, knob: Knob, values: Sequence[Word]) -> bool:
        if not values:
            return not getattr(self.controls, knob.field)
        word = str(values[0]).strip().lower()
        number = _float(values[0])
        if len(values) > 1 or (number is None and word not in ON + OFF):
            raise UserError(f"{name} is on or off, not {' '.join(map(str, values))}.")
        return word in ON if number is None else number >= 0.5

    def _dims_for(self, fidelity: float) -> int:
        if self._shares is None:
            raise UserError("This model does not know what its axes hold; give dims instead of fidelity.")
        if fidelity <= 0:
            return 1
        enough = [dims for dims, share in enumerate(self._shares, 1) if share >= fidelity - 1e-6]
        return enough[0] if enough else self.latent

    def _reset(self) -> str:
        with self._one_writer:
            now = self.controls
            self.controls = replace(self._start, reset_source=now.reset_source, reset_target=now.reset_target)
        return self._shown()

    def _said(self, name: str, values: Sequence[Word]) -> str:
        now = self.controls
        if KNOBS[name].counts:
            return f"{name}: done"
        if name in ("fidelity", "dims"):
            return f"dims {now.dims} of {self.latent}"
        if len(values) == 2:
            row = now.offsets if name == "offset" else now.scales
            return f"{name} {int(float(values[0]))} {row[int(float(values[0]))]:g}"
        value = getattr(now, KNOBS[name].field)
        return f"{name} {('off', 'on')[value] if isinstance(value, bool) else format(value, 'g')}"

    def _shown(self) -> str:
        now = self.controls
        turned = [f"scale {axis} {value:g}" for axis, value in enumerate(now.scales) if value != 1]
        turned += [f"offset {axis} {value:g}" for axis, value in enumerate(now.offsets) if value != 0]
        plain = [name for name in KNOBS if name not in ("offset", "fidelity", *self._refused)]
        plain = [name for name in plain if not KNOBS[name].counts]
        return ", ".join([*(self._said(name, ()) for name in plain), *turned])


def _float(word: Word | None) -> float | None:
    """The finite number that a word is, else None."""
    try:
        value = float(word)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _number(name: str, knob: Knob, word: Word | None, latent: int) -> float:
    value, high = _float(word), min(knob.high, latent) if name == "dims" else knob.high
    if value is None or not knob.low <= value <= high or (knob.whole and value != int(value)):
        kind = "a whole number" if knob.whole else "a number"
        raise UserError(f"{name} must be {kind} from {knob.low:g} to {high:g}, not {word}.")
    return value


HELP = "\n".join(
    [
        *(knob.about for knob in KNOBS.values()),
        "reset: all as at the start", "show: how all stands", "status: block times and dropouts", "quit: end and save",
    ]
)  # fmt: skip
