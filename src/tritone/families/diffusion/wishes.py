"""Whether what is asked of a diffusion model makes sense, before any work is done."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.diffusion.controls import Controls
from tritone.nn.diffusion.config import SamplingConfig


def checked_controls(wishes: Mapping[str, Any], usual: SamplingConfig) -> Controls:
    """The wishes as controls; UserError for what makes no sound, and for a negative prompt without effect."""
    controls = Controls(**wishes)
    guidance = controls.sampling(usual).guidance
    if controls.negative and guidance == 1:
        raise UserError("--negative acts through guidance; give --guidance more than 1 (such as 3) with it.")
    return controls


def whole_samples(seconds: float, rate: int) -> int:
    """Samples of so many seconds; UserError for less than one."""
    samples = round(seconds * rate)
    if samples < 1:
        raise UserError(f"seconds must hold at least one sample, 1/{rate}, not {seconds:g}.")
    return samples


def check_inpainting(controls: Controls, keep: Tensor, count: int, samples: int, resamples: int) -> None:
    """UserError where parts of `count` sounds of so many samples cannot be made anew in this way."""
    if keep.dtype != torch.bool or keep.shape not in ((1, 1, samples), (count, 1, samples)):
        raise UserError(
            f"keep must be bool (1 or {count}, 1, {samples}), True where the sound stays, not {keep.dtype} "
            f"{tuple(keep.shape)}."
        )
    if controls.loop:
        raise UserError("--loop goes with new sound and with variations; leave it out here.")
    if controls.sampler is not None:
        raise UserError(f"A part of a sound has a way of its own; leave --sampler {controls.sampler} out.")
    if resamples < 1:
        raise UserError(f"--resamples must be at least 1, not {resamples}.")
