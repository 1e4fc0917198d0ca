"""Notes beside a sound file: NAME.json or NAME.txt with tempo, bars, label and caption."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tritone.signal.loops import FASTEST, SLOWEST, tempo_from_text

_LONGEST = 2_000
_MOST_LETTERS = 100_000
_LABEL_KEYS = ("label", "genre", "instrument", "kit")
_CAPTION_KEYS = ("caption", "text", "prompt", "description")


@dataclass(frozen=True)
class Sidecar:
    """What a note says; empty where it says nothing. `bars` is the number of bars that the whole file lasts."""

    bpm: float | None = None
    bars: float | None = None
    label: str = ""
    caption: str = ""


def read_sidecar(sound: Path) -> Sidecar:
    """The note beside a sound file: `loop.json` or `loop.wav.json` with the keys bpm, bars, label and caption, else a
    `.txt` whose line "bpm: 120" gives the tempo and whose other text is the caption. An unreadable note says nothing.

    Where there is no label, a genre, an instrument or a kit serves, the first that is there; where there is no caption,
    a text, a prompt or a description.
    """
    for suffix in (".json", ".txt"):
        for note in (sound.with_suffix(suffix), sound.with_name(sound.name + suffix)):
            try:
                if not note.is_file():
                    continue
                with note.open(encoding="utf-8", errors="replace") as file:
                    text = file.read(_MOST_LETTERS)
                return _from_json(json.loads(text)) if suffix == ".json" else _from_text(text)
            except (OSError, ValueError, RecursionError):
                continue
    return Sidecar()


def _from_json(content: Any) -> Sidecar:
    if not isinstance(content, dict):
        return Sidecar()
    bpm, bars = _number(content.get("bpm", content.get("tempo"))), _number(content.get("bars"))
    return Sidecar(
        bpm=bpm if bpm is not None and SLOWEST <= bpm <= FASTEST else None,
        bars=bars if bars is not None and 0 < bars <= 4096 else None,
        label=_first(content, _LABEL_KEYS),
        caption=_first(content, _CAPTION_KEYS),
    )


def _from_text(text: str) -> Sidecar:
    lines = text.splitlines()
    words = [line.strip() for line in lines if not line.strip().lower().startswith(("bpm", "tempo"))]
    return Sidecar(bpm=tempo_from_text(text), caption=" ".join(filter(None, words))[:_LONGEST])


def _first(content: dict[str, Any], keys: tuple[str, ...]) -> str:
    """What stands under the first of the keys that says something."""
    return next(filter(None, (_words(content.get(key)) for key in keys)), "")


def _words(value: Any) -> str:
    """A text or a number as text, the first of a list; nothing else."""
    if isinstance(value, list):
        value = value[0] if value else None
    return str(value).strip()[:_LONGEST] if isinstance(value, str | int | float) else ""


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
