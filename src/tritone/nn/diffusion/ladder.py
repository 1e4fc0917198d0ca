"""A signal without end: chunks on a ladder of noise levels, the earliest least noisy, that all come down together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import hypot, log

import torch
from torch import Tensor

from tritone.nn.diffusion.denoise import Noise

PlacedDenoise = Callable[[Tensor, Tensor, int], Tensor]
"""`denoise(x, sigma, first)`: the clean signal estimated from a window whose first chunk has the number `first` (below
0 for one that was given), under noise of levels `(batch, 1, time)`."""


@dataclass(frozen=True)
class Ladder:
    """Sampling along time (as Diffusion Forcing, arXiv 2407.01392, and the ARVSampler of audio-diffusion-pytorch).

    A window of `chunks` chunks moves along the signal. Its first half holds finished ones, the other as many levels of
    noise as it has chunks, from nearly clean to noise alone. Every step takes these chunks one level down. Whenever the
    earliest is clean it is handed out, the window moves on by a chunk, and fresh noise comes in at its end. Before the
    first chunk there is nothing: the ladder is then climbed at the window's beginning, with noise alone behind it.

    The steps follow the probability-flow equation of noise whose level differs along time, dx/dsigma = (x − clean) /
    sigma at every place.
    """

    chunk: int
    """Length of a chunk."""
    chunks: int
    """Chunks in the window."""
    levels: tuple[float, ...]
    """Noise levels that each chunk goes through, descending to 0: one more than a multiple of `rungs`."""
    order: int = 2
    """2 for DPM-Solver++ 2M (arXiv 2211.01095), 1 for DDIM."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.steps % self.rungs:
            raise ValueError(f"a ladder of {self.rungs} rungs takes a multiple of so many steps, not {self.steps}")

    @property
    def kept(self) -> int:
        """Finished chunks that the window keeps."""
        return self.chunks // 2

    @property
    def rungs(self) -> int:
        """Chunks that come down together."""
        return self.chunks - self.kept

    @property
    def steps(self) -> int:
        """Steps that each chunk takes."""
        return len(self.levels) - 1

    @property
    def between(self) -> int:
        """Steps between one chunk and the next."""
        return self.steps // self.rungs

    def evaluations(self, count: int) -> int:
        """How often the denoiser is asked for so many chunks."""
        return self.steps + (count - 1) * self.between if count else 0

    def chunks_after(self, denoise: PlacedDenoise, noise: Noise, before: Tensor) -> Iterator[Tensor]:
        """Chunks `(batch, channels, chunk)`, one after another without end.

        `before (batch, channels, time)` is what comes before the first, clean: at most `kept` whole chunks, or none.
        `noise(n)` is the standard normal noise of chunk n.
        """
        loud = hypot(self.levels[0], 1.0)
        first = -(before.shape[-1] // self.chunk)
        x = torch.cat([before, *(loud * noise(number) for number in range(first + self.chunks))], -1)
        estimate = torch.zeros_like(x)
        step = 0
        while True:
            x, estimate = self._down(denoise, x, estimate, first, step)
            step += 1
            newest, late = divmod(step - self.steps, self.between)
            if late or newest < 0:
                continue
            place = newest - first
            yield x[..., place * self.chunk : (place + 1) * self.chunk].clone()
            if place == self.kept:
                x = torch.cat([x[..., self.chunk :], loud * noise(first + self.chunks)], -1)
                estimate = estimate.roll(-self.chunk, -1)
                first += 1

    def _done(self, number: int, step: int) -> int:
        """Steps that a chunk has behind it; one that was given has all."""
        return self.steps if number < 0 else min(max(step - number * self.between, 0), self.steps)

    def _down(self, denoise: PlacedDenoise, x: Tensor, before: Tensor, first: int, step: int) -> tuple[Tensor, Tensor]:
        """The window whose first chunk is `first` after one step, and the estimate that the step was made with.

        `before` is the estimate of the last step.
        """
        done = [self._done(first + place, step) for place in range(self.chunks)]
        after = [self._done(first + place, step + 1) for place in range(self.chunks)]
        clean = denoise(x, self._along(x, [self.levels[each] for each in done]), first)
        moves = [self._move(now, then) for now, then in zip(done, after, strict=True)]
        ahead = self._along(x, [ahead for ahead, _ in moves])
        kept = self._along(x, [kept for _, kept in moves])
        middle = clean + ahead * (clean - before)
        return torch.where(kept == 1, x, kept * x + (1 - kept) * middle), clean

    def _move(self, now: int, then: int) -> tuple[float, float]:
        """For a chunk that goes from step `now` to `then`: how far its estimate is continued beyond the last one, and
        how much of the noisy signal is kept.
        """
        if now == then:
            return 0.0, 1.0
        sigma, lower = self.levels[now], self.levels[then]
        if self.order == 1 or now == 0 or lower == 0:
            return 0.0, lower / sigma
        return log(sigma / lower) / (2 * log(self.levels[now - 1] / sigma)), lower / sigma

    def _along(self, x: Tensor, values: list[float]) -> Tensor:
        """One value for each chunk, along time: `(batch, 1, time)`."""
        return x.new_tensor(values).repeat_interleave(self.chunk).expand(len(x), 1, -1)
