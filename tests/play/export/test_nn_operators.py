"""nn~ is built on libtorch 2.5: a file must call no operator, and no form of one, that is not known there.

`nn_operators.txt` was recorded by libtorch 2.5.1 itself from files that it loaded and played (`benchmarks/nn_host`).
"""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from narrow import PRESETS, small
from small_prior import lively
from torch import Tensor

from tritone.families.vae.model import build
from tritone.play.export.nn import scripted

RECORDED = Path(__file__).with_name("nn_operators.txt")
KNOWN = set(RECORDED.read_text(encoding="utf-8").replace("SymInt", "int").splitlines())
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


def called(module: torch.jit.ScriptModule) -> set[str]:
    """The schemas of all operators in all methods of all modules; the sizes of symbolic shapes are whole numbers."""
    found: set[str] = set()
    for inner in module.modules():
        for name in inner._c._method_names():
            gather(inner._c._get_method(name).inlined_graph, found)
    return found


def gather(block: torch._C.Block, found: set[str]) -> None:
    for node in block.nodes():
        schema = node.schema()
        found.add(node.kind() if schema == "(no schema)" else schema.replace("SymInt", "int"))
        for inner in node.blocks():
            gather(inner, found)


@pytest.mark.parametrize("preset", PRESETS)
def test_files_of_every_preset_call_what_libtorch_2_5_knows(preset):
    config = small(preset)
    config = replace(config, dilations=tuple(row[:1] for row in config.dilations))
    operators = called(scripted(build(config).streaming(noise=True)))
    assert len(operators) > 60 and operators <= KNOWN, operators - KNOWN


def test_files_with_a_prior_too():
    model = lively()
    operators = called(scripted(model.codec.streaming(), model.streaming()))
    assert len(operators) > 80 and operators <= KNOWN, operators - KNOWN


class Newer(torch.nn.Module):
    def forward(self, signal: Tensor) -> Tensor:
        return torch.stft(signal, 16, return_complex=True).abs()


def test_what_it_does_not_know_is_found():
    assert not called(torch.jit.script(Newer())) <= KNOWN
