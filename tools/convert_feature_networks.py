"""Makes src/tritone/assets/networks/*.safetensors from the wheels of aisfx 0.1.2 and musicnn 0.1.0.

Run once: `pip download --no-deps aisfx==0.1.2 musicnn==0.1.0`, then `python tools/convert_feature_networks.py FOLDER`
with the folder that holds the two wheels. Neither package is installed nor run; TensorFlow is not needed.
Batch norm is folded in float64. musicnn is written as float32, the weights of aisfx as float16 (its biases float32).
"""

import argparse
import ast
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tensor_bundle import read_bundle
from torch import Tensor

NETWORKS = Path(__file__).parent.parent / "src/tritone/assets/networks"
TENSORFLOW_EPSILON = 1e-3
TORCH_EPSILON = 1e-5


def main() -> None:
    """Read the command line and write the three files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheels", type=Path, help="folder with the two wheels")
    wheels = parser.parse_args().wheels
    NETWORKS.mkdir(exist_ok=True)
    with zipfile.ZipFile(next(wheels.glob("musicnn-*.whl"))) as wheel:
        for dataset in ("MTT", "MSD"):
            musicnn(wheel, dataset)
    with zipfile.ZipFile(next(wheels.glob("aisfx-*.whl"))) as wheel:
        aisfx(wheel)


def musicnn(wheel: zipfile.ZipFile, dataset: str) -> None:
    """The "vgg" tagger of a dataset."""
    folder = f"musicnn/{dataset}_vgg/"
    found = read_bundle(wheel.read(folder + ".index"), wheel.read(folder + ".data-00000-of-00001"))
    scale, shift = _normalisation(found, "batch_normalization")
    weights = {"input_scale": scale.squeeze(), "input_shift": shift.squeeze()}
    for index in range(5):
        scale, shift = _normalisation(found, f"batch_normalization_{index + 1}")
        kernel = found[f"{index + 1}CNN/kernel"].astype(np.float64).transpose(3, 2, 1, 0)
        weights[f"blocks.{index}.conv.weight"] = kernel * scale[:, None, None, None]
        weights[f"blocks.{index}.conv.bias"] = found[f"{index + 1}CNN/bias"] * scale
        weights[f"blocks.{index}.shift"] = shift[:, None, None]
        weights[f"blocks.{index}.sign"] = np.where(scale < 0, -1, 1)[:, None, None]
    weights["dense.weight"], weights["dense.bias"] = found["dense/kernel"].T, found["dense/bias"]
    tensors = {name: torch.from_numpy(np.array(value, np.float32, order="C")) for name, value in weights.items()}
    tags = _assigned(wheel.read("musicnn/configuration.py").decode(), f"{dataset}_LABELS")
    _write(f"musicnn-{dataset.lower()}", tensors, {"tags": json.dumps(tags)})


def aisfx(wheel: zipfile.ZipFile) -> None:
    """The embedding part of X-Sequential-CE. The checkpoint is a pickled pair, so it is unpickled once, here."""
    state, _ = torch.load(io.BytesIO(wheel.read("aisfx/models/checkpoint.pth")), map_location="cpu", weights_only=False)
    tensors: dict[str, Tensor] = {}
    for block in range(4):
        for part in range(2):
            before = f"embedding_net.conv_block{block + 1}."
            norm = {key: state[f"{before}bn{part + 1}.{key}"].double() for key in _TORCH_NORM}
            scale = norm["weight"] / (norm["running_var"] + TORCH_EPSILON).sqrt()
            kernel = state[f"{before}conv{part + 1}.weight"].double().transpose(2, 3) * scale[:, None, None, None]
            tensors[f"convs.{2 * block + part}.weight"] = kernel.half().contiguous()
            tensors[f"convs.{2 * block + part}.bias"] = (norm["bias"] - norm["running_mean"] * scale).float()
    _write("aisfx", tensors, {})


_TORCH_NORM = ("weight", "bias", "running_mean", "running_var")


def _normalisation(found: dict[str, NDArray], name: str) -> tuple[NDArray, NDArray]:
    """Batch norm as scale and shift, float64."""
    part = {
        key: found[f"{name}/{key}"].astype(np.float64) for key in ("beta", "gamma", "moving_mean", "moving_variance")
    }
    scale = part["gamma"] / np.sqrt(part["moving_variance"] + TENSORFLOW_EPSILON)
    return scale, part["beta"] - part["moving_mean"] * scale


def _assigned(source: str, name: str) -> list[str]:
    """The literal that a module assigns to `name`."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == name:
            return ast.literal_eval(statement.value)
    raise ValueError(f"{name} is not assigned")


def _write(name: str, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    path = NETWORKS / f"{name}.safetensors"
    save_file(tensors, path, metadata)
    print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
