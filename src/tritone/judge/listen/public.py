"""What the page is told of a test: nothing that names a system, and nothing in an order that systems could show in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

from tritone.judge.listen.checks import needed_ms
from tritone.judge.listen.test import Order, Test

PAGE = Path(__file__).parent / "page"
"""Folder of the page: its template, style and scripts."""
SCRIPTS = (
    "dom.js", "player.js", "keep.js", "sources.js", "sheet.js", "parts.js", "rating.js", "preference.js", "mushra.js",
    "headphones.js", "welcome.js", "main.js",
)  # fmt: skip
"""In the order in which they run."""
STYLE = "page.css"


def public(test: Test) -> dict[str, Any]:
    """The test as the page needs it before anybody has begun: questions, sounds (sorted by their random ids) and the
    number of screens.
    """
    first = test.orders[0].screens
    return {
        "id": test.id,
        "title": test.title,
        "kind": test.kind,
        "minutes": test.minutes,
        "screens": len(first),
        "volume": first[0][1][0],
        "questions": [{"id": asked.id, "text": asked.text, "words": list(asked.words)} for asked in test.questions],
        "stimuli": {
            sound.id: {
                "samples": sound.samples,
                "rate": sound.rate,
                "loop": sound.loop,
                "needed_ms": needed_ms(test, sound),
            }
            for sound in sorted(test.stimuli, key=lambda sound: sound.id)
        },
    }


def screens(test: Test, order: Order) -> list[dict[str, Any]]:
    """The screens of one listener."""
    trials = {trial.id: trial for trial in test.trials}
    return [
        {
            "trial": name,
            "stimuli": list(stimuli),
            "reference": trials[name].reference,
            "training": trials[name].training,
        }
        for name, stimuli in order.screens
    ]


def page(title: str, inline: dict[str, Any] | None = None) -> Iterator[str]:
    """The page as HTML, in parts: with `script`, `style`, `data`, `policy` and `sounds` of `inline` inside it, or,
    without them, with links to the files that a server gives.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.j2").generate(title=title, scripts=SCRIPTS, style=STYLE, inline=inline)


def script() -> str:
    """All scripts as one."""
    return "\n".join((PAGE / name).read_text("utf-8") for name in SCRIPTS)
