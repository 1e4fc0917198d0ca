"""What an analysis leaves behind: a report to read, one for programs, a picture, and the answers themselves."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from tritone.judge.listen.analysis import Analysis
from tritone.judge.listen.collect import Collected
from tritone.judge.listen.picture import write_picture
from tritone.judge.listen.raw import anonymous, write_raw
from tritone.judge.listen.report import lead, markdown, rule_words
from tritone.training.atomic import write_text


def as_json(analysis: Analysis, notes: Sequence[str] = ()) -> dict[str, Any]:
    """All figures of an analysis as plain values; what is no number is null."""
    names = anonymous(analysis.listeners)
    content = {
        "title": analysis.test.title,
        "kind": analysis.test.kind,
        "primary": analysis.key.primary,
        "questions": {asked.id: asked.text for asked in analysis.test.questions},
        "listeners": len(analysis.listeners),
        "counted": analysis.counted,
        "pilot": analysis.pilot,
        "summary": [*lead(analysis), *notes],
        "rule": rule_words(analysis.key.exclusion, analysis.test.kind),
        "excluded": {names[name]: why for name, why in analysis.excluded.items()},
        "results": [_result(result) for result in analysis.results],
        "everyone": [_result(result) for result in analysis.everyone],
        "made": analysis.key.made,
    }
    plain: dict[str, Any] = _plain(content)
    return plain


def write_outputs(out: Path, analysis: Analysis, collected: Collected, command: str) -> list[Path]:
    """Write `report.md`, `analysis.json`, `scores.png`, `scores.svg`, `answers.jsonl` and `answers.csv` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    names = anonymous(analysis.listeners)
    text = markdown(analysis, names, collected.listeners, collected.notes, command)
    write_text(out / "report.md", text)
    write_text(
        out / "analysis.json", json.dumps(as_json(analysis, collected.notes), indent=1, ensure_ascii=False) + "\n"
    )
    pictures = write_picture(out, analysis)
    raw = write_raw(out, analysis.test, analysis.key, collected.answers, names, analysis.excluded)
    return [out / "report.md", out / "analysis.json", *pictures, *raw]


def _result(result: Any) -> dict[str, Any]:
    content = asdict(result)
    for row, one in zip(content["comparisons"], result.comparisons, strict=True):
        row["holds"] = one.holds
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
