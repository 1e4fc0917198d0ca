"""CLAP's text side (RoBERTa), from a local folder of a transformers ClapModel.

Paper: Wu et al., Large-scale contrastive language-audio pretraining, arXiv 2211.06687.
"""

from pathlib import Path

from tritone.errors import UserError
from tritone.nn.text.base import LONGEST, TextEncoder
from tritone.nn.text.folders import read_config, read_network, read_tokenizer

_MODEL = "ClapModel"


def feature_count(path: Path) -> int:
    """Features of a token. Raises UserError where the folder is not a ClapModel's."""
    config = read_config(path, _MODEL)
    if config.get("model_type") != "clap":
        raise UserError(f"{path} is not the folder of a {_MODEL} (its config.json is of another model); give one.")
    text = config.get("text_config") or {}
    return int(text.get("hidden_size", 768))


def load(path: Path) -> TextEncoder:
    """The encoder in that folder: the states behind the last layer, before the projection to the space that text and
    sound share. Raises UserError where there is none.
    """
    network = read_network(path, _MODEL, ("clap",)).text_model
    config = network.config
    longest = min(LONGEST, config.max_position_embeddings - config.pad_token_id - 1)  # positions begin behind padding's
    return TextEncoder("clap", read_tokenizer(path, longest), network, config.hidden_size, longest)
