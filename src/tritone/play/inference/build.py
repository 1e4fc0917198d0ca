"""From a model to one engine of a given kind."""

from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec

import torch
from torch import nn

from tritone.errors import UserError
from tritone.families.vae.streaming import StreamingVAE
from tritone.play.inference.engine import EngineName, EnginePrecision, LiveEngine, StreamFacts
from tritone.play.inference.graph import onnx_bytes
from tritone.play.inference.mixed import TWICE, Half, rounded_layers
from tritone.play.inference.products import as_convolution
from tritone.play.inference.rounded_graph import rounded_graph
from tritone.play.inference.runners import OnnxRunner, OpenVinoRunner, Runner, TorchRunner
from tritone.play.inference.sensitivity import products
from tritone.play.inference.steps import Method, Step, check_block, tuned

KINDS: tuple[tuple[EngineName, EnginePrecision], ...] = (
    ("torch", "float32"), ("torch", "bf16"), ("onnx", "float32"), ("openvino", "float32"), ("openvino", "bf16"),
    ("openvino", "int8"),
)  # fmt: skip
"""Every engine in every precision that it has."""
PACKAGES: dict[EngineName, tuple[str, ...]] = {
    "torch": ("torch",), "onnx": ("onnxruntime", "onnx"), "openvino": ("openvino", "onnx"),
}  # fmt: skip
"""What each needs; onnx writes the graph that the other two read."""


def installed(name: EngineName) -> bool:
    """Whether this machine has what the engine needs."""
    return all(find_spec(package) is not None for package in PACKAGES[name])


def build_engine(
    model: StreamingVAE, name: EngineName, precision: EnginePrecision, *, block: int, threads: int
) -> LiveEngine:
    """`model` in one engine. The model is used up: its layers may be changed, and torch's engine keeps it.

    The torch engine sets the number of threads of torch in this process. UserError for a block that is no whole number
    of latent frames, for a precision that the engine does not have, and for a package that is missing.
    """
    check_block(block, model.ratio)
    if (name, precision) not in KINDS:
        able = ", ".join(kind for engine, kind in KINDS if engine == name)
        raise UserError(f"--precision {precision} is not there with --engine {name}; it has {able}.")
    roundings = {"float32": (), "bf16": ("bf16",), "int8": ("bf16", "int8")}[precision]
    frames = block // model.ratio
    kinds = rounded_layers(model, roundings, frames, twice=name == "openvino") if roundings else {}
    changed = _changed(model, name, kinds)
    if name == "torch":
        torch.set_num_threads(threads)
    encoder = _runner(changed, "encode", name, kinds, block, threads)
    decoder = _runner(changed, "decode", name, kinds, block, threads)
    return LiveEngine(
        StreamFacts.of(model), block, name, precision, threads, encoder, decoder,
        styles=(model.encoder_styles, model.decoder_styles),
    )  # fmt: skip


def _changed(model: StreamingVAE, name: EngineName, kinds: Mapping[str, str]) -> StreamingVAE:
    """`model` with its products as the engine multiplies fastest, changed in place."""
    named = {layer: kinds.get(path) for path, layer in products(model).items()}

    def change(layer: nn.Module) -> nn.Module | None:
        kind = named.get(layer)  # type: ignore[call-overload]
        if name == "torch":
            return Half(layer) if kind == "bf16" else None  # type: ignore[arg-type]
        return as_convolution(layer) if name == "openvino" and kind not in (TWICE, "int8") else None

    tuned(model, change)
    return model


def _runner(
    model: StreamingVAE, method: Method, name: EngineName, kinds: Mapping[str, str], block: int, threads: int
) -> Runner:
    step = Step(model, method, block)
    if name == "torch":
        return TorchRunner(step)
    graph = onnx_bytes(step)
    if name == "onnx":
        return OnnxRunner(graph, step.spec, threads)
    return OpenVinoRunner(graph, step.spec, threads, partial(rounded_graph, kinds=kinds) if kinds else None)
