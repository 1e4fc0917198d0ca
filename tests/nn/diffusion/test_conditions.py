import pytest
import torch

from tritone.nn.diffusion.conditions import NOTHING, Conditions


def test_joined_rows_keep_their_own_and_fill_up_with_masked_tokens():
    first = Conditions(vector=torch.ones(1, 3), tokens=torch.ones(1, 4, 2))
    second = Conditions(
        vector=torch.zeros(2, 3), tokens=torch.full((2, 1, 2), 5.0), mask=torch.tensor([[True], [False]])
    )
    both = first.joined(second)
    assert both.tokens.shape == (3, 4, 2)
    assert both.mask.tolist() == [[True] * 4, [True, False, False, False], [False] * 4]
    assert torch.equal(both.tokens[1, 0], torch.full((2,), 5.0)) and both.tokens[1, 1:].abs().sum() == 0
    assert torch.equal(both.rows([2]).vector, torch.zeros(1, 3))


def test_kinds_must_agree():
    with pytest.raises(ValueError, match="different kinds"):
        Conditions(vector=torch.ones(1, 3)).joined(NOTHING)
