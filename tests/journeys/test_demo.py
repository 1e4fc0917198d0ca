"""The demo, short: from drum hits to a page, and once more on top of it."""

import re

import pytest


@pytest.mark.slow
def test_demo_makes_a_page_and_goes_on_when_called_again(done, tmp_path):
    out = tmp_path / "report"
    spoken = done("demo", "--out", out, "--minutes", 0.3, "--loops", 16)
    page = (out / "index.html").read_text(encoding="utf-8")
    assert str(out / "index.html") in spoken.out and "tritone train vae" in spoken.out
    assert page.count("<audio") >= 16 and "held-out" in page.lower()
    first = int(re.search(r"Training steps.*?(\d+)", page, re.S).group(1))
    done("demo", "--out", out, "--minutes", 0.3, "--loops", 16)
    again = (out / "index.html").read_text(encoding="utf-8")
    assert int(re.search(r"Training steps.*?(\d+)", again, re.S).group(1)) > first > 0


def test_demo_leaves_other_folders_alone(refused, tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    assert "holds other things" in refused("demo", "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
