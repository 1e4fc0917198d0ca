"""Tiny text encoders as transformers writes them, with random weights, and a tokenizer of a dozen words."""

import pytest
import torch

WORDS = ["a", "kick", "snare", "hat", "drum", "dry", "wet", "long", "short", "bass", "violin", "rain"]


@pytest.fixture(scope="session")
def package():
    return pytest.importorskip("transformers")


def tokenizer(package, path, begin, end, **marks):
    """Words by white space; a text becomes `begin` words `end`."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    known = ["<pad>", *dict.fromkeys((*begin, *end)), "<unk>", *WORDS]
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(known)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    marked = [(mark, known.index(mark)) for mark in dict.fromkeys((*begin, *end))]
    made.post_processor = processors.TemplateProcessing(single=" ".join([*begin, "$A", *end]), special_tokens=marked)
    package.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", unk_token="<unk>", **marks
    ).save_pretrained(path)


@pytest.fixture(scope="session")
def t5(package, tmp_path_factory):
    """A folder of a whole T5 of 24 features."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("encoders") / "t5"
    config = package.T5Config(
        vocab_size=20, d_model=24, d_kv=6, d_ff=32, num_layers=2, num_heads=4, decoder_start_token_id=0
    )
    package.T5ForConditionalGeneration(config).save_pretrained(path)
    tokenizer(package, path, [], ["</s>"], eos_token="</s>")
    return path


@pytest.fixture(scope="session")
def clap(package, tmp_path_factory):
    """A folder of a ClapModel whose text side has 16 features and room for 20 tokens."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("encoders") / "clap"
    audio = {"patch_embeds_hidden_size": 8, "hidden_size": 64, "depths": [1, 1, 1, 1],
             "num_attention_heads": [1, 2, 2, 4], "projection_dim": 12}  # fmt: skip
    text = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
            "vocab_size": 20, "projection_dim": 12, "max_position_embeddings": 22, "pad_token_id": 1}  # fmt: skip
    config = package.ClapConfig(text_config=text, audio_config=audio, projection_dim=12)
    package.ClapModel(config).save_pretrained(path)
    tokenizer(package, path, ["<s>"], ["</s>"], bos_token="<s>", eos_token="</s>")
    return path
