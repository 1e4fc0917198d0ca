"""The folder of a demo."""

import pytest

from tritone.errors import UserError
from tritone.play.demo.place import DATA, FRESH, Place


def test_the_same_plan_goes_on_and_another_starts_anew(tmp_path):
    place = Place(tmp_path / "report")
    with place.held({"seed": 0, "files": [("a", 1.5)]}) as goes_on:
        assert not goes_on
        (place.work / DATA).mkdir()
    with Place(tmp_path / "report").held({"seed": 0, "files": [("a", 1.5)]}) as goes_on:
        assert goes_on and (place.work / DATA).is_dir()
    (place.work / FRESH).mkdir()
    (place.work / "notes.txt").write_text("mine")
    with Place(tmp_path / "report").held({"seed": 1, "files": []}) as goes_on:
        assert not goes_on and not (place.work / DATA).exists() and not (place.work / FRESH).exists()
        assert (place.work / "notes.txt").read_text() == "mine"


def test_a_folder_of_other_things_is_refused_even_with_a_folder_work(tmp_path):
    (tmp_path / "work").mkdir()
    with pytest.raises(UserError, match="holds other things"):
        Place(tmp_path)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "report").write_text("x")
    with pytest.raises(UserError, match="is a file; give --out a folder"):
        Place(tmp_path / "report")


def test_two_at_once_are_refused(tmp_path):
    place = Place(tmp_path / "report")
    with place.held({}), pytest.raises(UserError, match="Another process"), Place(tmp_path / "report").held({}):
        pass


def test_a_damaged_plan_starts_anew(tmp_path):
    place = Place(tmp_path / "report")
    with place.held({"seed": 0}):
        pass
    (place.work / "demo.json").write_text("{")
    with Place(tmp_path / "report").held({"seed": 0}) as goes_on:
        assert not goes_on
