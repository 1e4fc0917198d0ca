"""The transformer: its blocks beside their formulas, its start, circles, conditions and copies."""

import copy
import io
import warnings

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from tritone.nn.diffusion.attention import rotary
from tritone.nn.diffusion.config import TransformerConfig
from tritone.nn.diffusion.transformer import Block, Transformer

CONFIG = TransformerConfig(width=16, depth=2, heads=2, patch=2, features=12)


def network() -> Transformer:
    """A transformer all of whose weights are random."""
    torch.manual_seed(0)
    transformer = Transformer(CONFIG, inputs=3, outputs=2, context=3, vector=5, tokens=6)
    for parameter in transformer.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return transformer


def told(samples: int = 24) -> dict[str, Tensor]:
    """Everything that `network` is told."""
    torch.manual_seed(1)
    return {
        "x": torch.randn(2, 3, samples),
        "time": torch.tensor([0.2, 0.8]),
        "context": torch.randn(2, samples // 2, 3),
        "vector": torch.randn(2, 5),
        "tokens": torch.randn(2, 4, 6),
        "mask": torch.tensor([[True, False, True, True], [True, True, False, False]]),
    }


def test_a_block_is_adaln_zero():
    """DiT, section 3.2: x + a1 attention(g1 norm(x) + b1), then x + a2 mlp(g2 norm(x) + b2)."""
    torch.manual_seed(0)
    block, rows, features = Block(8, heads=2, features=5, tokens=0), torch.randn(2, 7, 8), torch.randn(2, 5)
    torch.nn.init.normal_(block.modulation.weight)
    torch.nn.init.normal_(block.modulation.bias)
    turns = rotary(7, 4, False, rows.device)
    parts = (features @ block.modulation.weight.T + block.modulation.bias)[:, None].chunk(6, -1)

    def normed(x: Tensor) -> Tensor:
        return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, correction=0) + 1e-5).sqrt()

    expected = rows + parts[2] * block.attention(normed(rows) * (1 + parts[0]) + parts[1], turns)
    gate, value = block.mlp.widen(normed(expected) * (1 + parts[3]) + parts[4]).chunk(2, -1)
    expected = expected + parts[5] * block.mlp.narrow(functional.silu(gate) * value)
    torch.testing.assert_close(block(rows, features, turns, None, None), expected, atol=1e-4, rtol=1e-4)


def test_blocks_start_as_the_identity_and_the_whole_at_zero():
    torch.manual_seed(0)
    transformer, given = Transformer(CONFIG, inputs=3, outputs=2, context=3, vector=5, tokens=6), told()
    rows, turns = torch.randn(2, 5, 16), rotary(5, 8, False, torch.device("cpu"))
    for block in transformer.blocks:
        assert torch.equal(block(rows, torch.randn(2, 12), turns, given["tokens"], given["mask"]), rows)
    assert transformer(**given).abs().max() == 0


def test_every_weight_learns():
    transformer = network()
    transformer(**told()).square().sum().backward()
    assert not [name for name, parameter in transformer.named_parameters() if parameter.grad.abs().max() == 0]


@pytest.mark.parametrize("kind", ["x", "time", "context", "vector", "tokens", "mask"])
def test_everything_told_is_heard(kind):
    transformer, given = network(), told()
    with torch.no_grad():
        changed = transformer(**{**given, kind: given[kind].flip(0)})
        assert (changed - transformer(**given)).abs().amax((1, 2)).min() > 1e-4


def test_each_sound_has_its_result_whatever_the_batch():
    transformer, given = network(), told()
    with torch.no_grad():
        together = transformer(**given)
        for row in range(2):
            alone = transformer(**{name: value[row : row + 1] for name, value in given.items()})
            torch.testing.assert_close(alone, together[row : row + 1], atol=1e-4, rtol=1e-4)


def test_a_rolled_period_gives_the_result_rolled():
    transformer, given = network(), told()
    rolled = {**given, "x": given["x"].roll(6, -1), "context": given["context"].roll(3, 1)}
    with torch.no_grad():
        result = transformer(**given, circular=True)
        torch.testing.assert_close(transformer(**rolled, circular=True), result.roll(6, -1), atol=1e-4, rtol=1e-4)
        assert (transformer(**rolled) - transformer(**given).roll(6, -1)).abs().max() > 1e-3


def test_patches_are_side_by_side():
    """Swapping the two frames of every patch, with the weights of entry and head swapped too, swaps the result."""
    transformer, given = network(), told()
    swapped = copy.deepcopy(transformer)
    with torch.no_grad():
        swapped.entry.weight.copy_(transformer.entry.weight.unflatten(1, (2, 3)).flip(1).flatten(1))
        swapped.head.weight.copy_(transformer.head.weight.unflatten(0, (2, 2)).flip(0).flatten(0, 1))
        swapped.head.bias.copy_(transformer.head.bias.unflatten(0, (2, 2)).flip(0).flatten())
        frames = given["x"].unflatten(2, (-1, 2)).flip(3).flatten(2)
        result = swapped(**{**given, "x": frames}).unflatten(2, (-1, 2)).flip(3).flatten(2)
        torch.testing.assert_close(result, transformer(**given), atol=1e-4, rtol=1e-4)


def test_copies_files_and_script(tmp_path):
    transformer, given = network(), told()
    twin = copy.deepcopy(transformer)
    save_file(transformer.state_dict(), tmp_path / "weights.safetensors")
    whole = io.BytesIO()
    torch.save(transformer, whole)
    whole.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        scripted = torch.jit.script(transformer)
    with torch.no_grad():
        result = transformer(**given)
        for other in (twin, torch.load(whole, weights_only=False), scripted):
            torch.testing.assert_close(other(**given), result)
        for parameter in twin.parameters():
            parameter.mul_(1.1)
        assert torch.equal(transformer(**given), result)
        assert (twin(**given) - result).abs().max() > 1e-3
