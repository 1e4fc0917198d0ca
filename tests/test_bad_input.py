"""Every row of docs/bad-input.md is done again, and gets what the page says."""

from pathlib import Path

import pytest
from badinput.stage import Made, Stage
from badinput.table import ROWS

PAGE = Path(__file__).parents[1] / "docs/bad-input.md"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("bad-input"))


def params():
    for row in ROWS:
        marks = [pytest.mark.slow] if row.slow else []
        yield pytest.param(row, id=f"{row.how}: {row.what}"[:80].encode("ascii", "ignore").decode(), marks=marks)


@pytest.mark.parametrize("row", list(params()))
def test_it_gets_what_the_page_says(row, made, tmp_path):
    assert row.line(row.act(Stage(tmp_path, made))) in PAGE.read_text(encoding="utf-8").splitlines()


def test_the_page_has_these_rows_alone():
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    shown = [line for line in lines if "` | " in line]
    assert len(shown) == len(ROWS) >= 60
