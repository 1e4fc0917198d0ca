"""A run folder from outside."""

import shutil

import pytest
import torch
from toyfamily.sound import run, toy_config

from tritone.errors import UserError
from tritone.training.checkpoint import read
from tritone.training.run import Run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("run")
    config = toy_config(steps=9, validate_every=3, keep=2, ema=0.9)
    run(path, config)
    return path


def test_loads_the_weights_that_are_played(trained):
    for which in ("latest", "best", 9, trained / "checkpoints/step-9", str(trained / "checkpoints/step-9")):
        model = Run(trained).load(which)
        saved = read(Run(trained).checkpoint(which)).weights
        assert not model.training
        assert all(torch.equal(value, saved[name]) for name, value in model.state_dict().items())
    assert Run(trained).checkpoint().name == "step-9"


def test_plays_without_the_resume_file(trained, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    (copy / "checkpoints/step-9/training.pt").unlink()
    assert Run(copy).load().sample_rate == 8000


def test_config_and_log(trained):
    assert Run(trained).config == toy_config(steps=9, validate_every=3, keep=2, ema=0.9)
    assert [line["step"] for line in Run(trained).log()] == [0, 3, 3, 6, 6, 9, 9]


def test_mistakes(trained, tmp_path):
    (tmp_path / "empty").mkdir()
    for path, words in ((tmp_path / "none", "There is no run folder"), (tmp_path / "empty", "is not a run folder")):
        with pytest.raises(UserError, match=words):
            Run(path)
    with pytest.raises(UserError, match=r"no checkpoint 1234; there are latest, best and steps .*9"):
        Run(trained).checkpoint(1234)
    with pytest.raises(UserError, match="is not a checkpoint"):
        Run(trained).checkpoint("bset")
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    (copy / "checkpoints/step-9/model.safetensors").write_bytes(b"junk")
    with pytest.raises(UserError, match="is damaged"):
        Run(copy).load()
    shutil.rmtree(copy / "checkpoints")
    with pytest.raises(UserError, match="has no checkpoint yet"):
        Run(copy).load()
    (copy / "log.jsonl").unlink()
    with pytest.raises(UserError, match="Cannot read"):
        Run(copy).log()
