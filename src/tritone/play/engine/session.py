"""A stream in real time: a worker between two rings, and what drives them, a sound card or the clock."""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol

import numpy as np

from tritone.errors import UserError
from tritone.play.engine.exchange import Exchange, prefill_for
from tritone.play.engine.player import Player
from tritone.play.engine.sources import Source
from tritone.play.engine.worker import Worker

INPUT_BLOCKS = 8
FILE_SECONDS = 4.0
SILENT_SECONDS = 2.0
"""A device that has not called for so long has gone."""
LOOK_SECONDS = 0.02
SWITCH_SECONDS = 0.0005
"""How long a thread of Python may keep the others waiting: the sound card's callback is one of them."""


class Device(Protocol):
    """What drives a session: calls `take` and `give` of an exchange from a thread of its own."""

    @property
    def latency_seconds(self) -> float:
        """What it adds itself."""

    @property
    def running(self) -> bool:
        """Whether it still plays."""

    def start(self) -> None:
        """Begin to call back."""

    def stop(self) -> None:
        """Stop and let go."""


class Session:
    """Rings and worker of one stream; entered, the worker runs.

    `block` is what the device calls with, `heard` whether its output is played at once rather than written to a file,
    `keeps_time` whether output belongs to the input of a moment, and is dropped where it comes too late.
    """

    def __init__(
        self, player: Player, *, block: int, heard: bool, keeps_time: bool = True, spare_steps: int = 0
    ) -> None:
        step = player.step
        self.player, self.block = player, block
        self.buffer_samples = prefill_for(step=step, device_block=block, spare_steps=spare_steps) if heard else 0
        """Latency of the rings."""
        self.exchange = Exchange(
            channels=player.channels,
            input_frames=INPUT_BLOCKS * max(step, block),
            output_frames=self.buffer_samples + step if heard else max(2 * step, round(FILE_SECONDS * player.rate)),
            prefill=self.buffer_samples,
            keeps_time=keeps_time,
        )
        self.worker = Worker(player, self.exchange)
        self.problem: str | None = None
        """What ended the stream before its time."""
        self.frames: int | None = None
        """Length of a recording, once the device has stopped."""

    @property
    def latency_samples(self) -> int:
        """From the device's input to its output: the model and the rings."""
        return self.player.latency_samples + self.buffer_samples

    def __enter__(self) -> "Session":
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.collect()
        gc.freeze()  # what is there now will not be looked through while it plays
        self.worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.worker.stop()
        sys.setswitchinterval(self._interval)
        gc.unfreeze()
        if error is None and self.worker.error:
            raise self.worker.error
        if error is None and self.problem:
            raise UserError(self.problem)

    def clocked(self, source: Source) -> Iterator[np.ndarray]:
        """Blocks as a sound card would play them that is given `source`, paced by this machine's clock; without end."""
        seconds = self.block / self.player.rate
        due = time.perf_counter() + seconds
        while not self.worker.error:
            time.sleep(max(0.0, due - time.perf_counter()))
            due += seconds
            out = np.empty((self.player.channels, self.block), np.float32)
            self.exchange.take(source.read(self.block))
            self.exchange.give(out)
            yield out

    def recorded(self, device: Device, stopping: Callable[[], bool]) -> Iterator[np.ndarray]:
        """What the worker makes of the device's input, as it comes; when that stops, the rest that the model holds."""
        watch = _Watch(device, self.exchange)
        while not stopping() and not self.worker.error and self._there(watch):
            self.exchange.made.wait(LOOK_SECONDS)
            yield self._drained()
        device.stop()
        self.frames = self.exchange.taken_frames
        missing = self.player.latency_samples
        while self.worker.is_alive():
            missing -= self.exchange.incoming.write_silence(missing)
            if not missing:
                self.worker.finish()
            self.worker.join(LOOK_SECONDS)
            yield self._drained()
        yield self._drained()

    def prepare(self, source: Source) -> None:
        """Make the first of `source` before a device asks for it; waits at most as long as a device may be silent."""
        until = time.monotonic() + SILENT_SECONDS
        while not self._fed(source) and self.exchange.outgoing.room and time.monotonic() < until:
            self.exchange.made.wait(LOOK_SECONDS)

    def played(
        self, device: Device, source: Source | None, stopping: Callable[[], bool], limit: int | None = None
    ) -> None:
        """Wait while the device plays: `source` to its end, or its own input for `limit` frames, or until stopped."""
        watch = _Watch(device, self.exchange)
        while not stopping() and not self.worker.error and self._there(watch):
            if source is not None and self._fed(source) and not self.exchange.outgoing.available:
                time.sleep(device.latency_seconds)
                return
            if limit is not None and self.exchange.given_frames >= limit + self.latency_samples:
                return
            self.exchange.made.wait(LOOK_SECONDS)

    def _drained(self) -> np.ndarray:
        out = np.empty((self.player.channels, self.exchange.outgoing.available), np.float32)
        self.exchange.outgoing.read(out)
        self.exchange.arrived.ring()
        return out

    def _fed(self, source: Source) -> bool:
        """Keep two steps of `source` before the worker; whether all of it, and the model's latency, is made."""
        exchange, step = self.exchange, self.player.step
        while exchange.incoming.available < 2 * step:
            if source.length is not None and exchange.taken_frames >= source.length + self.player.latency_samples:
                self.worker.finish()
                return not self.worker.is_alive()
            exchange.take(source.read(step))
        return False

    def _there(self, watch: "_Watch") -> bool:
        if not watch.there():
            self.problem = "The sound device has gone; plug it in, or choose another (--devices lists them)."
        return self.problem is None


class _Watch:
    """Notices that a device has stopped calling."""

    def __init__(self, device: Device, exchange: Exchange) -> None:
        self._device, self._exchange = device, exchange
        self._frames, self._since = -1, time.monotonic()

    def there(self) -> bool:
        frames = self._exchange.given_frames or self._exchange.taken_frames
        now = time.monotonic()
        if frames != self._frames:
            self._frames, self._since = frames, now
        return self._device.running and now - self._since < SILENT_SECONDS
