"""A step of a streaming VAE as an ONNX model.

The exporter of torch that traces (`dynamo=False`) is used: it needs no further package, and for these networks of
products, sums and slices gives one node for each, at opset 17. What depends on the position is kept as arithmetic.
"""

import io
import warnings

import torch

from tritone.play.inference.steps import Step

OPSET = 17


def onnx_bytes(step: Step) -> bytes:
    """The ONNX model of `step`: static shapes, names as in its spec, every weight stored once."""
    target = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            step.eval(),
            step.example(),
            target,  # type: ignore[arg-type]
            dynamo=False, opset_version=OPSET, do_constant_folding=True,
            input_names=step.spec.input_names, output_names=step.spec.output_names,
        )  # fmt: skip
    return target.getvalue()
