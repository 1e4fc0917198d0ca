"""Carries the weights of acids-rave's discriminators into ours, so that both can be compared on the same input."""

import torch
from torch import Tensor

FAMILIES = {"discriminators.0.": "period.", "discriminators.1.": "scale.", "": "scale."}
"""Their prefix and ours: v2 combines multi-period and multi-scale networks, v1 is multi-scale alone."""


def discriminator_state(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """State dict of acids-rave's `model.discriminator` under the names and shapes of `tritone.nn.discriminators`.

    `layers.I.net.(2 J).weight_v (outputs, inputs, kernel[, 1])` becomes `nets.I.layers.J.direction (outputs, kernel,
    inputs)`, weight_g the gain, bias the bias; the last convolution `net.8` becomes the linear layer `score`.
    """
    ours = {}
    for name, value in theirs.items():
        prefix = next(prefix for prefix in FAMILIES if name.startswith(prefix))
        _, net, _, layer, part = name.removeprefix(prefix).split(".")
        place = f"{FAMILIES[prefix]}nets.{net}."
        if layer == "8":
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


def unfolded(features: Tensor, batch: int) -> Tensor:
    """Our `(batch * period, channels, frames)` in their layout `(batch, channels, frames, period)`."""
    if features.shape[0] == batch:
        return features
    return torch.unflatten(features, 0, (batch, -1)).permute(0, 2, 3, 1)
