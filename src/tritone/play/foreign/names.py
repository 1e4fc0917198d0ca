"""Their weights in our networks: layer by layer, from input to output, each kind of layer by itself.

Both sides list their layers in the order in which sound goes through them, so no names need to be compared; shapes are.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from tritone.errors import UserError
from tritone.families.vae.decoders import Decoder
from tritone.families.vae.latent import LatentBasis
from tritone.families.vae.model import VAE
from tritone.nn.blocks import BatchNorm
from tritone.nn.snake import Snake
from tritone.play.foreign.layers import Layer, layers
from tritone.play.foreign.shapes import ENCODER, Shape, heads, trunk
from tritone.signal.pqmf import Pqmf

OWN: dict[str, tuple[type[nn.Module], ...]] = {
    "convolution": (nn.Conv1d, nn.ConvTranspose1d),
    "norm": (BatchNorm,),
    "snake": (Snake,),
}
"""Our classes for their kinds of layers; places where a style can enter have no weights in ours."""
GAIN, DIRECTION = "parametrizations.weight.original0", "parametrizations.weight.original1"
BOOKS = "encoder.rvq.layers."


def carry(tensors: Mapping[str, Tensor], shape: Shape, vae: VAE) -> None:
    """All weights of `tensors` into `vae`. UserError where a layer has another shape or there are more or fewer."""
    decoder: Decoder = vae.decoder  # type: ignore[assignment]
    _carry_layers(layers(tensors, ENCODER), vae.encoder)
    _carry_layers(trunk(tensors, shape), decoder.trunk)
    for source, target in zip(heads(tensors, shape), decoder.heads(), strict=True):
        _carry_layer(source, target)
    if decoder.noise_branch is not None:
        _carry_layers(shape.noise, decoder.noise_branch)
    carry_prototype(tensors["pqmf.h"], vae.pqmf)  # type: ignore[arg-type]
    carry_basis(tensors, vae.basis)
    if hasattr(vae.bottleneck, "quantiser"):
        _carry_books(tensors, vae.bottleneck.quantiser)  # type: ignore[arg-type]


def carry_prototype(prototype: Tensor, bank: Pqmf) -> None:
    """Their odd prototype filter, centred where our bank has its centre."""
    flat = prototype.detach().float().flatten()
    start = round(bank.centre - (len(flat) - 1) / 2)
    padded = torch.zeros(bank.taps)
    padded[start : start + len(flat)] = flat
    bank.load_state_dict({"prototype": padded})


def carry_basis(tensors: Mapping[str, Tensor], basis: LatentBasis) -> None:
    """Their principal axes, a row each, and the share of variance that the first 1, 2, ... keep.

    Their files hold no variances, only shares; these are scaled so that the strongest axis has 1, and neighbouring
    frames count as unrelated. Where nothing was analysed (all shares 0) the basis stays as it is.
    """
    fidelity = tensors.get("fidelity", torch.zeros(0)).float()
    if fidelity.numel() != basis.dims or float(fidelity.abs().max()) == 0:
        return
    share = fidelity.diff(prepend=fidelity.new_zeros(1)).clamp_min(0)
    basis.load_state_dict(
        {
            "mean": tensors["latent_mean"].float(),
            "basis": tensors["latent_pca"].float(),
            "variance": share / share.max(),
            "fidelity": fidelity,
            "correlation": torch.zeros_like(fidelity),
        }
    )


def _carry_layers(sources: Sequence[Layer], network: nn.Module) -> None:
    for kind, classes in OWN.items():
        theirs = [layer for layer in sources if layer.kind == kind]
        ours = [module for module in network.modules() if isinstance(module, classes)]
        if len(theirs) != len(ours):
            raise UserError(
                f"The model has {len(theirs)} layers of the kind {kind} where the vae family has {len(ours)}: "
                "it is a variant of acids-rave that the family does not hold."
            )
        for source, target in zip(theirs, ours, strict=True):
            _carry_layer(source, target)


def _carry_layer(source: Layer, target: nn.Module) -> None:
    own = target.state_dict()
    values = _values(source, parametrize.is_parametrized(target, "weight"))
    if missing := sorted(set(own) ^ set(values)):
        raise UserError(f"The layer {source.path} has other parts than the vae family's ({', '.join(missing)}).")
    for name, value in values.items():
        if value.shape != own[name].shape:
            raise UserError(
                f"The layer {source.path} is {tuple(value.shape)} where the vae family has {tuple(own[name].shape)}: "
                "it is a variant of acids-rave that the family does not hold."
            )
    target.load_state_dict(values)


def _values(source: Layer, normalised: bool) -> dict[str, Tensor]:
    """The layer's tensors under our names; an export's plain weight is split into direction and gain again."""
    parts = dict(source.parts)
    if source.kind != "convolution":
        return parts
    if "weight_v" in parts:
        gain, direction = parts.pop("weight_g"), parts.pop("weight_v")
        split = {GAIN: gain, DIRECTION: direction}
        return {**split, **parts} if normalised else {"weight": _joined(gain, direction), **parts}
    weight = parts.pop("weight")
    return {GAIN: _norm(weight), DIRECTION: weight, **parts} if normalised else {"weight": weight, **parts}


def _norm(weight: Tensor) -> Tensor:
    return weight.flatten(1).norm(dim=1).reshape(-1, *[1] * (weight.dim() - 1))


def _joined(gain: Tensor, direction: Tensor) -> Tensor:
    return direction * (gain / _norm(direction))


def _carry_books(tensors: Mapping[str, Tensor], quantiser: nn.Module) -> None:
    """Code vectors and how often each was asked for."""
    levels = sorted({int(name.removeprefix(BOOKS).split(".")[0]) for name in tensors if name.startswith(BOOKS)})
    books = torch.stack([tensors[f"{BOOKS}{level}._codebook.embed"] for level in levels]).float()
    sizes = torch.stack([tensors[f"{BOOKS}{level}._codebook.cluster_size"] for level in levels]).float()
    total = sizes.sum(1, keepdim=True)
    usage = torch.where(total > 0, sizes / total.clamp_min(1e-30), torch.full_like(sizes, 1 / sizes.shape[1]))
    quantiser.load_state_dict({"books": books, "usage": usage, "updates": torch.ones((), dtype=torch.int64)})
