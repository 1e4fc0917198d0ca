"""Styles of an engine: what is turned, learned and forgotten, written into the state that its runners hold."""

from collections.abc import Callable, Sequence
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
        frames: list[int] = []
        self._halves[0][0].turn(lambda state: (frames.append(int(state[0])), state)[1])
        self._turn(lambda state, slots: style.with_learning(state, slots, SOUNDS[sound], on, frames[0]))

    def forget(self, sound: Sound) -> None:
        """Nothing is known of this sound any more; where it is being learned, that goes on."""
        self._turn(lambda state, slots: style.without(state, slots, SOUNDS[sound]))

    def put(self, sound: Sound, known: Sequence[Statistics]) -> None:
        """Know these statistics of a sound, of every place of the model in its order."""
        rest = list(known)
        for runner, slots in self._halves:
            part, rest = rest[: len(slots)], rest[len(slots) :]
            means, stds = [each.mean.cpu() for each in part], [each.std.cpu() for each in part]
            runner.turn(
                lambda state, slots=slots, means=means, stds=stds: style.with_statistics(
                    state, slots, SOUNDS[sound], means, stds
                )
            )

    def _turn(self, change: Callable[[list[Tensor], list[int]], list[Tensor]]) -> None:
        for runner, slots in self._halves:
            runner.turn(lambda state, slots=slots: change(state, slots))


def begin_anew(runner: Runner, start: Sequence[np.ndarray], slots: list[int]) -> None:
    """Forget all sound, so that `start` is the state, but for what is known of styles."""
    if not slots:
        runner.reset(start)
        return
    before: list[Tensor] = []
    runner.turn(lambda state: (before.extend(each.clone() for each in state), state)[1])
    runner.reset(start)
    runner.turn(lambda state: style.carried(state, before, slots))
