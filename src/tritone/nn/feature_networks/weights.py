"""Weights of feature networks from files that the user has: read without unpickling anything but tensors."""

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from tritone.errors import UserError


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors by name in a .safetensors file, or in a file that torch.save wrote: a dict of tensors, alone or
    under the key "model" or "state_dict". Raises UserError where it is anything else.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path} with the weights of a network; give the path of one.")
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, safetensors.SafetensorError, RuntimeError, pickle.UnpicklingError, EOFError, KeyError, ValueError,
            AttributeError, TypeError, IndexError) as error:  # fmt: skip
        raise UserError(
            f"{path} cannot be read as weights: it is damaged, or holds more than tensors; download it again, "
            "or convert it to .safetensors."
        ) from error
    for key in ("model", "state_dict"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise UserError(f"{path} holds no network weights by name; give the file that the network was published as.")
    return dict(content)


def take(weights: Mapping[str, Tensor], name: str, shape: Sequence[int], source: Path) -> Tensor:
    """The weight `name`, as float32. UserError where it is missing, or not of this shape."""
    if name not in weights:
        raise UserError(f"{source} is not of the expected network: it lacks {name}; give the file of this network.")
    found = weights[name]
    if tuple(found.shape) != tuple(shape):
        raise UserError(
            f"{source} is not of the expected network: {name} is {tuple(found.shape)}, not {tuple(shape)}; give the "
            "file of this network."
        )
    return found.float()


def fill(layer: nn.Conv2d | nn.Linear, weights: Mapping[str, Tensor], name: str, source: Path) -> None:
    """Weight and bias of `layer` from `name`.weight and `name`.bias; kernels of a convolution that were laid out as
    (frames, bands) are turned into (bands, frames).
    """
    weight = take(weights, f"{name}.weight", _published(layer), source)
    assert layer.bias is not None
    with torch.no_grad():
        layer.weight.copy_(_turned(weight))
        layer.bias.copy_(take(weights, f"{name}.bias", layer.bias.shape, source))


def fill_normalised(
    layer: nn.Conv2d, weights: Mapping[str, Tensor], name: str, norm: str, epsilon: float, source: Path
) -> None:
    """Weight and bias of `layer` that stand for the convolution `name` (without bias) and the batch norm `norm` behind
    it, in evaluation: w g / sqrt(v + e) and b - m g / sqrt(v + e).
    """
    scale, shift = normalisation(weights, norm, layer.out_channels, epsilon, source)
    weight = take(weights, f"{name}.weight", _published(layer), source)
    assert layer.bias is not None
    with torch.no_grad():
        layer.weight.copy_(_turned(weight) * scale[:, None, None, None])
        layer.bias.copy_(shift)


def normalisation(
    weights: Mapping[str, Tensor], name: str, size: int, epsilon: float, source: Path
) -> tuple[Tensor, Tensor]:
    """A batch norm in evaluation as x * scale + shift."""
    mean, variance = (take(weights, f"{name}.{part}", (size,), source) for part in ("running_mean", "running_var"))
    gain = take(weights, f"{name}.weight", (size,), source)
    bias = take(weights, f"{name}.bias", (size,), source)
    scale = gain * torch.rsqrt(variance + epsilon)
    return scale, bias - mean * scale


def _published(layer: nn.Conv2d | nn.Linear) -> tuple[int, ...]:
    """The shape of a layer's weight in the file: kernels there are (frames, bands)."""
    shape = tuple(layer.weight.shape)
    return (*shape[:2], *reversed(shape[2:]))


def _turned(weight: Tensor) -> Tensor:
    return weight.transpose(2, 3) if weight.dim() == 4 else weight
