"""Encoders from folders of transformers: the same states as transformers gives, whatever else is in the batch."""

import json
import shutil
import sys

import pytest
import torch

from tritone.errors import UserError
from tritone.nn.text import feature_count, load_encoder
from tritone.nn.text.folders import fingerprint

TEXTS = ["kick", "a long dry snare drum", "", "rain", "kick"]


@pytest.fixture(params=["t5", "clap"])
def name(request):
    return f"{request.param}:{request.getfixturevalue(request.param)}"


def reference(package, name, texts):
    """States of a padded batch, by the package's own classes."""
    kind, path = name.split(":")
    tokenizer = package.AutoTokenizer.from_pretrained(path)
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    inputs.pop("token_type_ids", None)
    whole = (package.T5ForConditionalGeneration if kind == "t5" else package.ClapModel).from_pretrained(path).eval()
    with torch.no_grad():
        states = (whole.encoder if kind == "t5" else whole.text_model)(**inputs).last_hidden_state
    return states, inputs["attention_mask"].bool()


def test_states_are_those_of_a_masked_padded_batch(package, name):
    expected, there = reference(package, name, TEXTS)
    tokens, mask = load_encoder(name).encode(TEXTS)
    assert torch.equal(mask, there) and tokens.dtype == torch.float32
    torch.testing.assert_close(tokens[mask], expected[there], atol=2e-6, rtol=1e-5)
    assert not tokens[~mask].any() and tokens[mask].abs().min() > 0


def test_a_text_gives_the_same_bits_whatever_it_stands_beside(name):
    encoder = load_encoder(name)
    tokens, mask = encoder.encode(TEXTS)
    for row, text in enumerate(TEXTS):
        alone, there = encoder.encode([text])
        assert there.all() and torch.equal(tokens[row, mask[row]], alone[0])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(encoder.encode(TEXTS)[0], tokens)


def test_an_empty_text_gives_the_marks_around_a_text(name):
    tokens, mask = load_encoder(name).encode(["", "  "])
    marks = {"t5": 1, "clap": 2}[name.partition(":")[0]]
    assert mask.all() and mask.shape == (2, marks) and tokens.isfinite().all() and torch.equal(tokens[0], tokens[1])
    none, nothing = load_encoder(name).encode([])
    assert none.shape == (0, 1, load_encoder(name).features) and nothing.shape == (0, 1)


def test_long_texts_are_cut_and_end_in_the_end_mark(name):
    encoder = load_encoder(name)
    tokens, mask = encoder.encode(["kick snare " * 300])
    assert encoder.longest == {"t5": 128, "clap": 20}[name.partition(":")[0]]
    assert mask.shape == (1, encoder.longest) and tokens.isfinite().all()


def test_what_an_encoder_says_of_itself(name):
    encoder, kind = load_encoder(name), name.partition(":")[0]
    assert encoder.name == name and encoder.features == feature_count(name) == {"t5": 24, "clap": 16}[kind]
    assert not encoder.encode(["kick"])[0].requires_grad and encoder.device == torch.device("cpu")
    assert not isinstance(encoder, torch.nn.Module)


def test_halves_of_surrogate_pairs_are_left_out(name):
    encoder = load_encoder(name)
    assert torch.equal(encoder.encode(["dry \udcff kick"])[0], encoder.encode(["dry kick"])[0])


def test_loading_prints_nothing_and_leaves_the_package_as_it_was(package, name, capfd):
    logging = package.utils.logging
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    load_encoder(name)
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before


def test_fingerprints_tell_weights_and_settings_apart(t5, tmp_path):
    copy = shutil.copytree(t5, tmp_path / "copy")
    first = fingerprint(t5)
    assert fingerprint(copy) == first
    (copy / "README.md").write_text("words")
    assert fingerprint(copy) == first
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-100] ^= 1
    weights.write_bytes(content)
    assert fingerprint(copy) != first


def refused(name, words):
    with pytest.raises(UserError, match=words) as caught:
        load_encoder(name)
    assert "\n" not in str(caught.value)


def test_what_is_no_encoder(package, t5, clap, tmp_path):
    refused("bert", "no text encoder 'bert'; take one of minilm, t5:PATH, clap:PATH")
    refused("t5:", "no text encoder")
    refused("minilm:x", "no text encoder")
    refused(f"t5:{tmp_path / 'nowhere'}", "nowhere.*is not a folder")
    refused(f"t5:{tmp_path}", r"no config\.json")
    refused(f"t5:{clap}", "model of type clap, not t5")
    refused(f"clap:{t5}", "model of type t5, not clap")
    with pytest.raises(UserError, match="of another model"):
        feature_count(f"clap:{t5}")
    with pytest.raises(UserError, match="names no d_model"):
        feature_count(f"t5:{clap}")


@pytest.mark.parametrize("harm", ["config", "weights", "no weights", "tokenizer", "a layer"])
def test_damaged_folders(package, t5, tmp_path, harm):
    copy = shutil.copytree(t5, tmp_path / "copy")
    weights = copy / "model.safetensors"
    if harm == "config":
        (copy / "config.json").write_text("{")
    elif harm == "weights":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif harm == "no weights":
        weights.unlink()
    elif harm == "tokenizer":
        for file in copy.glob("*token*"):
            file.unlink()
    else:
        config = json.loads((copy / "config.json").read_text())
        (copy / "config.json").write_text(json.dumps(config | {"num_layers": 3}))
    refused(f"t5:{copy}", "copy.* (cannot be read|is not a whole T5EncoderModel|has no tokenizer)")


def test_without_transformers(t5_like, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    refused(f"t5:{t5_like}", r"needs the package transformers; install it with pip install 'tritone\[text\]'")
    assert feature_count(f"t5:{t5_like}") == 24


@pytest.fixture
def t5_like(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "t5", "d_model": 24}')
    return tmp_path
