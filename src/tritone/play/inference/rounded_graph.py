"""An OpenVINO model with some of its products rounded.

Convolutions compute in bf16 between conversions. Matrix products, which are those of few rows, hold their weights in
bf16, or in int8 with one scale for each output. There every row comes twice: rounded, and what was left over, rounded
in its turn. The sum of both products has 16 bits of what came in, and the second row costs little where the time goes
into reading weights. With int8 weights OpenVINO itself rounds what comes in to int8, 32 numbers to a scale; the first
of the two rows are multiples of that scale, which it finds unchanged.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from tritone.play.inference.mixed import int8_scale
from tritone.play.inference.runners import GROUP


def rounded_graph(model: Any, kinds: Mapping[str, str]) -> Any:
    """The OpenVINO model of a step, changed in place: products by the name of their layer in `kinds`."""
    for node in model.get_ordered_ops():
        if node.get_type_name() not in ("Convolution", "MatMul"):
            continue
        kind = kinds.get(_layer_of(node))
        if kind is None or node.input_value(1).get_node().get_type_name() != "Constant":
            continue
        makers = {"Convolution": _bf16_convolution, "MatMul": _int8_product if kind == "int8" else _bf16_product}
        made = makers[node.get_type_name()](node)
        for target in node.output(0).get_target_inputs():
            target.replace_source_output(made.output(0))
    model.validate_nodes_and_infer_types()
    return model


def _layer_of(node: Any) -> str:
    """`encoder.layers.3` of a node `/encoder/layers.3/Conv`."""
    path = node.get_friendly_name().removesuffix("/WithoutBiases").strip("/")
    return path.rpartition("/")[0].replace("/", ".")


def _bf16_convolution(node: Any) -> Any:
    from openvino import opset13 as operators

    attributes, weight = node.get_attributes(), node.input_value(1).get_node().data
    product = operators.convolution(
        operators.convert(node.input_value(0), "bf16"), _bf16_constant(weight), attributes["strides"],
        attributes["pads_begin"], attributes["pads_end"], attributes["dilations"],
    )  # fmt: skip
    return operators.convert(product, "f32")


def _bf16_constant(weight: np.ndarray) -> Any:
    """The nearest values, ties to even."""
    import openvino

    values = torch.from_numpy(weight.copy()).bfloat16().view(torch.int16).numpy()
    tensor = openvino.Tensor(openvino.Type.bf16, openvino.Shape(list(weight.shape)))
    tensor.data.view(np.int16)[...] = values
    return openvino.op.Constant(tensor)


def _bf16_product(node: Any) -> Any:
    from openvino import opset13 as operators

    rows, count = node.input_value(0), node.input_value(0).get_shape()[1]
    first = operators.convert(rows, "bf16")
    rest = operators.convert(operators.subtract(rows, operators.convert(first, "f32")), "bf16")
    weight = _bf16_constant(np.ascontiguousarray(node.input_value(1).get_node().data.T))
    both = operators.convert(operators.matmul(operators.concat([first, rest], 1), weight, False, True), "f32")
    return _sum(both, count, weight.shape[0])


def _int8_product(node: Any) -> Any:
    from openvino import opset13 as operators

    _, rows, inner = node.input_value(0).get_shape()
    matrix = torch.from_numpy(node.input_value(1).get_node().data.copy())
    scale = int8_scale(matrix)
    whole = operators.constant((matrix / scale).round().T.contiguous().to(torch.int8).numpy())
    weight = operators.multiply(operators.convert(whole, "f32"), operators.constant(scale.T.contiguous().numpy()))
    both = operators.matmul(_coarse_and_fine(node.input_value(0), rows, inner), weight, False, True)
    return _sum(both, rows, matrix.shape[1])


def _sum(both: Any, rows: int, outer: int) -> Any:
    """Of the products of `(1, 2 * rows, outer)` those that belong together."""
    from openvino import opset13 as operators

    return operators.reduce_sum(operators.reshape(both, [1, 2, rows, outer], False), [1], False)


def _coarse_and_fine(rows: Any, count: int, inner: int) -> Any:
    """`(1, 2 * count, inner)`: all rows in steps of a 127th of the largest number of their group, then the rest."""
    from openvino import opset13 as operators

    groups = operators.reshape(rows, [1, count, inner // GROUP, GROUP], False)
    largest = operators.reduce_max(operators.abs(groups), [3], True)
    step = operators.maximum(operators.multiply(largest, np.float32(1 / 127)), np.float32(1e-30))
    coarse = operators.multiply(operators.round(operators.divide(groups, step), "half_to_even"), step)
    joined = operators.concat([coarse, operators.subtract(groups, coarse)], 1)
    return operators.reshape(joined, [1, 2 * count, inner], False)
