"""The latent under the player's hands: kept axes, scale, offset, noise, freeze."""

import numpy as np

from tritone.nn.noise import sample_normal
from tritone.play.engine.controls import Controls
from tritone.play.engine.glide import Glide


class Shaper:
    """Applies controls to latents `(dims, frames)` of one stream; every change glides over `glide_frames` frames.

    z' = scale * (held or live z) + noise * n on the kept axes, fill * n on the others, offset added to all, where n is
    N(0, 1) and follows from seed and frame number alone. Controls that change nothing leave every number as it is.
    """

    def __init__(self, controls: Controls, glide_frames: int) -> None:
        self._keep = Glide(_mask(controls), glide_frames)
        self._scale = Glide(_scales(controls), glide_frames)
        self._offset = Glide(controls.offsets, glide_frames)
        self._noise = Glide(controls.noise, glide_frames)
        self._fill = Glide(controls.fill, glide_frames)
        self._hold = Glide(0.0, glide_frames)
        self._held: np.ndarray | None = None
        self._frame = 0

    def __call__(self, latent: np.ndarray, controls: Controls) -> np.ndarray:
        """The latent `(dims, frames)` as it is to be decoded, of the same shape."""
        frames = latent.shape[1]
        self._aim(controls)
        keep, scale, offset = (glide.next(frames) for glide in (self._keep, self._scale, self._offset))
        shaped = keep * scale * self._frozen_or_live(latent, controls) + offset
        silent = all(glide.resting and not glide.next(1).any() for glide in (self._noise, self._fill))
        if not silent:
            along = self._noise.next(frames)
            shaped += (keep * along + (1 - keep) * self._fill.next(frames)) * self._normal(controls.seed, latent.shape)
        self._frame += frames
        return shaped

    def _aim(self, controls: Controls) -> None:
        self._keep.move(_mask(controls))
        self._scale.move(_scales(controls))
        self._offset.move(controls.offsets)
        self._noise.move(controls.noise)
        self._fill.move(controls.fill)

    def _frozen_or_live(self, latent: np.ndarray, controls: Controls) -> np.ndarray:
        if controls.freeze and self._held is None:
            self._held = latent[:, :1].copy()
        self._hold.move(float(controls.freeze))
        if self._held is None:
            return latent
        share = self._hold.next(latent.shape[1])
        mixed = (1 - share) * latent + share * self._held
        if self._hold.resting and not controls.freeze:
            self._held = None
        return mixed

    def _normal(self, seed: int, shape: tuple[int, ...]) -> np.ndarray:
        seeds = [(seed << 32) + self._frame + frame for frame in range(shape[1])]
        return sample_normal(seeds, shape[:1]).numpy().T


def _mask(controls: Controls) -> np.ndarray:
    return (np.arange(len(controls.offsets)) < controls.dims).astype(np.float32)


def _scales(controls: Controls) -> np.ndarray:
    return np.asarray(controls.scales, np.float32) * np.float32(controls.scale)
