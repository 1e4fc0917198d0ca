"""T5's encoder, from a local folder that transformers wrote (a T5 of any size, whole or the encoder alone).

Paper: Raffel et al., Exploring the limits of transfer learning with a unified text-to-text transformer,
arXiv 1910.10683.
"""

from pathlib import Path

from tritone.errors import UserError
from tritone.nn.text.base import TextEncoder
from tritone.nn.text.folders import read_config, read_network, read_tokenizer

_MODEL = "T5EncoderModel"


def feature_count(path: Path) -> int:
    """Features of a token. Raises UserError where the folder is not a T5's."""
    width = read_config(path, _MODEL).get("d_model")
    if not isinstance(width, int):
        raise UserError(f"{path} is not the folder of a {_MODEL} (its config.json names no d_model); give one.")
    return width


def load(path: Path) -> TextEncoder:
    """The encoder in that folder: the states behind the last layer and its norm. UserError where there is none."""
    network = read_network(path, _MODEL, ("t5", "mt5", "umt5"))
    return TextEncoder("t5", read_tokenizer(path), network, network.config.d_model)
