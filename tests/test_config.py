"""Configurations: exact round trips, presets, and one sentence for every mistake."""

import argparse
import subprocess
import sys
from dataclasses import dataclass, replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tritone import config, schema
from tritone.config import differences, from_yaml, load_preset, make_config, preset_names, to_yaml
from tritone.errors import UserError
from tritone.families import config_class
from tritone.options import add_config_arguments, config_overrides, unknown_option
from tritone.training.config import TrainingConfig

NOISE = {"model": {"noise": {"bands": 2, "ratios": [4, 2]}}}


def parse(*argv, preset=None):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_config_arguments(parser, "vae", preset)
    return config_overrides(parser.parse_args(argv))


@pytest.mark.parametrize("preset", [{}, NOISE, {"training": {"augment": {"gain_db": [-3, 3]}, "ema": 0.999}}])
def test_round_trip_is_exact(preset):
    before = make_config("vae", preset, name="p", data="/sound/ü")
    after = from_yaml(to_yaml(before), "file")
    assert after == before and repr(after) == repr(before)


@given(
    rate=st.floats(1e-12, 1e3),
    betas=st.tuples(*[st.floats(0, 1, exclude_max=True)] * 2),
    periods=st.lists(st.integers(1, 99)),
)
@settings(max_examples=25, deadline=None)
def test_numbers_round_trip_exactly(rate, betas, periods):
    values = {"learning_rate": rate, "betas": list(betas), "discriminator": {"periods": periods}}
    before = make_config("vae", {"model": values})
    assert from_yaml(to_yaml(before), "file") == before
    assert (before.model.learning_rate, before.model.betas) == (rate, betas)


def test_defaults_are_the_dataclasses_own():
    made = make_config("vae", {})
    assert made.model == config_class("vae")() and made.training == TrainingConfig()


@pytest.mark.parametrize("name", preset_names())
def test_every_shipped_preset_loads(name):
    preset = load_preset(name)
    made = make_config(preset["family"], preset, name=name)
    assert from_yaml(to_yaml(made), name) == made


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        ({"model": {"capcity": 3}}, "model.capcity is not an option; did you mean capacity?"),
        ({"model": {"noise": {"band": 3}}}, "model.noise.band is not an option; did you mean bands?"),
        ({"model": {"noise": {"bands": "x"}}}, "model.noise.bands must be a whole number, not 'x'."),
        ({"model": {"weights": {"lk": 1}}}, "model.weights.lk is not an option; did you mean kl?"),
        ({"model": {"weights": {"kl": "much"}}}, "model.weights.kl must be a number, not 'much'."),
        ({"model": {"capacity": 3.5}}, "model.capacity must be a whole number, not 3.5."),
        ({"model": {"capacity": None}}, "model.capacity must be a whole number, not null."),
        ({"model": {"pqmf": 3}}, "model.pqmf must be a mapping, not 3."),
        ({"model": {"architecture": "v9"}}, "model.architecture must be one of v1, v2, nano, not 'v9'."),
        ({"model": {"betas": [1, 2, 3]}}, "model.betas must be a list of 2 numbers, not [1, 2, 3]."),
        ({"training": {"augment": {"gain": 2}}}, "gain is a probability"),
        ({"training": {"ema": 1}}, "ema is a decay"),
        ({"modle": {}}, "modle is not a section; did you mean model?"),
        ({"model": 3}, "model must be a mapping of settings, not 3."),
        ({"family": "gan"}, "belongs to the family gan, not vae"),
    ],
)
def test_mistakes_have_one_sentence(preset, words):
    with pytest.raises(UserError) as caught:
        make_config("vae", preset, name="PRESET")
    assert words in str(caught.value) and "PRESET" in str(caught.value) and "\n" not in str(caught.value)


def test_base_is_merged_key_by_key(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "base: vae-v2\nmodel: {weights: {kl: 0.3}, capacity: 8}\ntraining: {batch: 2}\n"
    )
    (tmp_path / "child.yaml").write_text("base: mine.yaml\nmodel: {capacity: 16}\n")
    below = make_config("vae", load_preset("vae-v2")).model
    made = make_config("vae", load_preset(str(tmp_path / "child.yaml")))
    assert made.model == replace(below, capacity=16, weights={**below.weights, "kl": 0.3})
    assert made.training.batch == 2


def test_preset_mistakes(tmp_path):
    loop = tmp_path / "loop.yaml"
    loop.write_text("base: loop.yaml\n")
    listing, broken = tmp_path / "list.yaml", tmp_path / "broken.yaml"
    listing.write_text("- 1\n")
    broken.write_text("model: {capacity: [\n")
    for name, words in [
        ("vae-nono", "did you mean vae-nano"),
        (str(tmp_path / "none.yaml"), "Cannot read"),
        (str(listing), "but holds a list"),
        (str(broken), "is not valid YAML"),
    ]:
        with pytest.raises(UserError, match=words):
            load_preset(name)
    with pytest.raises(UserError, match="its own base"):
        config._load_preset("loop.yaml", tmp_path, ())


def test_dotted_options_override_the_preset():
    said = parse(
        "--model.noise.bands", "3", "--training.batch=4", "--model.weights.kl", "1e-3", "--model.ratios", "[4, 4, 4, 4]"
    )
    made = make_config("vae", {"model": {"noise": {"hidden": 7}}, "training": {"clip": 1.0}}, said)
    assert (made.model.noise.bands, made.model.noise.hidden, made.training.batch, made.training.clip) == (3, 7, 4, 1.0)
    assert made.model.weights["kl"] == 1e-3 and made.model.weights["fullband"] == 1.0
    assert made.model.ratios == (4, 4, 4, 4)
    assert make_config("vae", NOISE, parse("--model.noise", "null")).model.noise is None
    assert parse() == {}


def test_help_tells_docstring_type_and_the_presets_default(capsys):
    with pytest.raises(SystemExit):
        parse("--help", preset={"model": {"capacity": 123}})
    text = " ".join(capsys.readouterr().out.split())
    assert "--model.capacity VALUE Channels at the top; doubled at every ratio. (a whole number; 123)" in text


def test_misspelt_option_names_the_nearest():
    assert "did you mean model.capacity" in str(unknown_option("--model.capcity=3", "vae"))


def test_differences_name_the_keys():
    before, after = make_config("vae", {}, name="a"), make_config("vae", {"training": {"seed": 1}, **NOISE}, name="b")
    assert differences(before, before) == {}
    assert differences(before, after)["training.seed"] == (0, 1)
    assert "model.noise.bands" in differences(before, after) and "preset" not in differences(before, after)


def test_reading_a_file_that_is_no_run(tmp_path):
    with pytest.raises(UserError, match="Cannot read"):
        config.read_run_config(tmp_path)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"family": "vae"}))
    with pytest.raises(UserError, match="no model, training"):
        config.read_run_config(tmp_path)


def test_attribute_docs_are_the_strings_under_the_fields():
    @dataclass
    class Sample:
        one: int = 1
        """The
        first."""
        two: int = 2

    assert schema.attribute_docs(Sample) == {"one": "The first."}


def test_config_does_not_import_torch():
    code = (
        "import sys, tritone.options, tritone.config as c; c.make_config('vae', {}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
