"""The page of a listening test as one file that needs no server: opened by double click, it gives answers as a file.

A page that was opened from a disk may not fetch its neighbours, so the sounds are inside it, as they are in the test's
folder: 16 bit, all of one size.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tritone.errors import UserError
from tritone.judge.listen.files import audio_path, read_test
from tritone.judge.listen.public import PAGE, STYLE, page, public, screens, script
from tritone.judge.listen.test import Test

MOST_BYTES = 150_000_000
"""Largest page that is written."""


def write_static(test: Path, out: Path) -> Path:
    """Write `index.html`, which holds the whole test in folder `test`, into folder `out`, and return its path.

    A listener's order is drawn at random from the test's orders and named in the answers (`downloaded.read_downloaded`
    reads them). UserError where the sounds would make the page larger than `MOST_BYTES`.
    """
    content = read_test(test)
    paths = {sound.id: audio_path(test, sound.id) for sound in sorted(content.stimuli, key=lambda sound: sound.id)}
    missing = next((path for path in paths.values() if not path.is_file()), None)
    if missing:
        raise UserError(f"{missing} is missing; plan the test again.")
    size = sum(path.stat().st_size for path in paths.values()) * 4 // 3
    if size > MOST_BYTES:
        raise UserError(
            f"The page would hold {size / 1e6:.0f} MB of sound, more than {MOST_BYTES / 1e6:.0f} MB; "
            "plan fewer or shorter sounds, or let `tritone listen serve` give them one by one."
        )
    out.mkdir(parents=True, exist_ok=True)
    whole, part = out / "index.html", out / ".index.html.tmp"
    try:
        with open(part, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(page(content.title, _inside(content, paths)))
        os.replace(part, whole)
    finally:
        part.unlink(missing_ok=True)
    return whole


def _inside(test: Test, paths: dict[str, Path]) -> dict[str, Any]:
    code, style = f"\n{script()}\n", f"\n{(PAGE / STYLE).read_text('utf-8')}\n"
    inside = f"script-src {_hash(code)}; style-src {_hash(style)}"
    data = public(test) | {"orders": [screens(test, order) for order in test.orders]}
    return {
        "script": code,
        "style": style,
        "policy": f"default-src 'none'; {inside}; img-src data:; base-uri 'none'",
        "data": json.dumps(data, ensure_ascii=True).replace("<", "\\u003c"),
        "sounds": _encoded(paths),
    }


def _encoded(paths: dict[str, Path]) -> Iterator[tuple[str, str]]:
    for name, path in paths.items():
        yield name, base64.b64encode(path.read_bytes()).decode("ascii")


def _hash(text: str) -> str:
    """What a content security policy calls an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
