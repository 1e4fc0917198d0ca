"""Attention beside sums written out, positions that count distances alone, and masks that hide what they mask."""

import math

import pytest
import torch

from tritone.nn.diffusion.attention import CrossAttention, SelfAttention, attend, rotary, turned

CPU = torch.device("cpu")


def written_out(q, k, v):
    """Softmax attention of `(batch, time, heads, features)`, one number after another."""
    result = torch.zeros(*q.shape[:3], v.shape[-1], dtype=torch.float64)
    for b, t, h in torch.cartesian_prod(*(torch.arange(n) for n in q.shape[:3])).tolist():
        scores = [math.exp(float(q[b, t, h] @ key) / math.sqrt(q.shape[-1])) for key in k[b, :, h]]
        result[b, t, h] = sum(s * value for s, value in zip(scores, v[b, :, h].double(), strict=True)) / sum(scores)
    return result.flatten(2)


def self_attention() -> SelfAttention:
    torch.manual_seed(0)
    return SelfAttention(6, heads=2, head_features=8)


def cross_attention() -> CrossAttention:
    torch.manual_seed(0)
    return CrossAttention(6, heads=2, head_features=8, token_features=5)


def test_attend():
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 3, 2, 4), torch.randn(2, 5, 2, 4), torch.randn(2, 5, 2, 4)
    torch.testing.assert_close(attend(q, k, v, None).double(), written_out(q, k, v), atol=1e-5, rtol=1e-5)


def test_masked_tokens_are_left_out_of_the_sums():
    torch.manual_seed(0)
    q, k, v = torch.randn(1, 3, 2, 4), torch.randn(1, 5, 2, 4), torch.randn(1, 5, 2, 4)
    kept = torch.tensor([0, 2, 3])
    mask = torch.zeros(1, 5, dtype=torch.bool)
    mask[0, kept] = True
    expected = written_out(q, k[:, kept], v[:, kept])
    torch.testing.assert_close(attend(q, k, v, mask).double(), expected, atol=1e-5, rtol=1e-5)


def test_turning_is_a_complex_product():
    torch.manual_seed(0)
    heads = torch.randn(2, 9, 3, 8)
    angles = torch.arange(9)[:, None] * 10_000.0 ** -(torch.arange(4) / 4)
    expected = torch.complex(*heads.chunk(2, -1)) * torch.polar(torch.ones(9, 4), angles)[:, None]
    given = torch.complex(*turned(heads, rotary(9, 8, False, CPU)).chunk(2, -1))
    torch.testing.assert_close(given, expected, atol=1e-5, rtol=1e-5)


def test_positions_count_distances_alone():
    """The product of a query and a key depends on how far they are from each other."""
    torch.manual_seed(0)
    query, key = torch.randn(8).expand(1, 30, 1, 8), torch.randn(8).expand(1, 30, 1, 8)
    turns = rotary(30, 8, False, CPU)
    products = turned(query, turns)[0, :, 0] @ turned(key, turns)[0, :, 0].T
    for distance in range(-5, 6):
        along = products.diagonal(distance)
        torch.testing.assert_close(along, along[0].expand_as(along), atol=1e-4, rtol=1e-4)
    assert products.diagonal(1)[0] != pytest.approx(float(products.diagonal(2)[0]), abs=1e-3)


@pytest.mark.parametrize("time", [1, 2, 12, 31])
def test_on_a_circle_a_rolled_sound_gives_the_result_rolled(time):
    layer, rows = self_attention(), torch.randn(2, time, 6)
    given = layer(rows, rotary(time, 8, True, CPU))
    for steps in (1, 5):
        rolled = layer(rows.roll(steps, 1), rotary(time, 8, True, CPU))
        torch.testing.assert_close(rolled, given.roll(steps, 1), atol=1e-5, rtol=1e-5)


def test_open_positions_know_where_the_sound_begins():
    layer, rows = self_attention(), torch.randn(1, 12, 6)
    turns = rotary(12, 8, False, CPU)
    assert (layer(rows.roll(3, 1), turns) - layer(rows, turns).roll(3, 1)).abs().max() > 1e-3


def test_content_of_masked_tokens_has_no_influence():
    layer, rows, tokens = cross_attention(), torch.randn(2, 4, 6), torch.randn(2, 5, 5)
    mask = torch.tensor([[True, True, False, True, False], [True, False, False, False, False]])
    given = layer(rows, tokens, mask)
    for other in (1e4, float("nan"), float("inf")):
        assert torch.equal(layer(rows, torch.where(mask[..., None], tokens, other), mask), given)
    changed = tokens.clone()
    changed[0, 3, 0] += 3
    assert (layer(rows, changed, mask) - given)[0].abs().max() > 1e-3
    torch.testing.assert_close(layer(rows[1:], tokens[1:, :1]), given[1:], atol=1e-6, rtol=1e-6)


def test_nothing_to_attend_to_gives_zeros():
    layer, rows, tokens = cross_attention(), torch.randn(2, 4, 6), torch.randn(2, 3, 5)
    tokens.requires_grad_()
    given = layer(rows, tokens, torch.tensor([[False, False, False], [True, False, True]]))
    assert given[0].abs().max() == 0
    assert given[1].abs().min() > 0
    given.square().sum().backward()
    assert torch.isfinite(tokens.grad).all()


def test_bf16_is_near_float32():
    layer, rows = self_attention(), torch.randn(2, 40, 6)
    turns = rotary(40, 8, False, CPU)
    with torch.autocast("cpu", torch.bfloat16):
        given = layer(rows, turns)
    assert given.dtype == torch.bfloat16
    torch.testing.assert_close(given.float(), layer(rows, turns), atol=0.03, rtol=0.03)
