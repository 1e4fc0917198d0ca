"""What the engine needs of a model: the signature that `tritone.play.inference` meets, and a size of steps for it."""

from typing import Any, Protocol

import numpy as np


class LiveEngine(Protocol):
    """A streaming model that keeps its state. Used by one thread at a time."""

    seed: int
    """What the model's own noise follows from; may be changed between blocks."""

    @property
    def latency_samples(self) -> int:
        """By how many samples `decode(encode(...))` comes later than what the model gives offline."""

    def encode(self, audio: np.ndarray) -> np.ndarray:
        """Sound `(channels, block)` to latents `(dims, frames)`."""

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """Latents `(dims, frames)` to sound `(channels, block)`."""

    def reset(self) -> None:
        """Forget all sound before."""

    def describe(self) -> Any:
        """What runs here, for the screen."""


class LiveStyle(Protocol):
    """Turns the style of an engine between two blocks; `sound` is "source" or "target"."""

    def amount(self, amount: float) -> None:
        """Glide to this amount, 0 to 1, over the next block."""

    def learn(self, sound: Any, on: bool) -> None:
        """Begin to learn a sound, or end."""

    def forget(self, sound: Any) -> None:
        """Nothing is known of this sound any more."""


def step_for(block: int, ratio: int) -> int:
    """Samples that a model of `ratio` samples a latent frame is given at a time: `block` where that is whole frames.

    Else one frame; the rings then gather or divide.
    """
    return block if block % ratio == 0 else ratio
