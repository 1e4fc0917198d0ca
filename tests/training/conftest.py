import pytest

from tritone.families import FAMILIES


@pytest.fixture(autouse=True)
def toy_is_a_family(monkeypatch):
    """The toy family is there while a test of this folder runs, and nowhere else."""
    monkeypatch.setitem(FAMILIES, "toy", "toyfamily")
