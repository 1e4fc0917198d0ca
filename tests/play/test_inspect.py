import json

import pytest
from acting import RATE

from tritone.commands.inspect import _words
from tritone.errors import UserError
from tritone.play.inspect import inspect


def test_dataset_run_and_checkpoint(data, trained):
    assert inspect(data)["splits"]["train"]["items"] + inspect(data)["splits"]["validation"]["items"] == 8
    assert inspect(data)["labels"] == {"sounds": 8} and inspect(data)["tempos"] == {}
    run, checkpoint = inspect(trained), inspect(trained / "checkpoints/step-0")
    assert run["data"] == str(data.resolve()) and run["can"] == "decode, encode, generate, reconstruct"
    assert run["sample_rate"] == RATE and run["weights_bytes"] > 0
    assert {key for key in run if run[key] != checkpoint[key]} == {"kind", "step"}
    json.dumps([run, checkpoint, inspect(data)])


@pytest.mark.parametrize("what", ["missing", "empty", "file.txt"])
def test_what_is_nothing_of_ours(tmp_path, what):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(UserError, match=what):
        inspect(tmp_path / what)


def test_words():
    assert [_words(value) for value in (True, 44_100, 1234.5678, [], ["a", "b"], {"x": {"y": 1}}, None)] == [
        "yes", "44,100", "1,234.57", "none", "a; b", "x: y: 1", "None",
    ]  # fmt: skip
