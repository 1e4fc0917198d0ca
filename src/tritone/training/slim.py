"""Weights that take little room: in halves or in eight bits, without what another model that ships holds already.

A file says in its header how it is to be read, so that `read_weights` reads slim and plain files alike.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from tritone.errors import UserError
from tritone.shipped import PREFIX, WEIGHTS, located

Form = Literal["half", "eight"]
GROUP = 64
"""Neighbouring numbers that have one scale, in eight bits."""
LEAST = 4096
"""Smaller tensors stay in halves."""
SCALE = "::scale"
"""What the name of the scales ends in."""
PARTS = "tritone.parts"
"""Key of the header: a JSON object of {beginning of names: model that ships}."""


def slim(weights: Mapping[str, Tensor], *, form: Form, parts: Mapping[str, str]) -> bytes:
    """A safetensors file of weights.

    `form` "half" is float16. "eight" keeps matrices as whole numbers of eight bits, with a float16 scale for every 64
    neighbours (symmetric, rounded to the nearest), and all else as float16; numbers that are not floats stay as they
    are. `parts` names, by the beginning of their names, weights that are left out because a model that ships has them:
    `demo:NAME` or the name of a vocoder.
    """
    kept = {name: value for name, value in weights.items() if not name.startswith(tuple(parts))}
    stored: dict[str, Tensor] = {}
    for name, value in kept.items():
        if form == "eight" and value.is_floating_point() and value.ndim > 1 and value.numel() >= LEAST:
            stored[name], stored[name + SCALE] = to_eight(value)
        else:
            stored[name] = (value.half() if value.is_floating_point() else value).contiguous()
    return save(stored, {PARTS: json.dumps(dict(parts))})


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights in a file, plain or slim, as they are built: halves and eight bits come as float32.

    Raises OSError and safetensors.SafetensorError for a file that cannot be read, UserError for one that asks for a
    model that does not ship.
    """
    with safe_open(path, "pt") as file:
        parts = _parts(file.metadata() or {}, path)
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    weights = {}
    for name, value in stored.items():
        if name.endswith(SCALE):
            continue
        scale = stored.get(name + SCALE)
        weights[name] = value if scale is None else from_eight(value, scale)
    for beginning, source in parts.items():
        weights |= {beginning + name: value for name, value in _part(source, path).items()}
    return {name: value.float() if value.dtype == torch.float16 else value for name, value in weights.items()}


def to_eight(value: Tensor) -> tuple[Tensor, Tensor]:
    """Whole numbers of eight bits in the shape of `value`, and the scales of its groups of 64."""
    flat = torch.nn.functional.pad(value.detach().float().reshape(-1), (0, -value.numel() % GROUP)).reshape(-1, GROUP)
    scale = (flat.abs().amax(1) / 127).clamp(min=torch.finfo(torch.float16).tiny).half()
    whole = (flat / scale.float()[:, None]).round().clamp(-127, 127).to(torch.int8)
    return whole.reshape(-1)[: value.numel()].reshape(value.shape).contiguous(), scale


def from_eight(whole: Tensor, scale: Tensor) -> Tensor:
    """What `to_eight` was given, as nearly as eight bits hold it, in float32."""
    flat = whole.reshape(-1).float()
    return (flat * scale.float().repeat_interleave(GROUP)[: flat.numel()]).reshape(whole.shape)


def _parts(header: Mapping[str, str], path: Path) -> dict[str, str]:
    try:
        parts = json.loads(header.get(PARTS, "{}"))
    except ValueError:
        parts = None
    if not isinstance(parts, dict) or not all(isinstance(each, str) for each in parts.values()):
        raise UserError(f"The header of {path} does not say in a way that can be read what else belongs to it.")
    return parts


def _part(source: str, path: Path) -> dict[str, Tensor]:
    """Weights of a model or vocoder that ships; of a model that is whole, so that no file can ask for itself."""
    if source.startswith(PREFIX):
        file = located(source) / WEIGHTS
        with safe_open(file, "pt") as opened:
            if _parts(opened.metadata() or {}, file):
                raise UserError(f"{path} takes weights from {source}, which itself is not whole; get another file.")
        return read_weights(file)
    from tritone.nn.vocoders.shipped import load_shipped

    return load_shipped(source)[1]
