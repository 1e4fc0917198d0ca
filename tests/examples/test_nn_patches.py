"""The patches for nn~: they parse, lines join outlets to inlets, and sound finds its way through the model."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass
class Patch:
    """Boxes by key, as their text; lines from (box, outlet) to (box, inlet)."""

    boxes: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, int, str, int]] = field(default_factory=list)

    def one(self, text: str) -> str:
        (found,) = [key for key, each in self.boxes.items() if each == text]
        return found

    def after(self, key: str, outlet: int = 0) -> list[tuple[str, int]]:
        return [(end, inlet) for start, out, end, inlet in self.lines if (start, out) == (key, outlet)]


def pure_data(text: str) -> Patch:
    """A patch is records that end in a semicolon; boxes are counted in their order, comments too."""
    patch = Patch()
    records = [record.strip().replace("\n", " ") for record in re.split(r"(?<!\\);\n", text)]
    assert records[-1] == "" and records[0].startswith("#N canvas ")
    for record in records[1:-1]:
        assert re.match(r"#X (obj|msg|text|floatatom|connect) \d+ \d+ ", record), record
        assert ";" not in record.replace("\\;", ""), record
        kind, x, y, *words = record.split(" ")[1:]
        if kind == "connect":
            patch.lines.append((x, int(y), words[0], int(words[1])))
        else:
            patch.boxes[str(len(patch.boxes))] = " ".join(words)
    return patch


def max_msp(text: str) -> Patch:
    patcher = json.loads(text)["patcher"]
    patch = Patch()
    sizes = {}
    for entry in patcher["boxes"]:
        box = entry["box"]
        assert len(box["patching_rect"]) == 4 and box["numoutlets"] == len(box.get("outlettype", []))
        assert box["id"] not in patch.boxes
        patch.boxes[box["id"]] = box.get("text", box["maxclass"])
        sizes[box["id"]] = (box["numinlets"], box["numoutlets"])
    for entry in patcher["lines"]:
        (start, outlet), (end, inlet) = entry["patchline"]["source"], entry["patchline"]["destination"]
        assert outlet < sizes[start][1] and inlet < sizes[end][0]
        patch.lines.append((start, outlet, end, inlet))
    return patch


@pytest.fixture(params=["nn_tilde.pd", "nn_tilde.maxpat"])
def patch(request) -> Patch:
    text = (EXAMPLES / request.param).read_text(encoding="utf-8")
    return pure_data(text) if request.param.endswith(".pd") else max_msp(text)


def test_lines_join_boxes(patch):
    assert all(start in patch.boxes and end in patch.boxes for start, _, end, _ in patch.lines)
    assert len(set(patch.lines)) == len(patch.lines) > 30


def test_sound_goes_through_the_model(patch):
    (forward,) = [
        end
        for start, _, end, _ in patch.lines
        if patch.boxes[end] == "nn~ model.ts forward 2048" and "adc~" in patch.boxes[start]
    ]
    ((level, _),) = patch.after(forward)
    assert {(patch.boxes[end], inlet) for end, inlet in patch.after(level)} == {("dac~ 1 2", 0), ("dac~ 1 2", 1)}


def test_each_axis_has_a_slider(patch):
    encode, decode = patch.one("nn~ model.ts encode 2048"), patch.one("nn~ model.ts decode 2048")
    for axis in range(4):
        ((adder, inlet),) = patch.after(encode, axis)
        assert patch.boxes[adder].startswith("+~") and inlet == 0
        assert patch.after(adder) == [(decode, axis)]
        (mover,) = [start for start, _, end, place in patch.lines if (end, place) == (adder, 1)]
        assert patch.boxes[mover].startswith(("vsl", "slider"))
    ((level, _),) = patch.after(decode)
    assert [patch.boxes[end] for end, _ in patch.after(level)] == ["dac~ 1 2", "dac~ 1 2"]


def test_attributes_are_those_of_the_file(patch):
    forward = patch.one("nn~ model.ts forward 2048")
    told = {patch.boxes[start].replace("\\", "") for start, _, end, _ in patch.lines if end == forward}
    wanted = {"set dims $1", "set temperature $1", "set noise $1", "set seed $1", "set reset 1", "enable 0", "enable 1"}
    assert wanted <= told
