"""The card of an exported file: FILE.json for programs, FILE.md for people."""

import hashlib
import json
from pathlib import Path
from typing import Any

from tritone.config import package_version
from tritone.errors import UserError
from tritone.training.atomic import write_text

UNKNOWN_LICENCE = "not stated; it is the owner's to choose, and follows from the licence of the training sound"

CARD = """# {name}

{title}, written by Tritone {version}. Licence: {licence}.

| | |
|---|---|
{rows}
"""
STATE = """
## How to feed it

Every call takes one block and the state, and gives one block and the next state. Before the first block all state is
zero{position}. After each call, every output that ends in `_next` becomes the input of the same name without that
ending; nothing else is remembered, so a new stream is begun by zeros, and several streams can share one loaded file.

| input | shape | type |
|---|---|---|
{inputs}
| {count} state tensors, `{first}` to `{last}` | as in the JSON file | int64 position, else float32 |

| output | shape | type |
|---|---|---|
{outputs}
"""
POSITION = """, but for `decoder_position`: 0 for latents that were encoded offline, -{lag} where a file of the method
`encode` supplies them live"""
NOISE = """
`noise` is uniform in [-1, 1) and `beside` normally distributed, new for every block; zeros are silent.
"""


def card_paths(path: Path) -> tuple[Path, Path]:
    """Where the card of `path` lies: JSON and text."""
    return path.with_name(path.name + ".json"), path.with_name(path.name + ".md")


def write_card(path: Path, facts: dict[str, Any], *, title: str, licence: str = UNKNOWN_LICENCE) -> dict[str, Any]:
    """Write the card of the finished file `path` beside it; returns all that it says."""
    beside = [path.with_suffix(".bin")] if path.suffix == ".xml" else []
    files = {file.name: {"bytes": file.stat().st_size, "sha256": _sha256(file)} for file in (path, *beside)}
    full = {"title": title, "licence": licence, "tritone": package_version(), **facts, "files": files}
    as_json, as_text = card_paths(path)
    write_text(as_json, json.dumps(full, indent=1) + "\n")
    write_text(as_text, _words(path, full))
    return full


def read_card(path: Path) -> dict[str, Any]:
    """What the card of an exported file says. UserError where there is none, or where the file is another by now."""
    card = card_paths(path)[0]
    if not path.is_file() or not card.is_file():
        raise UserError(f"{path} has no card {card.name} beside it; export it again with `tritone export`.")
    try:
        facts = json.loads(card.read_text(encoding="utf-8"))
        sums = {name: file["sha256"] for name, file in facts["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{card} is not a card of Tritone's; export {path.name} again.") from error
    for name, expected in sums.items():
        file = path.with_name(name)
        if not file.is_file() or _sha256(file) != expected:
            raise UserError(f"{file} is not the file that {card.name} describes; export it again.")
    return facts


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _words(path: Path, facts: dict[str, Any]) -> str:
    """The readable card."""
    hidden = {"title", "licence", "tritone", "inputs", "outputs", "state", "files", "differences"}
    rows = [(name.replace("_", " "), _value(value)) for name, value in facts.items() if name not in hidden]
    rows += [(f"largest difference, {name}", f"{value:.1e}") for name, value in facts["differences"].items()]
    rows += [(name, f"{file['bytes']:,} bytes, sha256 {file['sha256']}") for name, file in facts["files"].items()]
    text = CARD.format(
        name=path.name, title=facts["title"], version=facts["tritone"], licence=facts["licence"],
        rows="\n".join(f"| {name} | {value} |" for name, value in rows),
    )  # fmt: skip
    return text + _feeding(facts) if "state" in facts else text


def _feeding(facts: dict[str, Any]) -> str:
    """How a program calls a file whose state is explicit."""
    state = facts["state"]
    return STATE.format(
        position=POSITION.format(lag=facts["encoder_lag"]) if facts["method"] == "decode" else "",
        inputs=_ports(facts["inputs"]), outputs=_ports(facts["outputs"]),
        count=len(state), first=state[0]["name"], last=state[-1]["name"],
    ) + (NOISE if facts["noise"] else "")  # fmt: skip


def _ports(ports: list[dict[str, Any]]) -> str:
    return "\n".join(f"| `{port['name']}` | {port['shape']} | {port['type']} |" for port in ports)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
