"""Checkpoints are read as weights alone."""

import argparse
import os

import pytest
import torch
from acids_names import LITTLE, write_checkpoint

from tritone.errors import UserError
from tritone.play.foreign.checkpoint import read_checkpoint


class Runs:
    """Runs a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_calls_the_system_is_refused_and_not_run(tmp_path, refused, zipped):
    path, target = tmp_path / "bad.ckpt", tmp_path / "ran"
    content = {"state_dict": {"w": torch.zeros(1)}, "callbacks": {"x": Runs(f"touch {target}")}}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    sentence = refused("import", path, "--out", tmp_path / "run")
    assert "system" in sentence and "nothing in it was run" in sentence
    assert not target.exists() and not (tmp_path / "run").exists()


def test_tensors_average_and_step_are_found_beside_what_trainers_write(tmp_path):
    beside = {
        "callbacks": {"EMA": {"decoder.net.0.weight_v": torch.ones(2)}, "BetaWarmupCallback": {"training_steps": 9}},
        "hyper_parameters": argparse.Namespace(name="a"),
        "optimizer_states": [{"state": {0: {"step": torch.tensor(1.0)}}}],
    }
    saved = read_checkpoint(write_checkpoint(tmp_path, LITTLE["v2"], step=300, **beside))
    assert saved.step == 300 and set(saved.averaged) == {"decoder.net.0.weight_v"}
    assert "encoder.encoder.net.0.weight_v" in saved.tensors


def test_a_bare_state_dict_is_a_checkpoint_too(tmp_path):
    torch.save({"w": torch.zeros(2)}, tmp_path / "m.ckpt")
    assert read_checkpoint(tmp_path / "m.ckpt").tensors["w"].shape == (2,)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut off", b"\x80\x02}q\x00."])
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "m.ckpt").write_bytes(content)
    with pytest.raises(UserError, match=r"m\.ckpt"):
        read_checkpoint(tmp_path / "m.ckpt")


@pytest.mark.parametrize("content", [[1, 2], {"state_dict": {}}, {"epoch": 3}])
def test_a_file_without_weights_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "m.ckpt")
    with pytest.raises(UserError, match="holds"):
        read_checkpoint(tmp_path / "m.ckpt")
