"""What a student learns from its teacher before anybody judges it: where the teacher's equation leads.

The probability-flow equation dx/dsigma = (x − clean) / sigma of the teacher leads from every noisy signal to one clean
one. A student that knows that end point at once needs one step. It learns it from the end points themselves, or by
consistency distillation (arXiv 2303.01469, algorithm 2); from noise of any level, not from noise alone, so that it can
take several steps. Unlike a sampler's, levels here differ from row to row.
"""

import torch
from torch import Tensor

from tritone.nn.diffusion.denoise import Denoise


def followed(denoise: Denoise, x: Tensor, sigma: Tensor, *, lowest: float, steps: int) -> Tensor:
    """Where the equation leads from `x (batch, channels, time)`, whose rows have noise of `sigma (batch,)`.

    `steps` evaluations of the denoiser by DPM-Solver++ 2M (arXiv 2211.01095, algorithm 2), of each row on a grid of
    its own, even in log sigma from its level to `lowest`, and from there to 0. Second order.
    """
    before: Tensor | None = None
    ratio = (sigma.clamp(max=lowest) / sigma) ** (1 / max(1, steps - 1))
    for _ in range(steps - 1):
        clean = denoise(x, sigma)
        middle = clean if before is None else 1.5 * clean - 0.5 * before
        x = torch.lerp(middle, x, ratio[:, None, None].to(x))
        before, sigma = clean, sigma * ratio
    return denoise(x, sigma)


def consistent(
    teacher: Denoise, student: Denoise, x: Tensor, sigma: Tensor, *, lowest: float, highest: float, grid: int
) -> Tensor:
    """What the student gives one step further down the teacher's equation, which it should give here too.

    The step is one of `grid` that are even in log sigma from `highest` to `lowest`, by Heun's method in log sigma
    (second order). Where it would end below `lowest` the target is the teacher's own estimate.
    """
    ratio = (lowest / highest) ** (1 / grid)
    clean, nearer = teacher(x, sigma), sigma * ratio
    ahead = torch.lerp(clean, x, ratio)
    ahead = torch.lerp((clean + teacher(ahead, nearer)) / 2, x, ratio)
    inside = (nearer >= lowest * 0.999)[:, None, None]
    return torch.where(inside, student(ahead, nearer), clean)


def distance(estimate: Tensor, target: Tensor, sigma: Tensor) -> Tensor:
    """Mean squared error `(batch,)` times 1 + 1 / sigma².

    That is the error in terms of v (arXiv 2202.00512), which a step from any level makes about as large.
    """
    return (estimate - target).square().flatten(1).mean(1) * (1 + sigma**-2)
