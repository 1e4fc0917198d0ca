"""How much noise in the output it makes when the weights of a layer are rounded.

If each weight w_i of a layer is moved by a small d_i, and the d_i have nothing to do with one another, as rounding
errors do not, the power that the output moves by is the sum of d_i^2 |J_i|^2, where J_i is the derivative of all output
by w_i; layers add up. |J_i|^2 is the mean of g_i^2, where g is the gradient of the output times normal random numbers
(Hutchinson's estimator), so that two passes backwards tell it of all weights at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tritone.nn.streaming.conv import Mix, StreamingConv1d, StreamingConvTranspose1d
from tritone.play.inference.measure import probe
from tritone.play.inference.steps import Step

Product = StreamingConv1d | StreamingConvTranspose1d | Mix
"""Layers that hold a matrix `(inner, outer)`."""
Rounding = Callable[[Tensor], Tensor]
"""A matrix as it is after having been stored in fewer bits."""
BEYOND, DRAWS = 8, 2


@dataclass(frozen=True)
class Layer:
    """A product inside a streaming model: its weights, and the rows that it computes for a latent frame.

    `noise` has for each rounding the share of the output's power that becomes noise; None where the output does not
    follow from the layer (behind a quantiser), so that nothing is known.
    """

    name: str
    inner: int
    outer: int
    rows: float
    noise: Mapping[str, float] | None

    @property
    def weights(self) -> int:
        """How many."""
        return self.inner * self.outer


def sensitivities(model: Any, roundings: Mapping[str, Rounding], at_least: int) -> list[Layer]:
    """Every product of `model` (a StreamingVAE) with `at_least` so many weights, in the order of its modules.

    Measured on noise that swells, encoded and decoded, beyond the model's latency.
    """
    layers = {name: layer for name, layer in products(model).items() if layer.matrix.numel() >= at_least}
    rows: dict[str, int] = {}
    hooks = [layer.register_forward_hook(_count(name, rows)) for name, layer in layers.items()]
    matrices = [layer.matrix.requires_grad_() for layer in layers.values()]
    try:
        with torch.enable_grad():
            heard, frames = _played(model)
            power = float(heard.detach().square().sum())
            squares = _squares(heard, matrices)
    finally:
        for hook, matrix in zip(hooks, matrices, strict=True):
            hook.remove()
            matrix.requires_grad_(False)
    found = []
    for (name, layer), square in zip(layers.items(), squares, strict=True):
        noise = None
        if square is not None and power:
            noise = {kind: _moved(layer.matrix, rounded, square) / power for kind, rounded in roundings.items()}
        inner, outer = layer.matrix.shape
        found.append(Layer(name, inner, outer, _computed(layer, rows[name]) / frames, noise))
    return found


def products(model: nn.Module) -> dict[str, Product]:
    """The products inside `model`, by their names there."""
    return {name: layer for name, layer in model.named_modules() if isinstance(layer, Product)}


def _played(model: Any) -> tuple[Tensor, int]:
    """Output behind the latency, for a block of all frames at once, and how many frames these were."""
    frames = -(-model.latency_samples // model.ratio) + BEYOND
    step = Step(model, "forward", frames * model.ratio)
    random = torch.Generator().manual_seed(0)
    sound, *rest = step.example()
    inputs = [torch.from_numpy(probe(model, sound.shape[-1], 1))]
    for port, tensor in zip(step.spec.inputs[1:], rest, strict=False):
        drawn = torch.randn(tensor.shape, generator=random)
        inputs.append(drawn if port.name == "beside" else drawn.clamp(-1, 1))
    output = step(*inputs, *rest[len(inputs) - 1 :])[0]
    return output[..., model.latency_samples :], frames


def _squares(heard: Tensor, matrices: list[Tensor]) -> list[Tensor | None]:
    """For every weight the squared length of the derivative of `heard` by it."""
    random = torch.Generator().manual_seed(1)
    sums: list[Tensor | None] = [None] * len(matrices)
    for draw in range(DRAWS if heard.requires_grad else 0):
        drawn = torch.randn(heard.shape, generator=random)
        weighed = (heard * drawn).sum()  # as grad_outputs, torch would load sympy to check their shape: 30 MB
        gradients = torch.autograd.grad(weighed, matrices, retain_graph=draw < DRAWS - 1, allow_unused=True)
        for place, gradient in enumerate(gradients):
            if gradient is not None:
                before = sums[place]
                square = gradient.square() / DRAWS
                sums[place] = square if before is None else before + square
    return sums


def _moved(matrix: Tensor, rounded: Rounding, square: Tensor) -> float:
    return float(((matrix - rounded(matrix)).square() * square).sum())


def _computed(layer: Product, rows: int) -> int:
    """Rows of the product that give so many rows of output."""
    return rows // layer.stride if isinstance(layer, StreamingConvTranspose1d) else rows


def _count(name: str, rows: dict[str, int]) -> Callable[[nn.Module, Any, Tensor], None]:
    def hook(module: nn.Module, given: Any, output: Tensor) -> None:
        rows[name] = output.shape[1]

    return hook
