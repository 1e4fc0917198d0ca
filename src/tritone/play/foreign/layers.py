"""Their state dict as a list of layers, from input to output."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

Kind = Literal["convolution", "norm", "snake", "statistics"]
PARTS: dict[Kind, tuple[str, ...]] = {
    "norm": ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"),
    "snake": ("alpha",),
    "statistics": ("mean_x", "std_x", "mean_y", "std_y", "learn_x", "learn_y", "num_update_x", "num_update_y"),
    "convolution": ("weight", "weight_g", "weight_v", "bias"),
}
"""The tensors that a layer of each kind has; `statistics` are those of adaptive instance norm."""
BUFFERS_OF_STREAMS = ("cache", "pad")
"""Last names of the tensors that a live export keeps between blocks."""


@dataclass(frozen=True)
class Layer:
    """One layer: where it stands in their model, what it is, and its tensors by their last name."""

    path: str
    kind: Kind
    parts: dict[str, Tensor]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the weight, for convolutions `(out, in / groups, kernel)`, transposed ones `(in, out, kernel)`."""
        return tuple(self.parts["weight_v" if "weight_v" in self.parts else "weight"].shape)


def layers(tensors: Mapping[str, Tensor], prefix: str) -> list[Layer]:
    """The layers whose names begin with `prefix`, in the order of the numbers in their names."""
    grouped: dict[str, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        path, _, last = name.rpartition(".")
        if name.startswith(prefix) and last not in BUFFERS_OF_STREAMS:
            grouped.setdefault(path, {})[last] = value
    found = [Layer(path, kind, grouped[path]) for path in sorted(grouped, key=_order) if (kind := _kind(grouped[path]))]
    return found


def convolutions(tensors: Mapping[str, Tensor], prefix: str) -> list[Layer]:
    """The convolutions among `layers`."""
    return [layer for layer in layers(tensors, prefix) if layer.kind == "convolution"]


def _order(path: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in path.split(".")]


def _kind(parts: Mapping[str, Tensor]) -> Kind | None:
    """What a layer with these tensors is; None where they belong to no layer of a network."""
    if "running_mean" in parts:
        return "norm"
    if "mean_x" in parts:
        return "statistics"
    if "alpha" in parts:
        return "snake"
    return "convolution" if "weight" in parts or "weight_v" in parts else None
