"""examples/tour.ipynb: a valid notebook whose cells run in their order, in one process, without Jupyter."""

import json
import re
import warnings
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples/tour.ipynb"


@pytest.fixture
def cells():
    return json.loads(NOTEBOOK.read_text("utf-8"))["cells"]


def test_it_is_a_notebook_without_outputs(cells):
    document = json.loads(NOTEBOOK.read_text("utf-8"))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        assert cell["cell_type"] in ("markdown", "code")
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None


def test_links_lead_somewhere(cells):
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links and all((NOTEBOOK.parent / link).is_file() for link in links)


def test_cells_run_in_their_order(cells, capsys):
    import matplotlib

    matplotlib.use("Agg")
    names: dict = {"__name__": "__main__"}
    for cell in cells:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "divide by zero encountered in log10")  # digital silence, drawn
                exec(compile(source, cell["id"], "exec"), names)
    assert "reconstruct" in capsys.readouterr().out
    assert names["new"].shape[0] == 2 and names["heard"].shape == names["given"].shape
    assert not names["work"].exists()
    names["pyplot"].close("all")
