"""Sound on its way from one thread to another, where neither ever waits for the other."""

import threading

import numpy as np


class RingBuffer:
    """A first-in first-out store of frames for one thread that writes and one that reads, without a lock.

    Audio is float32 `(channels, frames)`. Each side owns a counter of frames that only grows and that the other side
    only looks at. A counter moves after the samples were copied, so nobody sees samples that are half there.
    """

    def __init__(self, *, channels: int, frames: int) -> None:
        self._audio = np.zeros((channels, frames), np.float32)
        self._written = 0
        self._read = 0

    @property
    def capacity(self) -> int:
        """Frames that fit."""
        return self._audio.shape[1]

    @property
    def available(self) -> int:
        """Frames that can be read now."""
        return self._written - self._read

    @property
    def room(self) -> int:
        """Frames that can be written now."""
        return self.capacity - self.available

    def write(self, audio: np.ndarray) -> int:
        """Stores as many frames from the start of `audio` as fit; returns how many."""
        count = min(audio.shape[1], self.room)
        at = self._written % self.capacity
        first = min(count, self.capacity - at)
        self._audio[:, at : at + first] = audio[:, :first]
        self._audio[:, : count - first] = audio[:, first:count]
        self._written += count
        return count

    def write_silence(self, frames: int) -> int:
        """Stores up to `frames` zeros; returns how many fitted."""
        count = min(frames, self.room)
        at = self._written % self.capacity
        first = min(count, self.capacity - at)
        self._audio[:, at : at + first] = 0.0
        self._audio[:, : count - first] = 0.0
        self._written += count
        return count

    def read(self, out: np.ndarray) -> int:
        """Moves as many frames as there are, at most all of `out`, to its start; returns how many."""
        count = min(out.shape[1], self.available)
        at = self._read % self.capacity
        first = min(count, self.capacity - at)
        out[:, :first] = self._audio[:, at : at + first]
        out[:, first:count] = self._audio[:, : count - first]
        self._read += count
        return count

    def skip(self, frames: int) -> int:
        """Drops up to `frames` of the oldest frames; returns how many."""
        count = min(frames, self.available)
        self._read += count
        return count


class Bell:
    """Wakes one waiting thread. Ringing never waits; several rings before the waiter looks are one."""

    def __init__(self) -> None:
        self._silent = threading.Lock()
        self._silent.acquire()

    def ring(self) -> None:
        """Wake the waiter, now or when it next waits."""
        try:
            self._silent.release()
        except RuntimeError:
            return  # it rings already

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most so long; whether it rang."""
        return self._silent.acquire(timeout=seconds)
