"""Controls from MIDI: control changes, by a map from their numbers to the names of controls."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tritone.errors import UserError
from tritone.play.engine.desk import KNOBS, Desk, Word

NUMBER = r"-?\d{1,9}(?:\.\d{1,9})?"
ENTRY = re.compile(rf"(?:(\d{{1,9}})/)?(\d{{1,9}})=([a-z_]+)(?:[.:](\d{{1,9}}))?(?:@({NUMBER})\.\.({NUMBER}))?")
FORM = "[CHANNEL/]CC=CONTROL[.AXIS][@LOW..HIGH], as in 21=offset.0 or 7=gain@-40..0"
DEFAULT_MAP = "1=scale,7=gain,21=offset.0,22=offset.1,23=offset.2,24=offset.3,64=freeze,91=wet"
"""Modulation wheel, volume, four knobs, sustain pedal, effect depth."""


@dataclass(frozen=True)
class Target:
    """What one control change turns: a control, perhaps of one axis, from `low` (at 0) to `high` (at 127)."""

    name: str
    axis: int | None
    low: float
    high: float

    def words(self, value: int) -> list[Word]:
        """The words for the desk at `value`, 0 to 127."""
        knob = KNOBS[self.name]
        if knob.switch:
            return [self.name, "on" if value >= 64 else "off"]
        turned = self.low + (self.high - self.low) * value / 127
        return [self.name, *([] if self.axis is None else [self.axis]), round(turned) if knob.whole else turned]


class MidiMap:
    """Which control change of which channel turns what; `text` holds entries between commas or on lines of their own.

    An entry is `[CHANNEL/]CC=CONTROL[.AXIS][@LOW..HIGH]`; without a channel (1 to 16) it is for all of them, without a
    range the control has its own. `#` begins a remark. UserError for what makes no sense.
    """

    def __init__(self, text: str, latent: int) -> None:
        entries = [entry.strip() for line in text.splitlines() for entry in line.split("#")[0].split(",")]
        self._targets = dict(_entry(entry, latent) for entry in entries if entry)

    def words(self, message: Any) -> list[Word] | None:
        """The words for a message of mido; None for what is no mapped control change."""
        if message.type != "control_change":
            return None
        channel, control = message.channel + 1, message.control
        target = self._targets.get((channel, control)) or self._targets.get((None, control))
        return None if target is None else target.words(message.value)


def read_map(text: str | None, latent: int) -> MidiMap:
    """The map of `--cc`: entries, or a file of them; without either, one that suits most keyboards."""
    if text is None:
        kept = [entry for entry in DEFAULT_MAP.split(",") if not (axis := re.search(r"\.(\d+)", entry))
                or int(axis.group(1)) < latent]  # fmt: skip
        return MidiMap(",".join(kept), latent)
    if "=" in text:
        return MidiMap(text, latent)
    try:
        return MidiMap(Path(text).read_text("utf-8"), latent)
    except (OSError, ValueError) as error:
        raise UserError(f"--cc {text} is no file that can be read ({error}); give one, or {FORM}.") from error


def _entry(entry: str, latent: int) -> tuple[tuple[int | None, int], Target]:
    found, entry = ENTRY.fullmatch(entry.replace(" ", "").lower()), entry[:60]
    if not found or found[3] not in KNOBS:
        raise UserError(f"--cc {entry} makes no sense; write {FORM}, where CONTROL is one of {', '.join(KNOBS)}.")
    channel, control = _whole(found[1]), int(found[2])
    knob, axis = KNOBS[found[3]], _whole(found[4])
    if control > 127 or not (channel is None or 1 <= channel <= 16):
        raise UserError(f"--cc {entry} is not in MIDI: controls go from 0 to 127, channels from 1 to 16.")
    if (axis is None and knob.axes == "one") or (axis is not None and (knob.axes == "none" or axis >= latent)):
        raise UserError(f"--cc {entry} must name an axis from 0 to {latent - 1} for offset, may for scale, else none.")
    low, high = (float(found[5]), float(found[6])) if found[5] else knob.midi or (knob.low, min(knob.high, latent))
    if not (knob.low <= min(low, high) and max(low, high) <= (latent if math.isinf(knob.high) else knob.high)):
        raise UserError(f"--cc {entry} leaves what {found[3]} can be: {knob.low:g} to {knob.high:g}.")
    return (channel, control), Target(found[3], axis, low, high)


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)


def open_midi(name: str, desk: Desk, mapped: MidiMap, complain: Callable[[str], None]) -> Any:
    """Open the MIDI input whose name contains `name`; its control changes turn the desk. Close what comes back.

    UserError where there is none, naming those there are.
    """
    mido = _mido()
    there = midi_inputs()
    wanted = [each for each in there if name.lower() in each.lower()]
    if not wanted:
        raise UserError(f"There is no MIDI input {name!r}; there are: {'; '.join(there) or 'none'}.")

    def heard(message: Any) -> None:
        words = mapped.words(message)
        if words is not None:
            try:
                desk.apply(words)
            except UserError as error:
                complain(str(error))

    try:
        return mido.open_input(wanted[0], callback=heard)
    except (OSError, RuntimeError) as error:
        raise UserError(
            f"The MIDI input {wanted[0]!r} cannot be opened ({error}); is another program using it?"
        ) from error


def midi_inputs() -> list[str]:
    """Names of the MIDI inputs there are."""
    mido = _mido()
    try:
        return [str(name) for name in mido.get_input_names()]
    except (OSError, RuntimeError) as error:  # no sequencer, as on machines without sound
        raise UserError(f"This machine gives no MIDI ({error}); plug in a device, or use --osc.") from error


def _mido() -> Any:
    try:
        import mido
        import rtmidi  # noqa: F401  (what mido opens devices with)
    except ImportError as error:
        raise UserError("--midi needs mido and python-rtmidi; run `pip install 'tritone[realtime]'`.") from error
    return mido
