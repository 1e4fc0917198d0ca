"""A run that begins with the weights of another."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from toyfamily.sound import run, toy_config

from tritone.config import read_run_config
from tritone.errors import UserError
from tritone.training.api import resolve
from tritone.training.checkpoint import Checkpoints, read
from tritone.training.start import begin


def checkpoint(path, step):
    return read(Checkpoints(path / "checkpoints").path(step))


def learned(weights):
    """Without what is worked out anew before the first step."""
    return {name: value for name, value in weights.items() if name != "analysed" and "latent" not in name}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A run of five steps with a moving average."""
    folder = tmp_path_factory.mktemp("start") / "first"
    run(folder, toy_config(steps=5, ema=0.9))
    return folder


def started(start, model=None, **training):
    return replace(toy_config(model, **training), start=str(start))


def test_it_begins_with_what_was_played_and_its_discriminators(first, tmp_path):
    run(tmp_path / "second", started(first, steps=1, ema=0.9, seed=9))
    before, now = checkpoint(first, 5), checkpoint(tmp_path / "second", 0)
    for name, value in learned(before.weights).items():
        assert torch.equal(now.weights[name], value), name
        assert torch.equal(now.training["online"][name], value), name
    for name, value in before.training["helpers"]["discriminator"].items():
        assert torch.equal(now.training["helpers"]["discriminator"][name], value), name
    assert any(not torch.equal(before.training["online"][name], value) for name, value in before.weights.items())


def test_without_a_start_it_begins_elsewhere(first, tmp_path):
    run(tmp_path / "second", toy_config(steps=1, ema=0.9, seed=9))
    before, now = checkpoint(first, 5).weights, checkpoint(tmp_path / "second", 0).weights
    assert not any(torch.equal(now[name], value) for name, value in learned(before).items() if value.dim() > 1)


def test_one_that_is_continued_does_not_begin_again(first, tmp_path):
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    run(whole, started(first, steps=6))
    run(halves, started(first, steps=3))
    run(halves, started(first, steps=6))
    one, other = checkpoint(whole, 6).weights, checkpoint(halves, 6).weights
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_commands_way_through_it(data, trained, tmp_path, done, refused):
    new = tmp_path / "new"
    done("train", "vae", data, "--out", new, "--from", trained, "--steps", 1, "--training.batch", 1)
    before, config = read_run_config(trained), read_run_config(new)
    assert config.start == str(trained.resolve()) and config.model == before.model
    assert config.training.batch == 1 and config.training.crop_samples == before.training.crop_samples
    played, now = checkpoint(trained, 2).weights, checkpoint(new, 0).weights
    networks = [name for name in played if name.startswith(("encoder.", "decoder."))]
    assert networks and all(torch.equal(now[name], played[name]) for name in networks)
    assert f"--from {trained}" in (new / "README.md").read_text()
    again = done("train", "vae", data, "--out", new, "--steps", 2)  # the same run, without naming it again
    assert "Beginning" not in again.err and read_run_config(new).start == config.start
    other = refused("train", "vae", data, "--out", new, "--from", tmp_path, "--steps", 3)
    assert "start" in other


def test_what_cannot_be_begun_with(data, trained, tmp_path, refused):
    out = tmp_path / "out"
    assert "no run folder" in refused("train", "vae", data, "--out", out, "--from", tmp_path / "gone")
    assert "family vae" in refused("train", "prior", data, "--out", out, "--from", trained)
    small = ("--preset", "vae-nano", "--training.batch", 1, "--model.capacity", 48, "--training.previews", 0)
    assert "another architecture" in refused(
        "train", "vae", data, "--out", out, "--from", trained, *small, "--training.crop_samples", 8192, "--steps", 1
    )
    assert not list(out.glob("checkpoints/step-*"))


def test_what_does_not_fit_in_shape_begins_anew(first):
    played = checkpoint(first, 5).weights
    name = min(played, key=lambda each: played[each].numel())
    own = {**played, name: torch.zeros(3, 3, 3)}
    taken = []
    trainer = SimpleNamespace(
        synthesizer=SimpleNamespace(state_dict=lambda: own),
        family=SimpleNamespace(helpers={}),
        begin=lambda weights, helpers: taken.append((weights, helpers)),
    )
    assert f"1 of {len(own)} tensors do not fit" in begin(trainer, str(first), "toy")
    assert set(taken[0][0]) == set(played) - {name} and taken[0][1] == {}
    with pytest.raises(UserError, match="so that no vae"):
        begin(trainer, str(first), "vae")
    own.clear()
    own["other"] = torch.zeros(4)
    with pytest.raises(UserError, match="another architecture"):
        begin(trainer, str(first), "toy")


def test_a_start_gives_its_settings(data, trained, tmp_path):
    config = resolve("vae", data, tmp_path / "new", None, 7, {}, trained)
    assert config.model == read_run_config(trained).model and config.training.steps == 7
    assert resolve("vae", data, tmp_path / "new", "vae-nano", 7, {}, trained).model != config.model
