"""Adaptive instance norm on blocks: statistics of two sounds that are learned, exchanged and forgotten while it plays.

Everything is in the state: a place keeps rows of its own there, float32 `(batch, ROWS, channels)`, and what is turned
is written into them by the functions below. Zeros stand for a place that lets everything through and learns nothing.
A sound is learned from one latent frame up to another; each place, however late it runs, takes exactly the rows that
belong to those frames, so what it learns does not depend on the size of the blocks.
"""

import torch
from torch import Tensor, nn

from tritone.nn.streaming.plan import Place, Plan

SOURCE, TARGET = 2, 7
"""Where the five rows of a sound begin: frames from which and up to which it is learned, count, mean, variance.

Before them are the amount of style, 0 to 1, at the end of the block, and that at the end of the block before.
"""
ROWS = 12


class StreamingStyle(nn.Module):
    """`tritone.nn.instance_norm.exchange` on rows `(batch, time, channels)`, by what the state holds.

    While a target is learned its rows pass as they are; while a source is learned the rows are exchanged by what is
    known of it by the end of the block. Where one of the two is not known, everything passes. Every item of a batch
    has statistics of its own; when to learn is read from the first.
    """

    def __init__(self, place: Place, plan: Plan, least: float) -> None:
        super().__init__()
        self.rate, self.lag, self.least = place.rate, place.lag, least
        self.slot = plan.slot(ROWS, place.channels)

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        """Same shape out; replaces this place's rows of `state`."""
        first = state[0] * self.rate - self.lag
        amounts, source, target = state[self.slot].split([2, 5, 5], 1)
        if not torch.jit.is_scripting() and _is_written_down():
            return self._learning(signal, first, state)
        if bool(first < torch.maximum(source[0, 1, 0], target[0, 1, 0]) * self.rate):
            return self._learning(signal, first, state)
        if not bool(amounts.any()):
            return signal
        state[self.slot] = torch.cat([amounts[:, :1], amounts[:, :1], source, target], 1)
        return self._exchanged(signal, amounts, source, target)

    def _learning(self, signal: Tensor, first: Tensor, state: list[Tensor]) -> Tensor:
        """The rows from `first` on: learned where it is time to, then exchanged."""
        amounts, source, target = state[self.slot].split([2, 5, 5], 1)
        index = (first + torch.arange(signal.shape[1], device=signal.device)).unsqueeze(0).unsqueeze(2)
        source, _ = self._learned(signal, index, source)
        target, counted = self._learned(signal, index, target)
        state[self.slot] = torch.cat([amounts[:, :1], amounts[:, :1], source, target], 1)
        return signal + (1 - counted) * (self._exchanged(signal, amounts, source, target) - signal)

    def _learned(self, signal: Tensor, index: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Five rows with the statistics of this block put together with those before; 1 for each row that counted.

        Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm (1979), equations 1.5.
        """
        since, until, count, mean, variance = known.split([1, 1, 1, 1, 1], 1)
        after = index >= (since[:1, :, :1] * self.rate).to(torch.int64)
        counted = (after & (index < (until[:1, :, :1] * self.rate).to(torch.int64))).to(signal.dtype)
        more = counted.sum(1, keepdim=True)
        here = (signal * counted).sum(1, keepdim=True) / more.clamp_min(1.0)
        spread = ((signal - here).square() * counted).sum(1, keepdim=True) / more.clamp_min(1.0)
        total, step = count + more, here - mean
        share = more / total.clamp_min(1.0)
        variance = variance * (1 - share) + spread * share + step.square() * share * (1 - share)
        return torch.cat([since, until, total, mean + step * share, variance], 1), counted

    def _exchanged(self, signal: Tensor, amounts: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Rows with the target's statistics for the source's, as far as the amount says."""
        gain = target[:, 4:].sqrt() / source[:, 4:].sqrt().clamp_min(self.least)
        shift = target[:, 3:4] - gain * source[:, 3:4]
        known = ((source[:, 2:3] > 0) & (target[:, 2:3] > 0)).to(signal.dtype)
        time = signal.shape[1]
        way = torch.arange(1, time + 1, device=signal.device).to(signal.dtype).unsqueeze(0).unsqueeze(2) / time
        wanted, before = amounts[:, :1, :1], amounts[:, 1:, :1]
        amount = (before * (1 - way) + wanted * way) * known[:, :, :1]
        return amount * (signal * gain + shift) + (1 - amount) * signal


def with_amount(state: list[Tensor], slots: list[int], amount: float) -> list[Tensor]:
    """The state in which the style glides to `amount` over the next block, 0 (none) to 1."""
    made = state.copy()
    for slot in slots:
        made[slot] = state[slot].clone()
        made[slot][:, 0] = amount
    return made


def with_learning(state: list[Tensor], slots: list[int], sound: int, on: bool, frame: int) -> list[Tensor]:
    """The state that learns `sound` (SOURCE or TARGET) from `frame` on, or, not `on`, up to it.

    A decoder behind a live encoder is some frames behind it: to both belongs the frame that comes in next.
    """
    made = state.copy()
    for slot in slots:
        made[slot] = state[slot].clone()
        since, until = made[slot][:, sound], made[slot][:, sound + 1]
        if on:
            since.fill_(frame)
            until.fill_(_never())
        else:
            until.clamp_(max=frame)
    return made


def without(state: list[Tensor], slots: list[int], sound: int) -> list[Tensor]:
    """The state that has forgotten what it learned of `sound` (SOURCE or TARGET); learning goes on."""
    made = state.copy()
    for slot in slots:
        made[slot] = state[slot].clone()
        made[slot][:, sound + 2 : sound + 5] = 0.0
    return made


def with_statistics(
    state: list[Tensor], slots: list[int], sound: int, means: list[Tensor], stds: list[Tensor]
) -> list[Tensor]:
    """The state that knows of `sound` (SOURCE or TARGET) means and deviations `(channels,)` of every place."""
    made = state.copy()
    for slot, mean, std in zip(slots, means, stds, strict=True):
        made[slot] = state[slot].clone()
        made[slot][:, sound + 2 : sound + 5] = torch.stack([torch.ones_like(mean), mean, std.square()])
    return made


def carried(fresh: list[Tensor], before: list[Tensor], slots: list[int]) -> list[Tensor]:
    """A fresh state with the amounts and statistics of another; where that was for another batch, those of its first.

    What was being learned is learned on, from where the fresh state begins.
    """
    made, now = fresh.copy(), max(0, int(fresh[0].item()))
    for slot in slots:
        batch, rows = fresh[slot].shape[0], before[slot]
        made[slot] = rows.clone() if rows.shape[0] == batch else rows[:1].repeat(batch, 1, 1)
        for sound in [2, 7]:
            since, until = made[slot][:, sound], made[slot][:, sound + 1]
            learning = bool(until[0, 0] == _never())
            since.fill_(now)
            until.fill_(_never() if learning else 0.0)
    return made


def _never() -> float:
    """A frame that no stream reaches."""
    return 1e9


def _is_written_down() -> bool:
    """Whether operators are being recorded into a graph, which must hold for every state."""
    return torch.jit.is_tracing() or torch.compiler.is_compiling()
