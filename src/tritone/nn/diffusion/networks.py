"""What estimates the clean signal: a U-Net or a transformer behind one face, for any length and all conditions."""

from contextlib import AbstractContextManager, nullcontext
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

from tritone.errors import UserError
from tritone.nn.diffusion.conditions import NOTHING, Conditions
from tritone.nn.diffusion.config import NetworkConfig
from tritone.nn.diffusion.lengths import Layout, laid_out
from tritone.nn.diffusion.transformer import Transformer
from tritone.nn.diffusion.unet import UNet


class Network(nn.Module):
    """Noisy signal and time of diffusion to an estimate of the same length, whatever the length.

    `ratio` is what the body divides time by, `context_ratio` that of the level where context comes in; the others are
    the channels and features of each kind of condition, 0 for none. A condition that a batch lacks is as silent as it
    can be: zeros for channels and context, nothing added or attended to for a vector or tokens.
    """

    precision: Literal["float32", "bf16"] = "float32"

    def __init__(
        self, body: nn.Module, *, ratio: int, context_ratio: int, channels: int, context: int, vector: int, tokens: int
    ) -> None:
        super().__init__()
        self.body = body
        self.ratio, self.context_ratio = ratio, context_ratio
        self.widths = {"channels": channels, "context": context, "vector": vector, "tokens": tokens}

    def forward(self, x: Tensor, time: Tensor, conditions: Conditions = NOTHING, circular: bool = False) -> Tensor:
        """Estimate `(batch, outputs, time)` of `x (batch, inputs, time)` at `time (batch,)` in [0, 1].

        `circular` takes the signal as a period: the last sample leads into the first, on both sides (`lengths.Layout`
        says how exactly). ValueError for conditions of other widths than the network was built for.
        """
        self._check(conditions, x)
        layout = laid_out(x.shape[-1], self.ratio, circular)
        beside = conditions.channels
        if self.widths["channels"]:
            beside = x.new_zeros(len(x), self.widths["channels"], x.shape[-1]) if beside is None else beside
            x = torch.cat([x, beside.to(x)], 1)
        with self._arithmetic(x):
            estimate = self.body(
                layout.extended(x),
                time,
                self._context(conditions.context, layout),
                conditions.vector,
                conditions.tokens,
                conditions.mask,
                layout.circular,
            )
        return layout.restored(estimate.to(x.dtype))

    def use_precision(self, precision: Literal["float32", "bf16"]) -> None:
        """Play in float32, or with the linear layers and convolutions in bf16; weights once rounded stay so."""
        self.precision = precision
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                layer.to(torch.float32 if precision == "float32" else torch.bfloat16)

    def _arithmetic(self, signal: Tensor) -> AbstractContextManager[object]:
        """What the body runs in: bf16 where that was chosen for playing, else whatever holds outside."""
        return nullcontext() if self.precision == "float32" else torch.autocast(signal.device.type, torch.bfloat16)

    def _context(self, context: Tensor | None, layout: Layout) -> Tensor | None:
        """Context as rows `(batch, frames of its level, channels)`."""
        return None if context is None else layout.resampled(context, self.context_ratio).transpose(1, 2)

    def _check(self, conditions: Conditions, x: Tensor) -> None:
        given = {
            "channels": conditions.channels,
            "context": conditions.context,
            "vector": conditions.vector,
            "tokens": conditions.tokens,
        }
        for kind, condition in given.items():
            if condition is not None:
                width = condition.shape[-1 if kind == "tokens" else 1]
                if width != self.widths[kind]:
                    raise ValueError(f"condition {kind} is {width} wide; the network takes {self.widths[kind]}")
        if conditions.channels is not None and conditions.channels.shape[-1] != x.shape[-1]:
            raise ValueError(f"condition channels has {conditions.channels.shape[-1]} samples, not {x.shape[-1]}")


def build_network(
    config: NetworkConfig,
    *,
    inputs: int,
    outputs: int,
    channels: int = 0,
    context: int = 0,
    vector: int = 0,
    tokens: int = 0,
) -> Network:
    """The network of a configuration, for signals of `inputs` and estimates of `outputs` channels.

    `channels`, `context`, `vector` and `tokens` are the widths of the conditions that it will be told, 0 for none.
    UserError where the configuration has no place for one of them.
    """
    build = {"unet": _unet, "transformer": _transformer}[config.kind]
    ratio, context_ratio, body = build(config, inputs + channels, outputs, context, vector, tokens)
    return Network(
        body,
        ratio=ratio,
        context_ratio=context_ratio,
        channels=channels,
        context=context,
        vector=vector,
        tokens=tokens,
    )


def _unet(
    config: NetworkConfig, inputs: int, outputs: int, context: int, vector: int, tokens: int
) -> tuple[int, int, UNet]:
    unet = config.unet
    if context and unet.context_level < 0:
        raise UserError("network.unet.context_level must name the level at which the context comes in, from 0 on.")
    if tokens and not any(unet.cross_attentions):
        raise UserError("network.unet.cross_attentions must hold a 1 at the levels that attend to tokens.")
    body = UNet(unet, inputs=inputs, outputs=outputs, context=context, vector=vector, tokens=tokens)
    return unet.ratio, prod(unet.factors[: unet.context_level + 1]), body


def _transformer(
    config: NetworkConfig, inputs: int, outputs: int, context: int, vector: int, tokens: int
) -> tuple[int, int, Transformer]:
    transformer = config.transformer
    body = Transformer(transformer, inputs=inputs, outputs=outputs, context=context, vector=vector, tokens=tokens)
    return transformer.patch, transformer.patch, body
