"""The family of docs/adding-a-family.md, taken out of the page: trained, stopped, continued, played, refused."""

import json
import os
import re
import shlex
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from acting import the_sentence

from tritone.families import config_class
from tritone.nn.noise import sample_normal

PAGE = Path(__file__).parents[2] / "docs/adding-a-family.md"
FILES = {
    "pyproject.toml",
    *(f"texture/{name}" for name in ("__init__.py", "config.py", "model.py", "step.py", "texture.yaml")),
}
RATE = 44_100


def blocks(language):
    """The code blocks of the page in this language."""
    every = re.findall(r"^```(\w*)\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    return [block for named, block in every if named == language]


def write_package(folder):
    """The files of the page, each under the name in its first line."""
    written = set()
    for block in (*blocks("python"), *blocks("yaml"), *blocks("toml")):
        name, _, text = block.partition("\n")
        path = folder / name.removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        written.add(path.relative_to(folder).as_posix())
    assert written == FILES


def install(folder):
    """What `pip install --editable` leaves behind for entry points to be found: the metadata of pyproject.toml."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}", ""]
    (metadata / "METADATA").write_text("\n".join(lines))
    lines = [line for group, entries in project["entry-points"].items()
             for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))]  # fmt: skip
    (metadata / "entry_points.txt").write_text("\n".join(lines))


def rain(seed):
    """Eight seconds of dark noise that comes in gusts."""
    generator = np.random.default_rng(seed)
    dark = np.convolve(generator.standard_normal(8 * RATE), np.hanning(8) / 4, "same")
    gusts = 1 + 0.6 * np.sin(np.arange(8 * RATE) * 12 / RATE + seed)
    return (0.1 * gusts * dark).astype(np.float32)


@pytest.fixture
def texture(tmp_path, monkeypatch, tritone):
    """`texture(*words)` is `tritone` with the page's package, in a folder that holds a folder `my-rain`."""
    package = tmp_path / "package"
    package.mkdir()
    write_package(package)
    install(package)
    (tmp_path / "my-rain").mkdir()
    for number in range(3):
        soundfile.write(tmp_path / f"my-rain/rain-{number}.wav", rain(number), RATE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(package)
    yield tritone
    for name in [name for name in sys.modules if name.split(".")[0] == "texture"]:
        del sys.modules[name]


@pytest.fixture
def tried(texture):
    """`tried(*words)` must succeed."""

    def run(*words):
        outcome = texture(*words)
        assert outcome.status == 0, outcome.err
        return outcome

    return run


SMALL = ("--training.batch", 2, "--training.validation_crops", 2, "--training.previews", 1, "--model.width", 16)
TRAIN = ("train", "texture", "my-data", *SMALL)


def test_every_command_of_the_page_works_in_its_order(tried, tmp_path):
    (commands,) = [block for block in blocks("") if block.startswith("tritone ")]
    said = {}
    for line in commands.splitlines():
        first, *words = shlex.split(line)
        assert first == "tritone"
        trains = words[0] == "train" and "--help" not in words
        quick = () if not trains else ("--steps", 4) if "--minutes" in words else (*SMALL, "--steps", 3)
        said[line] = tried(*(("1" if word == "60" else word) for word in words), *quick).out
    assert "--model.bands" in said["tritone train texture --help"]
    assert "bands: 32" in said["tritone presets texture"]
    assert "texture" in said["tritone inspect my-run"]
    made = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/seed-7-*.wav"))
    assert made == ["new/seed-7-000.wav", "new/seed-7-001.wav"]
    assert len(list((tmp_path / "calm").glob("*.wav"))) == 2
    assert list((tmp_path / "my-run/previews/step-0").glob("*.wav"))


def test_it_is_listed_where_families_and_presets_are(tried, texture):
    assert "texture" in tried("train", "--help").out
    assert "Long noisy sounds" in json.loads(tried("presets", "--json").out)["texture"]
    assert "texture" in the_sentence(texture("train", "textur", "my-data", "--out", "run"))
    assert "did you mean texture?" in the_sentence(texture("presets", "txture"))


def test_a_process_of_its_own_finds_it_and_reads_it_only_when_asked(texture, installed, tmp_path):
    package = tmp_path / "package"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    assert "Long noisy sounds" in installed("presets", env=environment).out
    (package / "texture/__init__.py").write_text("raise ImportError('no such engine')\n")
    assert installed("train", "vae", "--help", env=environment).status == 0
    assert installed("presets", "vae-nano", env=environment).status == 0
    sentence = the_sentence(installed("train", "texture", "my-data", "--out", "run", env=environment))
    assert "no such engine" in sentence and "package texture" in sentence


def test_names_that_ship_cannot_be_taken_nor_one_name_by_two(texture, refused, done, tmp_path):
    points = next((tmp_path / "package").glob("*.dist-info")) / "entry_points.txt"
    points.write_text("[tritone.families]\nvae = texture\n")
    assert config_class("vae").__module__ == "tritone.families.vae.config"
    assert done("train", "--help").out.count("vae or") == 1
    other = tmp_path / "package/other-1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    (other / "entry_points.txt").write_text("[tritone.families]\ntexture = other\n")
    points.write_text("[tritone.families]\ntexture = texture\n")
    assert "other and texture" in refused("train", "texture", "my-data", "--out", "run")


def test_a_family_without_a_preset_of_its_name_wants_one_named(texture, tried):
    tried("prepare", "my-rain", "--out", "my-data")
    preset = Path("package/texture/texture.yaml")
    preset.rename(preset.with_name("texture-nano.yaml"))
    assert "--preset" in the_sentence(texture(*TRAIN, "--out", "run", "--steps", 1))
    tried(*TRAIN, "--out", "run", "--steps", 1, "--preset", "texture-nano")


def weights(run):
    from tritone.training.run import Run

    return Run(run).load().state_dict()


def test_a_run_that_was_stopped_is_the_run_that_was_not(tried, tmp_path):
    tried("prepare", "my-rain", "--out", "my-data")
    tried(*TRAIN, "--out", "at-once", "--steps", 6)
    tried(*TRAIN, "--out", "in-two", "--steps", 3)
    tried("train", "texture", "my-data", "--out", "in-two", "--steps", 6)
    once, twice = weights("at-once"), weights("in-two")
    assert once.keys() == twice.keys() and all(torch.equal(once[name], twice[name]) for name in once)
    facts = json.loads(tried("inspect", "in-two", "--json").out)
    assert (facts["family"], facts["step"], facts["can"]) == ("texture", 6, "generate")


def test_a_sound_is_its_seed_and_its_length(tried):
    tried("prepare", "my-rain", "--out", "my-data")
    tried(*TRAIN, "--out", "run", "--steps", 1)
    tried("generate", "run", "--out", "two", "--count", 2, "--seconds", 1.5, "--seed", 3)
    tried("generate", "run", "--out", "three", "--count", 3, "--seconds", 1.5, "--seed", 3)
    for name in ("seed-3-000.wav", "seed-3-001.wav"):
        assert Path("two", name).read_bytes() == Path("three", name).read_bytes()
    sound, rate = soundfile.read("two/seed-3-000.wav")
    assert (len(sound), rate) == (round(1.5 * RATE), RATE) and np.isfinite(sound).all() and sound.std() > 0
    assert not np.array_equal(sound, soundfile.read("two/seed-3-001.wav")[0])


def test_it_learns_what_rain_is(tried):
    """Levels that were trained on are likelier after training, and what is made has the rain's mean spectrum."""
    tried("prepare", "my-rain", "--out", "my-data")
    tried(*TRAIN, "--out", "run", "--steps", 150, "--training.batch", 4, "--training.crop_samples", 32768,
          "--model.learning_rate", 0.01, "--training.validate_every", 150)  # fmt: skip
    lines = [json.loads(line) for line in Path("run/log.jsonl").read_text().splitlines()]
    held_out = [line["validation/distance"] for line in lines if "validation/distance" in line]
    assert held_out[-1] < held_out[0] - 1
    from texture.config import Config
    from texture.model import build

    from tritone.play.load import load

    real = torch.from_numpy(np.concatenate([rain(number) for number in range(3)]))[None, None]

    def decibels_off(model):
        made = model.generate(1, 10.0, [5])
        return 39 * (model.levels(real).mean((0, 1)) - model.levels(made).mean((0, 1))).abs().mean()

    assert decibels_off(load("run")) < 6 < 12 < decibels_off(build(Config(width=16)))


def test_noise_gets_the_levels_that_are_asked_for(texture):
    from texture.config import Config
    from texture.model import build

    model = build(Config(channels=2))
    wanted = torch.linspace(-0.2, 0.6, 64).expand(1, 400, 64)
    noise = sample_normal([1], (2, 400 * 512))
    got = model.levels(model.shape(noise, wanted)[..., 1024:-1024])
    power = ((9 * got - 9).exp().mean(1)).log() - (9 * wanted[:, 0] - 9)
    assert power.abs().max() < 0.5  # of natural logarithm; neighbours leak into narrow bands
    assert power.abs().mean() < 0.12


def test_surprise_is_the_density_of_a_normal_distribution(texture):
    from texture.config import Config
    from texture.model import build
    from texture.step import surprise

    model, audio = build(Config()), torch.from_numpy(rain(1))[None, None]
    levels = model.levels(audio)
    mean, deviation, _ = model.predict(torch.cat((torch.zeros_like(levels[:, :1]), levels[:, :-1]), 1))
    expected = -torch.distributions.Normal(mean, deviation).log_prob(levels).mean()
    torch.testing.assert_close(surprise(model, audio), expected)


def test_what_it_cannot_do_is_said_in_one_sentence(texture, tried):
    tried("prepare", "my-rain", "--out", "my-data")
    tried(*TRAIN, "--out", "run", "--steps", 1)
    assert "cannot reconstruct" in the_sentence(texture("reconstruct", "run", "my-rain/rain-0.wav", "--out", "heard"))
    assert "--speed" in the_sentence(texture("generate", "run", "--out", "new", "--speed", 2))
    assert "bands" in the_sentence(texture(*TRAIN, "--out", "other", "--model.bands", 400))
    assert "at least 8192" in the_sentence(texture(*TRAIN, "--out", "other", "--training.crop_samples", 4096))
    assert "did you mean model.bands" in the_sentence(texture(*TRAIN, "--out", "other", "--model.band", 4))
