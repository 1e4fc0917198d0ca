"""A step of a streaming VAE as an ONNX model.

The exporter of torch that traces (`dynamo=False`) is used: for these networks of products, sums and slices it
gives one node for each, at opset 17. What depends on the position is kept as arithmetic.
"""

import io
import warnings
from importlib.util import find_spec

import torch

from tritone.errors import UserError
from tritone.play.inference.steps import Step

OPSET = 17


def onnx_bytes(step: Step) -> bytes:
    """The ONNX model of `step`: static shapes, names as in its spec, every weight stored once.

    UserError where the package onnx, with which torch writes it, is missing.
    """
    if find_spec("onnx") is None:
        raise UserError("Writing an ONNX graph needs the package onnx; run `pip install 'tritone[export]'`.")
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
