"""Which layers are rounded, and to what: as many as the sound bears, and those first that it hears least.

At small blocks an engine spends its time on reading weights, of which a few deep layers hold most, for a row or two.
Fewer bits for a weight is what makes it faster; how much noise each rounding makes is known beforehand
(`tritone.play.inference.sensitivity`). Every layer begins with what is fastest for it, and those that pay best in noise
for time are made more precise until the noise of all is low enough. Layers that are left alone stay in float32.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tritone.play.inference.runners import GROUP
from tritone.play.inference.sensitivity import Layer, Product, sensitivities

TRUE_DB = 40.0
"""Signal to noise against float32 in torch that an engine must keep to be chosen."""
MARGIN_DB = 1.0
"""Sound that is not the noise on which layers were measured may be a little nearer to the rounding."""
AT_LEAST = 20_000
"""Weights from which on a layer is worth the conversions around it."""
TWICE = "bf16 twice"
"""bf16 of a product that is given its rows twice; int8 always is."""
FEW = 16
"""Rows up to which a product is given each of them twice, rounded and what is left over, which then costs little."""
BYTES = {"float32": 4, "bf16": 2, "int8": 1}
FIXED = {"float32": 0.0, "bf16": 6e-6, "int8": 25e-6}
"""Seconds that the conversions around a product take."""
RATE = {"float32": 75e9, "bf16": 500e9, "int8": 100e9}
"""Products of a weight and a number per second. int8 reads two rows for one."""
READING = 10e9
"""Bytes of weights per second, where they come from beyond the caches of one core."""


def bf16(matrix: Tensor) -> Tensor:
    """The nearest values in bf16."""
    return matrix.bfloat16().float()


def int8_scale(matrix: Tensor) -> Tensor:
    """Of `(inner, outer)`, the step of each output `(1, outer)`: its largest weight is 127 of them."""
    return matrix.abs().amax(0, keepdim=True).clamp(min=1e-30) / 127


def int8(matrix: Tensor) -> Tensor:
    """The nearest multiples of `int8_scale`."""
    scale = int8_scale(matrix)
    return (matrix / scale).round() * scale


def rounded_layers(model: nn.Module, kinds: Sequence[str], frames: int, *, twice: bool) -> dict[str, str]:
    """For blocks of so many latent frames: names of the products of `model` (a StreamingVAE) and which of `kinds`.

    Products that stay in float32 are not named. The noise of all is `MARGIN_DB` below what `TRUE_DB` allows. `twice`
    says whether an engine gives products of few rows the rest of what it rounds.
    """
    roundings = {kind: {"bf16": bf16, "int8": int8}[kind] for kind in kinds}
    layers = [layer for layer in sensitivities(model, roundings, AT_LEAST) if layer.noise is not None]
    ladders = {layer.name: _ladder(layer, kinds, frames, twice) for layer in layers}
    budget = 10 ** (-(TRUE_DB + MARGIN_DB) / 10)
    while sum(ladder[0][1] for ladder in ladders.values()) > budget:
        name = max((name for name in ladders if len(ladders[name]) > 1), key=lambda name: _worth(ladders[name]))
        ladders[name] = ladders[name][1:]
    return {name: ladder[0][2] for name, ladder in ladders.items() if ladder[0][2] != "float32"}


def _ladder(layer: Layer, kinds: Sequence[str], frames: int, twice: bool) -> list[tuple[float, float, str]]:
    """(seconds, noise, kind), slower and more precise with every rung; the last is float32."""
    assert layer.noise is not None
    exact = twice and layer.rows * frames <= FEW
    able = [kind for kind in kinds if kind == "bf16" or (exact and layer.inner % GROUP == 0)]
    rungs = [(_seconds(layer, kind, frames), _noise(layer.noise, kind, exact), kind) for kind in ("float32", *able)]
    if exact:
        rungs = [(time, noise, TWICE if kind == "bf16" else kind) for time, noise, kind in rungs]
    ladder: list[tuple[float, float, str]] = []
    for rung in sorted(rungs):
        if not ladder or rung[1] < ladder[-1][1]:
            ladder.append(rung)
    return ladder


def _seconds(layer: Layer, kind: str, frames: int) -> float:
    products = layer.weights * layer.rows * frames
    return layer.weights * BYTES[kind] / READING + products / RATE[kind] + FIXED[kind]


def _noise(noise: Mapping[str, float], kind: str, exact: bool) -> float:
    """Share of the power. A product in bf16 gives bf16, which makes as much noise as the weights; so does its input."""
    return {"float32": 0.0, "int8": 1, "bf16": 2 if exact else 3}[kind] * noise.get(kind, 0.0)


def _worth(ladder: list[tuple[float, float, str]]) -> float:
    """Noise that goes, for a second more, if the lowest rung is left."""
    (fast, loud, _), (slow, quiet, _) = ladder[:2]
    return (loud - quiet) / (slow - fast)


class Half(nn.Module):
    """A product of torch whose matrix is held, and multiplied, in bf16; float32 in and out."""

    def __init__(self, layer: Product) -> None:
        super().__init__()
        self.layer = layer
        layer.matrix = layer.matrix.bfloat16()

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        """As the layer does."""
        with torch.autocast("cpu", torch.bfloat16):
            product: Any = self.layer(signal, clock, state)
            return product.float()
