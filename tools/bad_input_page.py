"""Writes docs/bad-input.md: does every row of tests/badinput and notes what it gets. `bad_input_page.py [PAGE]`."""

import json
import signal
import sys
import traceback
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/bad-input.md"
HEAD, FUZZED = HERE / "bad_input_head.md", HERE / "fuzz/results.json"
PATIENCE_SECONDS = 100
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent / "src")]

from badinput.stage import Made, Row, Stage  # noqa: E402
from badinput.table import ROWS  # noqa: E402


class TooLong(BaseException):
    """A row that hangs."""


def main(page: Path) -> int:
    """Do all rows and write the page, unless one failed."""
    head = HEAD.read_text("utf-8").replace("ROWS", str(len(ROWS)))
    lines, failed = [head, _fuzzing(json.loads(FUZZED.read_text("utf-8")))], 0
    with TemporaryDirectory(prefix="bad-input-") as folder:
        made = Made(Path(folder, "made"))
        made.path.mkdir()
        for group, rows in groupby(ROWS, key=lambda row: row.group):
            lines.append(f"\n## {group}\n\n| what is bad | given to | gets | sentence |\n|---|---|---|---|\n")
            for row in rows:
                line = _line(row, made, Path(folder))
                failed += line is None
                lines.append(f"{line}\n")
    print(f"{len(ROWS) - failed} of {len(ROWS)} rows did not fail")
    if not failed:
        page.write_text("".join(lines), encoding="utf-8")
    return int(failed > 0)


def _line(row: Row, made: Made, folder: Path) -> str | None:
    """What a row gets, as a line of the page; None where it fails or hangs."""
    with TemporaryDirectory(dir=folder) as own:
        signal.alarm(PATIENCE_SECONDS)
        try:
            return row.line(row.act(Stage(Path(own), made)))
        except BaseException:
            print(f"--- {row.how}: {row.what}", file=sys.stderr)
            traceback.print_exc()
            return None
        finally:
            signal.alarm(0)


def _fuzzing(targets: list[dict]) -> str:
    """The table of what the drivers in tools/fuzz measured."""
    rows = [
        f"| {row['target']} | {row['minutes']:.1f} | {row['executions']:,} | {row['failures']} |\n" for row in targets
    ]
    return "".join(["\n| target | minutes of CPU | inputs | failures |\n|---|---:|---:|---:|\n", *rows])


def _too_long(number: int, frame: object) -> None:
    raise TooLong


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, _too_long)
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE))
