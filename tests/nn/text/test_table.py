"""Encoded captions: looked up as they were encoded, kept on disk, made again where they do not fit."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tritone.errors import UserError
from tritone.nn.text import load_encoder
from tritone.nn.text.base import TextEncoder
from tritone.nn.text.table import TokenTable, caption_table

CAPTIONS = ("a kick", "dry snare drum", "", "rain")


class Letters(nn.Module):
    """A state for each letter: its number in three features; large ones where `scale` is."""

    def __init__(self, scale=1.0):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, numbers):
        states = numbers[..., None] * torch.tensor([1.0, -0.5, 0.25]) * self.scale
        return SimpleNamespace(last_hidden_state=states)


def letters(scale=1.0):
    return TextEncoder("letters", lambda text: [ord(letter) for letter in text], Letters(scale), 3, 10)


def test_rows_are_the_captions_by_number():
    encoder = letters()
    table = TokenTable.encoded(encoder, CAPTIONS)
    assert len(table) == 4 and table.features == 3 and table.longest == 14 and table.states.dtype == torch.float16
    tokens, mask = table.rows(torch.tensor([3, 0, -1, 2, 1, 3]))
    assert tokens.shape == (6, 14, 3) and tokens.dtype == torch.float32 and mask.dtype == torch.bool
    assert mask.sum(1).tolist() == [4, 6, 0, 0, 14, 4]
    for row, text in enumerate(["rain", "a kick", "", "", "dry snare drum", "rain"]):
        for place, letter in enumerate(text):
            assert tokens[row, place].tolist() == [ord(letter), -0.5 * ord(letter), 0.25 * ord(letter)]
    assert not tokens[~mask].any()


def test_rows_do_not_depend_on_the_batch():
    table = TokenTable.encoded(letters(), CAPTIONS)
    whole = table.rows(torch.tensor([0, 1, 2, 3]))
    for number in range(4):
        alone = table.rows(torch.tensor([number]))
        assert all(torch.equal(one[0], many[number]) for one, many in zip(alone, whole, strict=True))


def test_a_table_of_nothing():
    table = TokenTable.encoded(letters(), [])
    tokens, mask = table.rows(torch.tensor([-1, -1]))
    assert len(table) == 0 and tokens.shape == (2, 1, 3) and not mask.any() and not tokens.any()


def test_states_beyond_half_precision_stay_finite():
    table = TokenTable.encoded(letters(1e4), ["z"])
    assert table.states[0].tolist() == [65504.0, -65504.0, 65504.0]


def test_progress_is_told():
    told = []
    TokenTable.encoded(letters(), CAPTIONS, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_saved_and_loaded(tmp_path):
    table = TokenTable.encoded(letters(), CAPTIONS)
    table.save(tmp_path / "text" / "table.safetensors")
    assert [file.name for file in (tmp_path / "text").iterdir()] == ["table.safetensors"]
    again = TokenTable.load(tmp_path / "text" / "table.safetensors")
    assert torch.equal(again.states, table.states) and torch.equal(again.lengths, table.lengths)


def test_what_is_no_table(tmp_path):
    path = tmp_path / "table.safetensors"
    with pytest.raises(UserError, match="no table of encoded captions"):
        TokenTable.load(path)
    table = TokenTable.encoded(letters(), CAPTIONS)
    for states, lengths in [
        (table.states[:-1], table.lengths),
        (table.states, table.lengths[:-1]),
        (table.states.float(), table.lengths),
        (table.states[0], table.lengths),
        (table.states, -table.lengths),
    ]:
        TokenTable(states.contiguous(), lengths.contiguous()).save(path)
        with pytest.raises(UserError, match="do not fit together"):
            TokenTable.load(path)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "text").touch()
    with pytest.raises(UserError, match="could not be written"):
        TokenTable.encoded(letters(), CAPTIONS).save(tmp_path / "text" / "table.safetensors")


class Counted:
    """How many captions have been encoded."""

    def __init__(self):
        self.count = 0

    def __call__(self, done, total):
        self.count += 1


def test_captions_are_encoded_once(t5, tmp_path):
    name, show = f"t5:{t5}", Counted()
    path = caption_table(tmp_path / "text", name, CAPTIONS, show=show)
    assert path.parent == tmp_path / "text" and path.name.startswith("t5-") and show.count == 4
    assert caption_table(tmp_path / "text", name, CAPTIONS, show=show) == path and show.count == 4
    table, encoder = TokenTable.load(path), load_encoder(name)
    for number, caption in enumerate(CAPTIONS):
        tokens, mask = table.rows(torch.tensor([number]))
        torch.testing.assert_close(tokens[mask], encoder.encode([caption])[0][0], atol=1e-6, rtol=2**-11)


def test_other_captions_and_other_encoders_have_other_tables(t5, clap, tmp_path):
    first = caption_table(tmp_path, f"t5:{t5}", CAPTIONS)
    assert caption_table(tmp_path, f"t5:{t5}", CAPTIONS[:-1]) != first
    assert caption_table(tmp_path, f"clap:{clap}", CAPTIONS).name.startswith("clap-")
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("harm", ["cut", "empty", "other"])
def test_a_damaged_table_is_made_again(t5, tmp_path, harm):
    name, show = f"t5:{t5}", Counted()
    path = caption_table(tmp_path, name, CAPTIONS)
    whole = path.read_bytes()
    if harm == "other":
        TokenTable.encoded(letters(), ["one"]).save(path)
    else:
        path.write_bytes(whole[: {"cut": len(whole) // 2, "empty": 0}[harm]])
    assert caption_table(tmp_path, name, CAPTIONS, show=show) == path
    assert show.count == 4 and path.read_bytes() == whole
