"""Styles of an engine: what is turned, learned and forgotten, written into the state that its runners hold."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from torch import Tensor

from tritone.nn.instance_norm import Statistics
from tritone.nn.streaming import style
from tritone.play.inference.runners import Runner

if TYPE_CHECKING:
    from tritone.play.inference.engine import LiveEngine

Sound = Literal["source", "target"]
SOUNDS: dict[Sound, int] = {"source": style.SOURCE, "target": style.TARGET}


class EngineStyle:
    """Turns the style of an engine between two blocks; of one whose model has places for a style (`able`)."""

    def __init__(self, engine: "LiveEngine") -> None:
        self._halves = list(zip((engine.encoder, engine.decoder), engine.styles, strict=True))
        self.able = any(engine.styles)

    def amount(self, amount: float) -> None:
        """Glide to this amount, 0 to 1, over the next block."""
        self._turn(lambda state, slots: style.with_amount(state, slots, amount))

    def learn(self, sound: Sound, on: bool) -> None:
        """Begin to learn a sound with the next frame that comes in, or end with the last."""
        frame = int(_state_of(self._halves[0][0])[0])
        self._turn(lambda state, slots: style.with_learning(state, slots, SOUNDS[sound], on, frame))

    def forget(self, sound: Sound) -> None:
        """Nothing is known of this sound any more; where it is being learned, that goes on."""
        self._turn(lambda state, slots: style.without(state, slots, SOUNDS[sound]))

    def put(self, sound: Sound, known: Sequence[Statistics]) -> None:
        """Know these statistics of a sound, of every place of the model in its order."""
        rest = list(known)
        for runner, slots in self._halves:
            part, rest = rest[: len(slots)], rest[len(slots) :]
            means, stds = [each.mean.cpu() for each in part], [each.std.cpu() for each in part]
            runner.turn(partial(style.with_statistics, slots=slots, sound=SOUNDS[sound], means=means, stds=stds))

    def _turn(self, change: Callable[[list[Tensor], list[int]], list[Tensor]]) -> None:
        for runner, slots in self._halves:
            runner.turn(partial(_changed, slots=slots, change=change))


def begin_anew(runner: Runner, start: Sequence[np.ndarray], slots: list[int]) -> None:
    """Forget all sound, so that `start` is the state, but for what is known of styles."""
    if not slots:
        runner.reset(start)
        return
    before = _state_of(runner)
    runner.reset(start)
    runner.turn(lambda state: style.carried(state, before, slots))


def _changed(
    state: list[Tensor], slots: list[int], change: Callable[[list[Tensor], list[int]], list[Tensor]]
) -> list[Tensor]:
    return change(state, slots)


def _state_of(runner: Runner) -> list[Tensor]:
    """A copy of what a runner holds."""
    copied: list[Tensor] = []

    def look(state: list[Tensor]) -> list[Tensor]:
        copied.extend(each.clone() for each in state)
        return state

    runner.turn(look)
    return copied
