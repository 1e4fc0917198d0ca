"""How much noise each row of a training batch gets."""

from collections.abc import Sequence
from math import pi

import torch
from torch import Tensor

from tritone.nn.diffusion.config import NoiseConfig
from tritone.nn.noise import sample_normal, sample_uniform

TIME = 0x6E6F6973 << 32
"""Keeps the drawing of levels apart from that of the noise itself, which starts from the same seeds."""


def draw_sigma(seeds: Tensor | Sequence[int], config: NoiseConfig, sigma_data: float = 1.0) -> Tensor:
    """Noise levels `(batch,)`, float32 on the CPU; each follows from its row's seed alone.

    - uniform: time uniform in [0, 1) (arXiv 2202.00512);
    - logit-normal: the logit of time is normal (arXiv 2403.03206, section 3.1);
    - log-snr: log(sigma / sigma_data) is normal (arXiv 2206.00364, table 1), whatever the objective's time.

    Time is that of the objective: sigma = sigma_data · tan(π/2 · time), for flow sigma_data · time / (1 − time). For
    flow, logit-normal and log-snr are therefore the same.
    """
    own = [int(seed) ^ TIME for seed in (seeds.tolist() if isinstance(seeds, Tensor) else seeds)]
    if config.times == "uniform":
        return _sigma(sample_uniform(own, ()).double() / 2 + 0.5, config, sigma_data)
    normal = config.times_mean + config.times_std * sample_normal(own, ()).double()
    if config.times == "log-snr":
        return (sigma_data * normal.exp()).float()
    return _sigma(normal.sigmoid(), config, sigma_data)


def _sigma(time: Tensor, config: NoiseConfig, sigma_data: float) -> Tensor:
    """Sigma at a time; time 1, where it is infinite, is kept one part in 10⁷ away."""
    time = time.clamp(max=1 - 1e-7)
    ratio = time / (1 - time) if config.objective == "flow" else torch.tan(time * (pi / 2))
    return (sigma_data * ratio).float()
