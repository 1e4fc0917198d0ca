"""A stream from its start to its report: what comes in, what goes out, and how it is paced."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tritone.errors import UserError
from tritone.play.engine.card import SoundCard
from tritone.play.engine.player import Player
from tritone.play.engine.session import Session
from tritone.play.engine.sinks import aligned, check_output, exactly, write_stream
from tritone.play.engine.sources import SYNTHETIC, FileBlocks, Source, synthetic_blocks
from tritone.signal.resample import resample_blocks, resampled_frames

DEVICE, NOWHERE = "device", "none"


@dataclass(frozen=True)
class Wiring:
    """Both ends of a stream and how long it lasts."""

    input: str = DEVICE
    """A file, "sine", "noise", "silence", "device" or "device:NAME"."""
    output: str = DEVICE
    """A file, "none", "device" or "device:NAME"."""
    seconds: float | None = None
    """Length of the input; to its end where None."""
    loop: bool = False
    """The input file again and again."""
    realtime: bool = False
    """Without a device: paced by the clock instead of as fast as it goes."""
    keep_latency: bool = False
    """The file that is written is as late as what was heard."""
    bits: str = "24"
    """"24" or "float": how samples are stored."""
    block: int = 2048
    """What the device calls with."""
    spare_steps: int = 0
    """More buffer, for a machine that stumbles."""
    seed: int = 0
    """Of the noise source."""

    def __post_init__(self) -> None:
        if not self.driven and Path(self.input).is_file() and Path(self.input).resolve() == Path(self.output).resolve():
            raise UserError(f"--output {self.output} would overwrite the sound it is made from; give another file.")
        if self.loop and (self.from_device or self.input in SYNTHETIC):
            raise UserError("--loop repeats a file; give one with --input.")
        endless = self.loop or self.input in SYNTHETIC
        if endless and self.seconds is None and not self.driven and not self.realtime:
            raise UserError(f"--input {self.input} never ends here; give --seconds, or --realtime.")
        if self.to_file:
            check_output(Path(self.output), self.bits)

    @property
    def from_device(self) -> bool:
        """Whether a sound card gives the input."""
        return _is_device(self.input)

    @property
    def to_device(self) -> bool:
        """Whether a sound card plays the output."""
        return _is_device(self.output)

    @property
    def driven(self) -> bool:
        """Whether a sound card sets the pace."""
        return self.from_device or self.to_device

    @property
    def to_file(self) -> bool:
        """Whether the output is written."""
        return not self.to_device and self.output != NOWHERE


class Stream:
    """One stream of `player`. `announce` is told what the latency is before it starts; `stopping` ends it early."""

    def __init__(
        self,
        player: Player,
        wiring: Wiring,
        *,
        announce: Callable[[dict[str, float]], None] = lambda facts: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self.player, self.wiring = player, wiring
        self._announce, self._stopping = announce, stopping
        self._file: FileBlocks | None = None
        self._source = None if wiring.from_device else self._make_source()
        self._session: Session | None = None
        self._device_seconds = 0.0
        self.frames = 0
        """Frames that were written or thrown away."""

    def run(self) -> dict[str, Any]:
        """Play it to its end; the report."""
        self.player.desk.status = self._status
        start = time.perf_counter()
        if self._source is not None and not self.wiring.driven and not self.wiring.realtime:
            self._say()
            self._put_away(self._as_fast_as_it_goes(self._source), self._source_length)
        else:
            self._in_real_time()
        return self.report() | {"wall_seconds": time.perf_counter() - start}

    @property
    def mixed_down(self) -> bool:
        """Whether the channels of the input file are averaged to one."""
        return self._file is not None and self._file.file_channels > self.player.channels

    def latency(self) -> dict[str, float]:
        """In samples at the model's rate, and altogether in ms: model, buffers, device."""
        buffered = self._session.buffer_samples if self._session else 0
        device = round(self._device_seconds * self.player.rate)
        total = self.player.latency_samples + buffered + device
        parts = {"model_samples": self.player.latency_samples, "buffer_samples": buffered, "device_samples": device}
        return parts | {"total_samples": total, "total_ms": 1000 * total / self.player.rate}

    def report(self) -> dict[str, Any]:
        """Times of blocks, dropouts, latency, in plain numbers."""
        exchange = self._session.exchange if self._session else None
        names = (
            "underruns", "missing_frames", "overruns", "lost_frames", "skipped_frames", "device_flags"
        )  # fmt: skip
        return {
            "rate": self.player.rate,
            "step_samples": self.player.step,
            "steps": self.player.times.count,
            "step_time": self.player.times.summary(),
            "dropouts": {name: getattr(exchange, name) if exchange else 0 for name in names},
            "broken_steps": self.player.broken_blocks,
            "latency": self.latency(),
            "frames": self.frames,
        }

    def _make_source(self) -> Source:
        wiring, player = self.wiring, self.player
        blocks: Iterable[np.ndarray]
        if wiring.input in SYNTHETIC:
            blocks = synthetic_blocks(wiring.input, channels=player.channels, rate=player.rate, seed=wiring.seed)
        else:
            path = Path(wiring.input)
            blocks = self._file = FileBlocks(path, channels=player.channels, rate=player.rate, loop=wiring.loop)
        limit = None if wiring.seconds is None else resampled_frames(self._limit or 0, self._output_rate, player.rate)
        return Source(blocks, channels=player.channels, limit=limit, stopping=self._stopping)

    @property
    def _output_rate(self) -> int:
        return self._file.file_rate if self._file else self.player.rate

    @property
    def _limit(self) -> int | None:
        """`seconds` in frames of the output."""
        return None if self.wiring.seconds is None else max(1, round(self.wiring.seconds * self._output_rate))

    def _source_length(self) -> int | None:
        return self._source.length if self._source else None

    def _as_fast_as_it_goes(self, source: Source) -> Iterator[np.ndarray]:
        while True:
            yield self.player.process(source.read(self.player.step))

    def _in_real_time(self) -> None:
        wiring, heard = self.wiring, self.wiring.to_device or not self.wiring.driven
        self._session = session = Session(
            self.player, block=wiring.block, heard=heard, keeps_time=wiring.from_device or not wiring.driven,
            spare_steps=wiring.spare_steps,
        )  # fmt: skip
        if not wiring.driven:
            self._say()
            assert self._source is not None
            with session:
                self._put_away(session.clocked(self._source), self._source_length)
            return
        card = SoundCard(
            session.exchange, self._devices(), channels=self.player.channels, rate=self.player.rate, block=wiring.block
        )  # fmt: skip
        self._device_seconds = card.latency_seconds
        self._say()
        try:
            with session:
                if self._source is not None:
                    session.prepare(self._source)
                card.start()
                if wiring.to_device:
                    session.played(card, self._source, self._stopping, self._limit)
                else:
                    self._put_away(session.recorded(card, self._stopping), lambda: self._limit or session.frames)
        finally:
            card.stop()

    def _devices(self) -> dict[str, str]:
        ends = {"input": self.wiring.input, "output": self.wiring.output}
        return {kind: end.partition(":")[2] for kind, end in ends.items() if _is_device(end)}

    def _put_away(self, blocks: Iterator[np.ndarray], length: Callable[[], int | None]) -> None:
        """Write the blocks, or throw them away, moved back by the latency and as long as the input."""
        wiring, player, rate = self.wiring, self.player, self._output_rate
        late = self._session.latency_samples if self._session else player.latency_samples
        kept = aligned(blocks, 0 if wiring.keep_latency else late, length)
        at_rate = resample_blocks(kept, player.channels, player.rate, rate)
        exact = exactly(at_rate, self._output_length(length), player.channels)
        if wiring.to_file:
            path = Path(wiring.output)
            self.frames = write_stream(path, exact, channels=player.channels, rate=rate, bits=wiring.bits)
        else:
            self.frames = sum(block.shape[1] for block in exact)

    def _output_length(self, length: Callable[[], int | None]) -> Callable[[], int | None]:
        """`length` in frames of the output: as many as the file has, where all of it was played."""

        def frames() -> int | None:
            source = length()
            if self._file is None or source is None:
                return source
            whole = None if self.wiring.loop else self._file.file_frames
            wanted = [each for each in (whole, self._limit) if each is not None]
            played = resampled_frames(source, self.player.rate, self._output_rate)
            return min(wanted) if wanted and abs(played - min(wanted)) <= 1 else played

        return frames

    def _say(self) -> None:
        self._announce(self.latency())

    def _status(self) -> str:
        return " ".join(sentences(self.report()))


def sentences(report: dict[str, Any]) -> list[str]:
    """A report as one reads it."""
    times, drops, rate = report["step_time"], report["dropouts"], report["rate"]
    length = f"{report['step_samples']} samples ({1000 * report['step_samples'] / rate:.1f} ms)"
    said = [f"{report['steps']} blocks of {length}."]
    if times:
        each = ", ".join(
            f"{name} {times[f'{name}_ms']:.2f} ms ({100 * times[f'{name}_share']:.0f} %)"
            for name in ("p50", "p95", "p99", "max")
        )
        said.append(f"Time for one: {each}.")
        if times["p50_share"] > 1:
            said.append("That is longer than a block lasts: in real time this machine cannot keep up so.")
    said.append(
        f"Dropouts: {drops['underruns']} of the output ({1000 * drops['missing_frames'] / rate:.1f} ms missing), "
        f"{drops['overruns']} of the input ({1000 * drops['lost_frames'] / rate:.1f} ms lost)"
        + (f", {drops['device_flags']} told by the device." if drops["device_flags"] else ".")
    )
    if report["broken_steps"]:
        said.append(f"The model gave numbers that are not finite {report['broken_steps']} times; silence was played.")
    if drops["underruns"] + drops["overruns"]:
        said.append("Against dropouts: --spare 1, a larger --block, another --engine, or close other programs.")
    return said


def _is_device(end: str) -> bool:
    return end == DEVICE or end.startswith(f"{DEVICE}:")
