"""How many axes of a latent are learned."""

from itertools import islice

import numpy as np

from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.families.codec import build_codec
from tritone.families.prior.config import Config

FRAMES = 200_000
"""Variance is measured over about so many frames."""


def axes_for(config: Config, latents: Dataset) -> int:
    """`dims`, or as many axes as keep `fidelity` of the variance; all where the codec decodes nothing less.

    UserError where the latents have fewer axes than `dims`.
    """
    width = latents.channels
    if "dims" not in build_codec(config.codec).controls:
        return width
    if config.dims is not None:
        if config.dims > width:
            raise UserError(f"model.dims must lie between 1 and {width}, the axes of the codec, not {config.dims}.")
        return config.dims
    kept = np.cumsum(variances(latents))
    return int(np.argmax(kept >= (config.fidelity - 1e-6) * kept[-1])) + 1


def variances(latents: Dataset) -> np.ndarray:
    """Variance along each axis `(dims,)` over training items, spread evenly, in float64."""
    items = latents.split("train")
    each = max(1, sum(item.frames for item in items) // FRAMES)
    total, square, count = np.zeros(latents.channels), np.zeros(latents.channels), 0
    for item in islice(items, 0, None, each):
        frames = latents.read(item, 0, item.frames).astype(np.float64)
        total, square, count = total + frames.sum(1), square + np.square(frames).sum(1), count + item.frames
    variance: np.ndarray = (square / count - np.square(total / count)).clip(min=0.0)
    return variance
