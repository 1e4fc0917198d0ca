"""CITATION.cff and CHANGELOG.md: what they must have, and the version that the package has."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_citation_has_what_the_format_asks_for():
    """Required by the schema of the Citation File Format 1.2.0: cff-version, message, title, authors."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert citation["message"] and citation["title"]
    assert citation["authors"] == PROJECT["authors"]  # an entity: a name is all it needs
    assert PROJECT["authors"][0]["name"] in (ROOT / "LICENSE").read_text("utf-8")
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    known = {"cff-version", "message", "type", "title", "authors", "version", "license", "abstract", "keywords"}
    assert set(citation) <= known and len(set(citation["keywords"])) == len(citation["keywords"])


def test_changelog_begins_with_this_version():
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert versions[0] == PROJECT["version"]
