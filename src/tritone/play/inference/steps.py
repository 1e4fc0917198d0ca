"""One step of a streaming VAE as a plain function of tensors, and the names and shapes of what goes in and out.

A step takes a block and the state, and gives a block and the next state. The state is flat: every tensor of it is an
input and an output of its own, so that any runtime without Python can hold it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from tritone.errors import UserError

Method = Literal["encode", "decode", "forward"]
METHODS: tuple[Method, ...] = ("encode", "decode", "forward")
NEXT = "_next"
"""Ending of the output that holds the next value of a state input."""


@dataclass(frozen=True)
class Port:
    """A named tensor of fixed shape and type ("float32" or "int64")."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    def zeros(self) -> np.ndarray:
        """An array of this shape and type."""
        return np.zeros(self.shape, self.dtype)


@dataclass(frozen=True)
class StepSpec:
    """What a step reads and gives. `start` holds the state before the first block, in the order of `state`."""

    method: Method
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    state: tuple[Port, ...]
    start: tuple[np.ndarray, ...]

    @property
    def input_names(self) -> list[str]:
        """Names of all inputs: blocks, then state."""
        return [port.name for port in (*self.inputs, *self.state)]

    @property
    def output_names(self) -> list[str]:
        """Names of all outputs: blocks, then the next state."""
        return [*(port.name for port in self.outputs), *(port.name + NEXT for port in self.state)]


class Step(nn.Module):
    """`encode`, `decode` or both one after another (`forward`) of a streaming VAE, for blocks of `block` samples.

    Blocks have a batch axis of 1: audio `(1, channels, block)`, latent `(1, dims, frames)`; where the decoder hears
    noise, `noise (1, noise_bands, frames * noise_rate)`, uniform in [-1, 1), and `beside (1, rows, frames)`, N(0, 1).
    In `forward` the state of the decoder starts at zero too: the position at which it starts behind a live encoder is
    added inside.
    """

    def __init__(self, model: Any, method: Method, block: int) -> None:
        super().__init__()
        check_block(block, model.ratio)
        self.model, self.method, self.block = model, method, block
        encoder = model.encoder_state() if method != "decode" else []
        decoder = model.decoder_state() if method != "encode" else []
        self.split = len(encoder)
        self.first_frame = -model.encoder_lag
        self.spec = self._spec(encoder, decoder)

    def example(self) -> tuple[Tensor, ...]:
        """Inputs for a first block of silence."""
        blocks = [torch.from_numpy(port.zeros()) for port in self.spec.inputs]
        return (*blocks, *(torch.from_numpy(array.copy()) for array in self.spec.start))

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Blocks, then state, in the order of `spec`; gives the block, then the next state."""
        count = len(self.spec.inputs)
        (block, *heard), state = tensors[:count], list(tensors[count:])
        if self.method == "encode":
            output, after = self.model.encode(block, state)
            return (output, *after)
        if self.method == "decode":
            output, after = self._decode(block, heard, state)
            return (output, *after)
        latent, encoder = self.model.encode(block, state[: self.split])
        output, decoder = self._decode(latent, heard, _moved(state[self.split :], self.first_frame))
        return (output, *encoder, *_moved(decoder, -self.first_frame))

    def _decode(self, latent: Tensor, heard: list[Tensor], state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        model = self.model
        noise = heard[0] if model.noise_bands else None
        if not model.beside:
            return model.decode(latent, noise, state)
        resting = latent.new_zeros(1, model.fill_rows - model.beside, latent.shape[-1])
        return model.decode(latent, noise, state, torch.cat([resting, heard[-1]], 1))

    def _spec(self, encoder: list[Tensor], decoder: list[Tensor]) -> StepSpec:
        model, frames = self.model, self.block // self.model.ratio
        audio = Port("audio", (1, model.channels, self.block), "float32")
        latent = Port("latent", (1, model.dims, frames), "float32")
        inputs = [latent if self.method == "decode" else audio]
        if self.method != "encode" and model.noise_bands:
            inputs.append(Port("noise", (1, model.noise_bands, frames * model.noise_rate), "float32"))
        if self.method != "encode" and model.beside:
            inputs.append(Port("beside", (1, model.beside, frames), "float32"))
        output = latent if self.method == "encode" else Port("output", audio.shape, "float32")
        state = [*_ports("encoder", encoder), *_ports("decoder", decoder)]
        start = tuple(tensor.numpy().copy() for tensor in (*encoder, *decoder))
        return StepSpec(self.method, tuple(inputs), (output,), tuple(state), start)


def check_block(block: int, ratio: int) -> None:
    """UserError where a block is no whole number of latent frames."""
    if block < ratio or block % ratio:
        near = max(1, round(block / ratio)) * ratio
        raise UserError(
            f"--block must be a multiple of this model's {ratio} samples per latent frame, not {block}; "
            f"the nearest is {near}."
        )


def tuned(model: nn.Module, change: Callable[[nn.Module], nn.Module | None]) -> nn.Module:
    """Replaces, in place, every module inside `model` for which `change` gives another; returns `model`."""
    for name, child in model.named_children():
        other = change(child)
        if other is None:
            tuned(child, change)
        else:
            setattr(model, name, other)
    return model


def _ports(half: str, state: list[Tensor]) -> list[Port]:
    """Names for state: the position (int64), then memories in order."""
    ports: list[Port] = []
    for index, tensor in enumerate(state):
        counts = tensor.dtype == torch.int64
        name = f"{half}_position" if counts else f"{half}_memory_{index}"
        ports.append(Port(name, tuple(tensor.shape), "int64" if counts else "float32"))
    return ports


def _moved(state: list[Tensor], frames: int) -> list[Tensor]:
    """The same state, its position moved by so many frames."""
    return [state[0] + frames, *state[1:]]
