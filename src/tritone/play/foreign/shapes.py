"""What a model of acids-rave is, as far as the shapes of its tensors tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from torch import Tensor

from tritone.errors import UserError
from tritone.play.foreign.layers import Layer, convolutions, layers

ENCODER, TRUNK = "encoder.encoder.net.", "decoder.net."
HEADS_V1 = ("decoder.synth.branches.0", "decoder.synth.branches.1")
NOISE = {"v1": "decoder.synth.branches.2.", "v2": "decoder.noise_module."}
WAVEFORM_V2 = "decoder.waveform_module"
UNIT_KERNEL = 3


@dataclass(frozen=True)
class Shape:
    """The numbers of an architecture, and where its dilated convolutions stand."""

    architecture: Literal["v1", "v2"]
    bands: int
    channels: int
    capacity: int
    latent: int
    head: int
    """Rows of the encoder's last layer: twice the latent where it gives mean and scale."""
    extra: int
    """Inputs of the decoder beside the latent: channels of noise."""
    ratios: tuple[int, ...]
    encoder_units: tuple[tuple[str, ...], ...]
    """Paths of the dilated convolutions at each ratio, from the top down; none in v1."""
    decoder_units: tuple[tuple[str, ...], ...]
    """The same of the decoder, from the latent up."""
    noise: tuple[Layer, ...]
    """The convolutions of the noise branch."""
    snake: bool
    adain: bool
    prototype: int
    """Taps of the filter bank's prototype."""
    padded: int
    """Taps of the filters that are made of it."""


def read_shape(tensors: Mapping[str, Tensor]) -> Shape:
    """UserError where the tensors are not those of a model that the vae family can hold; it says which are missing."""
    for name in ("pqmf.hk", "pqmf.h", "latent_pca", "latent_mean"):
        if name not in tensors:
            raise UserError(f"These are not the weights of an acids-rave model of version 2: there is no {name}.")
    if any(".gru." in name or ".lstm." in name or "weight_ih" in name for name in tensors):
        raise UserError("This model has a recurrent layer (config `hybrid`), which the vae family does not have.")
    one = any(path.startswith("decoder.synth.") for path in tensors)
    return _shape_v1(tensors) if one else _shape_v2(tensors)


def heads(tensors: Mapping[str, Tensor], shape: Shape) -> list[Layer]:
    """The convolutions that read the decoder's trunk: waveform (and loudness in v1)."""
    if shape.architecture == "v1":
        return [layer for prefix in HEADS_V1 for layer in convolutions(tensors, prefix)]
    return convolutions(tensors, WAVEFORM_V2) or convolutions(tensors, TRUNK)[-1:]


def trunk(tensors: Mapping[str, Tensor], shape: Shape) -> list[Layer]:
    """All layers of the decoder below its heads."""
    above = {layer.path for layer in heads(tensors, shape)}
    return [layer for layer in layers(tensors, TRUNK) if layer.path not in above]


def _shape_v1(tensors: Mapping[str, Tensor]) -> Shape:
    first, *strided, last = _direct(tensors, ENCODER)
    ratios = _ratios(strided, odd=True)
    _, *rest = convolutions(tensors, TRUNK)
    ups = [layer for layer in rest if "branches" not in layer.path]
    _check_ups(ups, ratios)
    inner = [layer for layer in rest if "branches" in layer.path]
    units = _levels(rest, ups, [layer for layer in inner if layer.path.endswith(".1")])
    return _shape(tensors, "v1", first, last, ratios, (), units)


def _shape_v2(tensors: Mapping[str, Tensor]) -> Shape:
    first, *strided, last = _direct(tensors, ENCODER)
    ratios = _ratios(strided, odd=False)
    encoder = convolutions(tensors, ENCODER)
    units = [layer for layer in encoder if layer.path.endswith(".1") and "aligned" in layer.path]
    down = _levels(encoder, strided, units, before=True)
    decoder = convolutions(tensors, TRUNK)
    ups = _direct(tensors, TRUNK)[1:]
    ups = ups if convolutions(tensors, WAVEFORM_V2) else ups[:-1]
    _check_ups(ups, ratios[::-1])
    up = _levels(decoder, ups, [each for each in decoder if each.path.endswith(".1") and "aligned" in each.path])
    return _shape(tensors, "v2", first, last, ratios, down, up)


def _shape(
    tensors: Mapping[str, Tensor],
    architecture: Literal["v1", "v2"],
    first: Layer,
    last: Layer,
    ratios: tuple[int, ...],
    encoder_units: tuple[tuple[str, ...], ...],
    decoder_units: tuple[tuple[str, ...], ...],
) -> Shape:
    bands, padded = tensors["pqmf.hk"].shape
    capacity, inputs, _ = first.shape
    if inputs % bands:
        raise UserError(
            f"The encoder reads {inputs} channels, which are no whole number of the filter bank's {bands} bands "
            "(config with a mel spectrogram as input?); the vae family reads bands alone."
        )
    everything = [*layers(tensors, ENCODER), *layers(tensors, TRUNK)]
    latent = len(tensors["latent_mean"])
    return Shape(
        architecture=architecture, bands=bands, channels=inputs // bands, capacity=capacity, latent=latent,
        head=last.shape[0], extra=convolutions(tensors, TRUNK)[0].shape[1] - latent, ratios=ratios,
        encoder_units=encoder_units, decoder_units=decoder_units,
        noise=tuple(convolutions(tensors, NOISE[architecture])),
        snake=any(layer.kind == "snake" for layer in everything),
        adain=any(layer.kind == "statistics" for layer in everything),
        prototype=tensors["pqmf.h"].numel(), padded=padded,
    )  # fmt: skip


def _direct(tensors: Mapping[str, Tensor], prefix: str) -> list[Layer]:
    """The convolutions that stand in no unit: first, those that change the rate, last."""
    found = [layer for layer in convolutions(tensors, prefix) if layer.path.removeprefix(prefix).isdecimal()]
    if len(found) < 2 or any(len(layer.shape) != 3 for layer in found):
        raise UserError(f"The weights under {prefix} are not those of an encoder or decoder of acids-rave's v1 to v3.")
    return found


def _ratios(strided: Sequence[Layer], odd: bool) -> tuple[int, ...]:
    """Strides from kernels: 2r + 1 in v1, 2r in v2."""
    kernels = [layer.shape[2] for layer in strided]
    if not kernels or any(kernel % 2 != int(odd) for kernel in kernels):
        raise UserError(
            f"The encoder's strided convolutions have kernels {kernels}, which are not those of this version."
        )
    return tuple(kernel // 2 for kernel in kernels)


def _check_ups(ups: Sequence[Layer], ratios: Sequence[int]) -> None:
    found = [layer.shape[2] for layer in ups]
    if found != [2 * ratio for ratio in ratios]:
        raise UserError(
            f"The decoder's transposed convolutions have kernels {found}, where the encoder's strides ask for "
            f"{[2 * ratio for ratio in ratios]} (config `v2_nopqmf`?); the vae family mirrors the encoder."
        )


def _levels(
    everything: Sequence[Layer], borders: Sequence[Layer], units: Sequence[Layer], before: bool = False
) -> tuple[tuple[str, ...], ...]:
    """Paths of `units` that stand before (or after) each of `borders`."""
    place = {layer.path: index for index, layer in enumerate(everything)}
    marks = [place[layer.path] for layer in borders]
    edges = [-1, *marks] if before else [*marks, len(everything)]
    if any(layer.shape[2] != UNIT_KERNEL for layer in units):
        raise UserError(
            f"The residual units have kernels other than {UNIT_KERNEL}, which the vae family does not have."
        )
    return tuple(
        tuple(layer.path for layer in units if low < place[layer.path] < high) for low, high in pairwise(edges)
    )
