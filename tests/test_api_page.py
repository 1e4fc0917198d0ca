"""docs/api.md is what the docstrings say, and names what can really be imported."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import tritone

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/api.md").read_text("utf-8")


def test_page_is_up_to_date():
    ended = subprocess.run([sys.executable, ROOT / "tools/api_page.py", "--check"], capture_output=True, text=True)
    assert ended.returncode == 0, f"run `python tools/api_page.py`; {ended.stderr}"


def test_every_name_can_be_imported_and_is_told_of():
    names = re.findall(r"^### `(tritone[\w.]*)\.(\w+)`\n\n(.)", PAGE, re.M)
    assert {name for module, name, _ in names if module == "tritone"} == set(tritone.__all__)
    for module, name, _ in names:
        assert getattr(importlib.import_module(module), name).__doc__, (module, name)
    assert len(names) == PAGE.count("\n### ")
