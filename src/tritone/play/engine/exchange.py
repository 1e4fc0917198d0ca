"""Where the sound card and the worker meet: two ring buffers, and an exact account of what was lost."""

import numpy as np

from tritone.play.engine.ring import Bell, RingBuffer


class Exchange:
    """What a device calls: `take` copies its input in, `give` copies output out. Neither waits nor computes.

    Sound never shifts in time. Output that was not there is replaced by silence, and dropped where it comes late; input
    that did not fit is replaced by silence as soon as there is room. So frame t of the output always belongs to
    frame t - latency of the input, also after dropouts. Without `keeps_time`, for sound that comes from no device,
    output that was not there in time is heard later instead.
    """

    def __init__(
        self, *, channels: int, input_frames: int, output_frames: int, prefill: int = 0, keeps_time: bool = True
    ) -> None:
        self._keeps_time = keeps_time
        self.incoming = RingBuffer(channels=channels, frames=input_frames)
        self.outgoing = RingBuffer(channels=channels, frames=output_frames)
        self.outgoing.write_silence(prefill)
        self.arrived, self.made = Bell(), Bell()
        """Rung when there is new input for the worker, and new output from it."""
        self.taken_frames = self.given_frames = 0
        """Frames of time that the device took and gave so far, lost and missing ones counted in."""
        self.underruns = self.missing_frames = 0
        """Calls for output that was not there, and the frames that were missing."""
        self.overruns = self.lost_frames = 0
        """Calls with input that did not fit, and the frames that were lost."""
        self.skipped_frames = 0
        """Frames that the worker left out because they would have come too late (counted by the worker)."""
        self.device_flags = 0
        """Calls in which the device itself told of lost sound."""
        self.late = 0
        """Frames that will be dropped when they come, because silence was heard in their place."""
        self.closed = False
        """Set by the worker when no more output will come; then silence is no dropout."""
        self._owed = 0

    def take(self, audio: np.ndarray) -> None:
        """Input `(channels, frames)` from the device."""
        self.taken_frames += audio.shape[1]
        self._owed -= self.incoming.write_silence(self._owed)
        fitted = 0 if self._owed else self.incoming.write(audio)
        lost = audio.shape[1] - fitted
        if lost:
            self.overruns += 1
            self.lost_frames += lost
            self._owed += lost
        self.arrived.ring()

    def give(self, out: np.ndarray) -> None:
        """Fill `out` `(channels, frames)` for the device."""
        self.given_frames += out.shape[1]
        self.late -= self.outgoing.skip(self.late)
        got = 0 if self.late else self.outgoing.read(out)
        missing = out.shape[1] - got
        if missing:
            out[:, got:] = 0.0
            if not self.closed:
                self.underruns += 1
                self.missing_frames += missing
                self.late += missing if self._keeps_time else 0
        self.arrived.ring()

    @property
    def hopeless_frames(self) -> int:
        """Frames that the worker need not make any more, because they would all be dropped."""
        waiting = self.outgoing.available  # first: what the device drops meanwhile must not count twice
        return self.late - waiting


def prefill_for(*, step: int, device_block: int, spare_steps: int = 0) -> int:
    """Frames of silence at the start of the output, which are the latency of the buffers.

    So few that a device which always calls with `device_block` frames just finds output, where no step of `step` frames
    takes longer to make than it lasts. With g = gcd(device_block, step): up to device_block - g frames after a step is
    complete the device hands over its end, it takes `step` frames of time to make, and up to step - g frames of what is
    asked for then may lie beyond it. `spare_steps` adds room for a machine that stumbles.
    """
    return device_block + 2 * (step - int(np.gcd(device_block, step))) + spare_steps * step
