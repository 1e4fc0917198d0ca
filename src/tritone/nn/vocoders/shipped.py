"""Vocoders that ship with the package. Their cards, with data, figures and weak points, lie beside their weights."""

from importlib.resources import as_file, files

import yaml
from safetensors.torch import load_file
from torch import Tensor

from tritone.errors import UserError
from tritone.nn.vocoders.config import VocoderConfig
from tritone.schema import build, nearest

SHIPPED = ("loops-44k",)
"""Their names."""


def load_shipped(name: str) -> tuple[VocoderConfig, dict[str, Tensor]]:
    """Configuration and weights of a shipped vocoder, for `build_vocoder` and `load_state_dict`.

    Weights are stored as float16 and come as float32; `mel.rate` is the sample rate it was trained at. UserError for a
    name that does not ship.
    """
    if name not in SHIPPED:
        raise UserError(f"There is no shipped vocoder {name}{nearest(name, SHIPPED)} There are {', '.join(SHIPPED)}.")
    folder = files("tritone").joinpath("assets", "vocoders", name)
    values = yaml.safe_load(folder.joinpath("config.yaml").read_text(encoding="utf-8"))
    config: VocoderConfig = build(VocoderConfig, values, "vocoder", f"the shipped vocoder {name}")
    with as_file(folder.joinpath("model.safetensors")) as path:
        weights = load_file(path)
    return config, {key: value.float() for key, value in weights.items()}
