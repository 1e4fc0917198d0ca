import json

import pytest
import torch
from acting import RATE

from tritone.commands.inspect import _words
from tritone.errors import UserError
from tritone.play.inspect import inspect
from tritone.play.live import LiveStream
from tritone.play.load import load


def test_dataset_run_and_checkpoint(data, trained):
    assert inspect(data)["splits"]["train"]["items"] + inspect(data)["splits"]["validation"]["items"] == 8
    assert inspect(data)["labels"] == {"sounds": 8} and inspect(data)["tempos"] == {}
    run, checkpoint = inspect(trained), inspect(trained / "checkpoints/step-0")
    assert run["data"] == str(data.resolve()) and run["can"] == "decode, encode, generate, reconstruct, stream"
    assert run["sample_rate"] == RATE and run["weights_bytes"] > 0
    assert {key for key in run if run[key] != checkpoint[key]} == {"kind", "latent_space", "step"}
    json.dumps([run, checkpoint, inspect(data)])


def test_latency_that_is_told_is_the_one_that_is_heard(trained):
    """An impulse through the model, once at once and once in blocks: so much later it is the same."""
    facts, model = inspect(trained), load(trained)
    sound = torch.zeros(1, 1, facts["delay_samples"] + 4 * facts["ratio"])
    sound[..., 1_000] = 1
    at_once = model.reconstruct(torch.nn.functional.pad(sound, (0, 30_000)), noise_seeds=None)
    for block in (64, 256):
        live = LiveStream(model.streaming(), block=block)
        parts = sound.split(block, -1)
        output = torch.cat([live.process(part) for part in parts if part.shape[-1] == block], -1)
        late = facts["delay_samples"] + facts["buffer_samples"][str(block)]
        assert facts["live_ms"][str(block)] == pytest.approx(1000 * (late + block) / RATE, abs=0.01)
        compared = output[..., late:]
        torch.testing.assert_close(compared, at_once[..., : compared.shape[-1]], rtol=0, atol=1e-5)
        assert compared.abs().max() > 0


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
