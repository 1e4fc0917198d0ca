"""From choices between two to a scale for all: the model of Bradley and Terry (Biometrika 39, 1952)."""

import numpy as np
from numpy.typing import NDArray

PRIOR = 0.5
"""Of a win for each side of each pair, beside what was counted: a system that never lost has a finite strength too."""


def strengths(wins: NDArray[np.float64], rounds: int = 2000, tolerance: float = 1e-9) -> NDArray[np.float64]:
    """Strengths `(…, systems)` with mean 0 from `wins` `(…, systems, systems)`: how often the row was preferred.

    A system is preferred to another with probability 1 / (1 + exp(other - own)). They are the most likely ones, found
    by minorisation and maximisation (Hunter, Ann. Stat. 32, 2004) until no step changes more than `tolerance`.
    """
    systems = wins.shape[-1]
    counted = wins + PRIOR * (1 - np.eye(systems))
    games, won = counted + counted.swapaxes(-1, -2), counted.sum(-1)
    power = np.ones(won.shape)
    for _ in range(rounds):
        new = won / (games / (power[..., :, None] + power[..., None, :])).sum(-1)
        new /= np.exp(np.log(new).mean(-1, keepdims=True))
        change = np.abs(np.log(new / power)).max()
        power = new
        if change < tolerance:
            break
    return np.asarray(np.log(power))
