"""What a tagger's configuration takes from the data, and what it refuses."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tritone.config import load_preset, make_config
from tritone.data.store import Item
from tritone.errors import UserError
from tritone.families.tagger.config import Config, complete
from tritone.families.tagger.model import build


def dataset(*items):
    """What `complete` reads of a dataset: (split, label, frames) each."""
    found = [Item(name=str(number), split=item[0], frames=item[2], label=item[1]) for number, item in enumerate(items)]
    return SimpleNamespace(
        path=Path("DATA"),
        labels=tuple(sorted({item.label for item in found} - {""})),
        split=lambda name: tuple(item for item in found if item.split == name),
    )


def test_labels_and_shares_come_from_the_labelled_sound_for_training():
    data = dataset(
        ("train", "rock", 300), ("train", "dub", 50), ("train", "dub", 50), ("train", "", 1000),
        ("validation", "dub", 9999), ("validation", "zouk", 1),
    )  # fmt: skip
    config = complete(Config(), data)
    assert config.labels == ("dub", "rock", "zouk")
    assert config.shares == (0.25, 0.75, 0.0)
    assert complete(config, data) == config


@pytest.mark.parametrize(("labels", "count"), [(("", ""), "no labels"), (("dub", "dub"), "1 label ")])
def test_fewer_than_two_labels_are_refused_with_the_mend(labels, count):
    with pytest.raises(UserError) as refusal:
        complete(Config(), dataset(*(("train", label, 10) for label in labels), ("validation", "rock", 10)))
    assert f"DATA has {count}" in str(refusal.value) and "one folder for each label" in str(refusal.value)


def test_held_out_sound_without_labels_is_refused_with_the_mend():
    with pytest.raises(UserError, match="no labelled sound in its validation split"):
        complete(Config(), dataset(("train", "a", 10), ("train", "b", 10), ("validation", "", 10)))


def test_a_model_without_labels_cannot_be_built():
    with pytest.raises(UserError, match="takes them from DATA"):
        build(Config())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"widths": (4, 4, 4)}, "at least four blocks"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\)"),
        ({"balance": 2.0}, "balance must lie between 0 and 1"),
        ({"channels": 3}, "channels must be 1"),
        ({"labels": ("a", "b")}, "one number for each of 2 labels"),
        ({"learning_rate": float("nan")}, "learning_rate must be a number above 0"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(change, complaint):
    with pytest.raises(UserError, match=complaint):
        replace(Config(), **change)


def test_a_crop_must_hold_one_spectrum():
    config = Config(sample_rate=48_000)
    config.check_crop(512 * 3)
    with pytest.raises(UserError, match="at least 1536"):
        config.check_crop(512 * 3 - 1)


@pytest.mark.parametrize("name", ["tagger-scnn", "tagger-nano"])
def test_the_presets_build(name):
    run = make_config("tagger", load_preset(name), name=name)
    run.model.check_crop(run.training.crop_samples)
    tagger = build(replace(run.model, labels=("a", "b"), shares=(0.5, 0.5)))
    assert tagger.facts()["labels"] == "a, b"
