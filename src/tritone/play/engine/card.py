"""The sound card, through PortAudio: its callback copies between ring buffers and does nothing else."""

from typing import Any

import numpy as np

from tritone.errors import UserError
from tritone.play.engine.exchange import Exchange

DEFAULT = ""
"""Name that stands for the system's own choice."""
KINDS = ("input", "output")


class SoundCard:
    """A stream of a sound card that fills and empties the rings of an exchange.

    `names` gives the device for "input" and for "output", by its name, part of that, or number ("" is the system's
    choice); a direction that is not named is not opened. Raises UserError where a device is not there or refuses.
    """

    def __init__(self, exchange: Exchange, names: dict[str, str], *, channels: int, rate: int, block: int) -> None:
        self._audio = portaudio()
        self._exchange, self._channels = exchange, channels
        found = {kind: _find(self._audio, name, kind) for kind, name in names.items()}
        self.names = {kind: str(info["name"]) for kind, info in found.items()}
        """What was opened."""
        wide = {kind: _channels(info, kind, channels) for kind, info in found.items()}
        numbers = {kind: int(info["index"]) for kind, info in found.items()}
        make, callback = self._form(names)
        pair = len(names) == 2
        try:
            self._stream = make(
                samplerate=rate, blocksize=block, dtype="float32", latency="low", callback=callback,
                device=tuple(numbers[kind] for kind in KINDS) if pair else next(iter(numbers.values())),
                channels=tuple(wide[kind] for kind in KINDS) if pair else next(iter(wide.values())),
            )  # fmt: skip
        except (self._audio.PortAudioError, ValueError) as error:
            raise _refused(found, rate, error) from error

    @property
    def latency_seconds(self) -> float:
        """What the device itself adds, in and out together, as it says."""
        latency = self._stream.latency
        return float(sum(latency)) if isinstance(latency, tuple | list) else float(latency)

    @property
    def running(self) -> bool:
        """Whether the device still plays."""
        return bool(self._stream.active)

    def start(self) -> None:
        """Begin to call back."""
        try:
            self._stream.start()
        except self._audio.PortAudioError as error:
            raise UserError(f"The sound card did not start ({error}); choose another with --devices.") from error

    def stop(self) -> None:
        """Stop at once and let the device go, also one that has gone already."""
        try:
            self._stream.abort()
            self._stream.close()
        except self._audio.PortAudioError:
            return  # it went before us

    def _form(self, names: dict[str, str]) -> tuple[Any, Any]:
        if len(names) == 2:
            return self._audio.Stream, self._both
        return (self._audio.InputStream, self._in) if "input" in names else (self._audio.OutputStream, self._out)

    def _both(self, taken: np.ndarray, given: np.ndarray, frames: int, time: Any, status: Any) -> None:
        self._in(taken, frames, time, None)
        self._out(given, frames, time, status)

    def _in(self, taken: np.ndarray, frames: int, time: Any, status: Any) -> None:
        self._exchange.device_flags += bool(status)
        audio = taken.T
        self._exchange.take(audio if len(audio) == self._channels else np.broadcast_to(audio[:1], self._shape(frames)))

    def _out(self, given: np.ndarray, frames: int, time: Any, status: Any) -> None:
        self._exchange.device_flags += bool(status)
        if given.shape[1] == self._channels:
            self._exchange.give(given.T)
            return
        self._exchange.give(given.T[: self._channels])
        given[:, self._channels :] = given[:, :1]

    def _shape(self, frames: int) -> tuple[int, int]:
        return self._channels, frames


def portaudio() -> Any:
    """The package sounddevice; UserError where it, or the library under it, is missing."""
    try:
        import sounddevice
    except ImportError as error:
        raise UserError("Sound cards need sounddevice; run `pip install 'tritone[realtime]'`.") from error
    except OSError as error:
        raise UserError(
            "Sound cards need the PortAudio library; install it (on Debian and Ubuntu: apt install libportaudio2), "
            "or play files with --input and --output."
        ) from error
    return sounddevice


def devices() -> list[str]:
    """The sound devices there are, one line each: number, name, channels in and out, rate."""
    audio = portaudio()
    return [
        f"{info['index']}: {info['name']} ({info['max_input_channels']} in, {info['max_output_channels']} out, "
        f"{info['default_samplerate']:g} Hz)"
        for info in audio.query_devices()
    ]


def _find(audio: Any, name: str, kind: str) -> dict[str, Any]:
    wanted: str | int | None = int(name) if name.isdecimal() and len(name) < 9 else (name or None)
    try:
        info = dict(audio.query_devices(wanted, kind))
    except (ValueError, audio.PortAudioError) as error:
        there = "; ".join(devices()) or "none"
        asked = f"no {kind} device {name!r}" if name else f"no {kind} device"
        raise UserError(f"There is {asked} ({error}); there are: {there}.") from error
    if not info[f"max_{kind}_channels"]:
        raise UserError(f"{info['name']} has no {kind} channels; there are: {'; '.join(devices())}.")
    return info


def _channels(info: dict[str, Any], kind: str, wanted: int) -> int:
    """How many channels to open: a mono model is heard on both sides; a mono microphone feeds a stereo model."""
    least = 2 if kind == "output" else wanted
    opened = min(int(info[f"max_{kind}_channels"]), max(wanted, least))
    if opened < wanted and kind == "output":
        raise UserError(f"{info['name']} has {opened} output channel(s), but the model {wanted}; choose another.")
    return opened if kind == "output" or opened == wanted else 1


def _refused(found: dict[str, dict[str, Any]], rate: int, error: Exception) -> UserError:
    named = " and ".join(f"{info['name']} (made for {info['default_samplerate']:g} Hz)" for info in found.values())
    return UserError(f"{named} cannot be opened at the model's {rate} Hz ({error}); set the device to that rate.")
