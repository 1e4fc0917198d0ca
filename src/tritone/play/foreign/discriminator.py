"""Their discriminators in ours, where both have the same networks."""

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

PREFIX = "discriminator."
FAMILIES = {"discriminators.0.": "period.", "discriminators.1.": "scale.", "": "scale."}
"""Their prefix and ours: v2 combines multi-period and multi-scale networks, v1 is multi-scale alone."""
CONV_NET = re.compile(r"(.*?)layers\.(\d+)\.net\.(\d+)\.(\w+)$")
DESCRIPT = re.compile(r"discriminators\.(\d+)\.(convs|band_convs|conv_post)\.?([\d.]*?)\.?(\w+)$")
SCORE = "8"


def discriminator_state(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """State dict of acids-rave's `model.discriminator` under the names and shapes of `tritone.nn.discriminators`.

    `layers.I.net.(2 J).weight_v (outputs, inputs, kernel[, 1])` becomes `nets.I.layers.J.direction (outputs, kernel,
    inputs)`, weight_g the gain, bias the bias; the last convolution `net.8` becomes the linear layer `score`. Raises
    KeyError for a name that is none of these.
    """
    ours = {}
    for name, value in theirs.items():
        found = CONV_NET.match(name)
        if found is None:
            raise KeyError(name)
        before, net, layer, part = found.groups()
        place = f"{FAMILIES[before]}nets.{net}."
        if layer == SCORE:
            ours[f"{place}score.{part}"] = value.reshape(1, -1) if part == "weight" else value
            continue
        place += f"layers.{int(layer) // 2}."
        if part == "weight_v":
            ours[place + "direction"] = value.flatten(2).permute(0, 2, 1).contiguous()
        elif part == "weight_g":
            ours[place + "gain"] = value.reshape(-1, 1, 1)
        else:
            ours[place + "bias"] = value
    return ours


def descript_state(theirs: Mapping[str, Tensor], periods: int) -> dict[str, Tensor]:
    """The same for `tritone.nn.descript_discriminators`, whose first `periods` networks are those on periods."""
    parts = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    ours = {}
    for name, value in theirs.items():
        found = DESCRIPT.match(name)
        if found is None:
            if name.endswith(".window"):
                continue
            raise KeyError(name)
        net, what, place, part = int(found.group(1)), found.group(2), found.group(3), found.group(4)
        within = place.split(".")
        of_periods = net < periods
        into = f"period.{net}." if of_periods else f"resolution.{net - periods}."
        into += {"convs": f"layers.{within[0]}", "conv_post": "score"}.get(what) or f"bands.{'.'.join(within[:2])}"
        narrow = of_periods and value.dim() == 4
        ours[f"{into}.{parts.get(part, part)}"] = value.squeeze(-1) if narrow else value
    return ours


def carry_discriminators(tensors: Mapping[str, Tensor], target: nn.Module, design: str, periods: int) -> bool:
    """Their discriminators into ours; False, and ours unchanged, where there are none or they differ in any shape."""
    theirs = {name.removeprefix(PREFIX): value for name, value in tensors.items() if name.startswith(PREFIX)}
    try:
        state = descript_state(theirs, periods) if design == "descript" else discriminator_state(theirs)
    except KeyError:
        return False
    own = target.state_dict()
    if not state or {name: value.shape for name, value in state.items()} != {n: v.shape for n, v in own.items()}:
        return False
    target.load_state_dict({name: value.to(torch.float32) for name, value in state.items()})
    return True


def settings(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Capacity, scales and number of periods that a state has; empty where it has none of ours."""
    names = [name.removeprefix(PREFIX) for name in tensors if name.startswith(PREFIX)]
    if any(".band_convs." in name for name in names):
        return {"design": "descript", "scales": 0, "capacity": len(tensors[f"{PREFIX}discriminators.0.convs.0.0.bias"])}
    stacks: dict[str, set[str]] = {}
    for name in names:
        matched = CONV_NET.match(name)
        if matched is None or matched.group(1) not in FAMILIES:
            return {}
        stacks.setdefault(FAMILIES[matched.group(1)], set()).add(matched.group(2))
    if "scale." not in stacks:
        return {}
    first = next(name for name in names if name.endswith("net.0.bias"))
    own: dict[str, Any] = {"design": "rave", "scales": len(stacks["scale."]), "resolutions": []}
    own["capacity"] = len(tensors[PREFIX + first])
    return own if "period." in stacks else {**own, "periods": []}
