"""Writes docs/api.md: the public functions and classes, from the source's signatures and docstrings.

    python tools/api_page.py          writes the page
    python tools/api_page.py --check  exit status 1 where it is out of date

Nothing is imported but the table of `tritone` itself, so it takes no torch and no time.
"""

import ast
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/api.md"
HEAD = """# From Python

Made by `python tools/api_page.py` from the docstrings; a test holds it to the source. Sound is float32
`(batch, channels, time)` in [-1, 1], latents are `(batch, dims, frames)`. What the user can mend raises
`tritone.UserError`, with one sentence.

```python
import tritone

tritone.prepare(["my-sounds"], "my-data")
tritone.train("vae", "my-data", "my-run", preset="vae-nano", minutes=15)
model = tritone.load("my-run")
```
"""
SECTIONS = {
    "What a model can do": [("tritone.families.base", ("Synthesizer", "Stream"))],
    "Making sound into files": [
        ("tritone.play.generate", ("generate", "morph", "morph_seeds")),
        ("tritone.play.reconstruct", ("reconstruct",)),
        ("tritone.play.loops", ("make_loops",)),
        ("tritone.play.loop_model", ("LoopOptions",)),
    ],
    "Playing live": [
        ("tritone.play.engine.open", ("open_player",)),
        ("tritone.play.engine.stream", ("Stream", "Wiring")),
        ("tritone.play.live", ("LiveStream",)),
    ],
    "Data and settings": [
        ("tritone.data.store", ("Dataset",)),
        ("tritone.data.batch", ("Batch",)),
        ("tritone.config", ("RunConfig", "load_preset", "make_config", "read_run_config")),
    ],
    "For families of your own": [
        ("tritone.families", ("config_class", "build", "training_step", "complete")),
        ("tritone.families.base", ("TrainingStep", "averaged")),
        ("tritone.nn.noise", ("sample_normal", "sample_uniform")),
    ],
}


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## `tritone`\n", *(_entry(module, name, "tritone") for name, module in _exported())]
    for title, modules in SECTIONS.items():
        parts.append(f"## {title}\n")
        parts += [_entry(module, name, module) for module, names in modules for name in names]
    return "\n".join(parts).rstrip() + "\n"


def _exported() -> Iterator[tuple[str, str]]:
    sys.path.insert(0, str(ROOT / "src"))
    import tritone

    for name in tritone.__all__:
        yield name, tritone._HOMES[name]


def _entry(module: str, name: str, shown: str) -> str:
    """A function or class: signature, docstring, and the public methods that have a docstring of their own."""
    node = _find(module, name)
    if isinstance(node, ast.ClassDef):
        lines = [f"### `{shown}.{name}`\n", _text(node), *_fields(node)]
        for each in node.body:
            if isinstance(each, ast.FunctionDef) and not each.name.startswith("_") and ast.get_docstring(each):
                lines += [f"```python\n{_signature(each, method=True)}\n```\n", _text(each)]
        return "\n".join(lines)
    return f"### `{shown}.{name}`\n\n```python\n{_signature(node)}\n```\n\n{_text(node)}"


def _find(module: str, name: str) -> ast.FunctionDef | ast.ClassDef:
    path = ROOT / "src" / Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
    raise SystemExit(f"{path} defines no {name}; mend SECTIONS in {Path(__file__).name}.")


def _signature(node: ast.FunctionDef, method: bool = False) -> str:
    """`name(arguments) -> result`, one argument a line where it would be long."""
    words = ast.unparse(node.args).replace("'", '"')
    words = words.removeprefix("self").removeprefix(", ") if method else words
    result = f" -> {ast.unparse(node.returns)}".replace("'", '"') if node.returns else ""
    line = f"{node.name}({words}){result}"
    if len(line) <= 100:
        return line
    return f"{node.name}(\n" + "".join(f"    {part},\n" for part in _split(words)) + f"){result}"


def _split(words: str) -> list[str]:
    """Arguments apart, at commas that stand in no brackets."""
    parts, depth = [""], 0
    for character in words:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _fields(node: ast.ClassDef) -> list[str]:
    """Annotated attributes, each with the string under it."""
    lines = []
    for each, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and _is_text(after):
            assert isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            about = " ".join(cleandoc(after.value.value).split())
            lines.append(f"- `{each.target.id}: {ast.unparse(each.annotation)}`: {about}")
    return [*lines, ""] if lines else []


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _text(node: ast.FunctionDef | ast.ClassDef) -> str:
    return (ast.get_docstring(node) or "") + "\n"


def main() -> int:
    """Write the page, or say whether it is what would be written."""
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text("utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
