"""From what their files tell to the configuration of a run: the nearest preset, and every number that differs."""

from collections.abc import Mapping
from math import prod
from typing import Any

from torch import Tensor

from tritone.config import RunConfig, load_preset, make_config
from tritone.errors import UserError
from tritone.play.foreign import discriminator
from tritone.play.foreign.names import BOOKS
from tritone.play.foreign.said import Said
from tritone.play.foreign.shapes import NOISE, Shape
from tritone.schema import deep_merge

BOTTLENECKS = {
    "variational": "normal",
    "discrete": "quantised",
    "wasserstein": "wasserstein",
    "spherical": "spherical",
}
SMALL_RATIO = 512
"""Samples a latent frame from which on the nearest v2 preset is the small one."""


def run_config(
    tensors: Mapping[str, Tensor], shape: Shape, said: Said, *, data: str, step: int, overrides: Mapping[str, Any]
) -> RunConfig:
    """The configuration of the imported run, with `overrides` on top. UserError for what the family cannot hold."""
    name = nearest_preset(shape, said)
    preset = load_preset(name)
    model = deep_merge(_architecture(tensors, shape, said), _learning(tensors, said))
    steps = max(int(preset["training"]["steps"]), step + int(said.stage1_steps or 0) + 1_000_000)
    values = deep_merge({"model": model, "training": {"steps": steps}}, overrides)
    return make_config("vae", preset, values, name=name, data=data)


def nearest_preset(shape: Shape, said: Said) -> str:
    """The preset that a model is nearest to, which gives what its files do not tell."""
    if said.encoder in ("discrete", "wasserstein", "spherical"):
        return f"vae-{said.encoder}" + ("-v3" if said.encoder == "discrete" and shape.snake else "")
    if shape.architecture == "v1":
        name = "vae-v1"
    elif shape.snake or shape.adain:
        name = "vae-v3"
    else:
        name = "vae-v2-small" if shape.bands * prod(shape.ratios) <= SMALL_RATIO else "vae-v2"
    return name + ("-causal" if said.causal else "")


def is_quantised(tensors: Mapping[str, Tensor]) -> bool:
    """Whether a discrete model's quantiser was ever switched on: acids-rave's own training leaves it off."""
    return bool(tensors.get("encoder.enabled", 1))


def taps(shape: Shape, causal: bool) -> int:
    """Length of our filter bank for their prototype.

    Looking both ways, the least that holds it. When causal, as long as it takes to come as late as theirs, so that
    latent frames hear the same stretch of sound.
    """
    if shape.prototype % 2 == 0:
        raise UserError(f"The filter bank's prototype has {shape.prototype} taps; only odd ones are known.")
    unit = 2 * shape.bands
    return shape.padded + unit if causal else -(-(shape.prototype + 1) // unit) * unit


def _architecture(tensors: Mapping[str, Tensor], shape: Shape, said: Said) -> dict[str, Any]:
    bottleneck = BOTTLENECKS[said.encoder]
    if said.encoder == "discrete" and not is_quantised(tensors):
        bottleneck = "wasserstein"
    parts = 2 if bottleneck == "normal" else 1
    if shape.head != parts * shape.latent:
        raise UserError(
            f"The encoder gives {shape.head} numbers a frame where {parts * shape.latent} were expected of a "
            f"{said.encoder} latent of {shape.latent} dimensions; the file is of another kind than {said.source} says."
        )
    return {
        "architecture": shape.architecture,
        "sample_rate": said.sample_rate,
        "channels": shape.channels,
        "causal": said.causal,
        "latent": shape.latent,
        "capacity": shape.capacity,
        "ratios": list(shape.ratios),
        "dilations": [list(row) for row in said.dilations],
        "activation": "snake" if shape.snake else "leaky_relu",
        "adaptive_norm": shape.adain,
        "bottleneck": bottleneck,
        "noise_channels": shape.extra,
        "quantiser": _quantiser(tensors),
        "pqmf": {"bands": shape.bands, "taps": taps(shape, said.causal), "design": "kaiser"},
        "noise": _noise(tensors, shape, said),
    }


def _learning(tensors: Mapping[str, Tensor], said: Said) -> dict[str, Any]:
    own = dict(said.training)
    if said.stage1_steps is not None:
        own["stage1_steps"] = int(said.stage1_steps)
    own["discriminator"] = {**discriminator.settings(tensors), **own.get("discriminator", {})}
    if said.encoder == "discrete" and not is_quantised(tensors):
        own["weights"] = {**own.get("weights", {}), "mmd": 0.0}
    return own


def _quantiser(tensors: Mapping[str, Tensor]) -> dict[str, int]:
    books = [value for name, value in tensors.items() if name.startswith(BOOKS) and name.endswith("_codebook.embed")]
    return {"levels": len(books), "codes": len(books[0])} if books else {}


def _noise(tensors: Mapping[str, Tensor], shape: Shape, said: Said) -> dict[str, Any] | None:
    if not shape.noise:
        return None
    amplitudes = shape.noise[-1].shape[0] // (shape.bands * shape.channels)
    ratios = said.noise_ratios or _noise_ratios(tensors, shape)
    stage = 2 if shape.architecture == "v1" else 1
    return {"bands": amplitudes, "ratios": list(ratios), "hidden": shape.noise[0].shape[0], "stage": stage}


def _noise_ratios(tensors: Mapping[str, Tensor], shape: Shape) -> tuple[int, ...]:
    """Strides of the noise branch from an export: in v2 half the kernels, in v1 equal ones that give its frame."""
    if shape.architecture == "v2":
        return tuple(layer.shape[2] // 2 for layer in shape.noise)
    count, frame = len(shape.noise), int(tensors[f"{NOISE['v1']}target_size"])
    ratio = round(frame ** (1 / count))
    if ratio**count != frame:
        raise UserError(f"The noise branch's {count} strides, {frame} in all, cannot be told from the export alone.")
    return (ratio,) * count
