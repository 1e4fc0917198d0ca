"""The answers themselves, without what could tell who gave them: for whoever wants to count again."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tritone.judge.listen.test import Answer, Key, Test
from tritone.training.atomic import write_text


def anonymous(listeners: Sequence[str]) -> dict[str, str]:
    """New names for listeners: numbers in the order of their random names, which is not that of their arrival."""
    width = max(2, len(str(len(listeners))))
    return {name: f"L{number:0{width}d}" for number, name in enumerate(sorted(listeners), 1)}


def write_raw(
    out: Path, test: Test, key: Key, answers: Sequence[Answer], names: Mapping[str, str], excluded: Mapping[str, str]
) -> list[Path]:
    """Write `answers.jsonl` and `answers.csv` into `out`: every answer with what was heard, training included.

    Listeners have the names in `names`, and of the time only the day is kept. An analysis reads the first one again.
    """
    training = {trial.id for trial in test.trials if trial.training}
    rows = []
    for answer in sorted(answers, key=lambda answer: (names[answer.listener], answer.at)):
        heard = key.stimuli[answer.stimulus]
        more = {"system": heard.system, "item": heard.item, "training": answer.trial in training}
        less = {"listener": names[answer.listener], "at": answer.at[:10]}
        rows.append(asdict(answer) | less | more | {"excluded": excluded.get(answer.listener, "")})
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    paths = [out / "answers.jsonl", out / "answers.csv"]
    for path, text in zip(paths, (lines, table.getvalue()), strict=True):
        write_text(path, text)
    return paths
