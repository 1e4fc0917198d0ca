"""A run that is stopped and continued equals the one that is not, bit by bit."""

import json
import signal
import threading
import time

import pytest
import torch
from toyfamily import sound
from toyfamily.sound import NoiseSources, run, toy_config

from tritone.errors import UserError
from tritone.training.checkpoint import Checkpoints, read
from tritone.training.display import Quiet
from tritone.training.log import TIMINGS, read_log
from tritone.training.loop import train


def whole(path, step=None):
    """Everything that a run knows after a step, without its timings."""
    checkpoints = Checkpoints(path / "checkpoints")
    checkpoint = read(checkpoints.path(checkpoints.named("latest") if step is None else step))
    training = {key: value for key, value in checkpoint.training.items() if key != "seconds"}
    return checkpoint.step, checkpoint.weights, training


def lines(path):
    return [{k: v for k, v in line.items() if k not in TIMINGS} for line in read_log(path / "log.jsonl")]


def same(one, other):
    """Equal in structure and in every bit."""
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


class StopAt(NoiseSources):
    """Sends this process a signal while a step is being made."""

    at, number = 5, signal.SIGTERM

    def batch(self, step, round, rounds):
        if step == self.at and round == 0:
            assert callable(signal.getsignal(self.number)), "nobody waits for the signal, which would end these tests"
            signal.raise_signal(self.number)
        return super().batch(step, round, rounds)


SETTINGS = [
    {},
    {"ema": 0.9},
    {"accumulate": 2, "clip": 0.1, "ema": 0.99},
    {"precision": "bf16"},
]


@pytest.mark.parametrize("training", SETTINGS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_run_equals_uninterrupted(tmp_path, monkeypatch, training, number):
    config = toy_config({"dropout": 0.3}, **training)
    assert run(tmp_path / "straight", config) == "finished"
    monkeypatch.setattr(StopAt, "number", number)
    for at, reason in ((5, True), (13, True)):
        monkeypatch.setattr(StopAt, "at", at)
        outcome = train(config, tmp_path / "broken", show=Quiet(), open_sources=StopAt, device="cpu")
        assert reason and outcome == ("terminated" if number == signal.SIGTERM else "interrupted")
        assert whole(tmp_path / "broken")[0] == at + 1
    assert run(tmp_path / "broken", config) == "finished"
    assert same(whole(tmp_path / "broken"), whole(tmp_path / "straight"))
    assert lines(tmp_path / "broken") == lines(tmp_path / "straight")


def test_dropout_would_differ_without_the_loops_seeds(tmp_path):
    """The comparison above can fail: another seed gives other weights."""
    run(tmp_path / "a", toy_config({"dropout": 0.3}))
    run(tmp_path / "b", toy_config({"dropout": 0.3}, seed=1))
    assert not same(whole(tmp_path / "a"), whole(tmp_path / "b"))


def test_validation_previews_and_checkpoints_do_not_disturb_training(tmp_path):
    run(tmp_path / "a", toy_config({"dropout": 0.3}, validate_every=20))
    run(tmp_path / "b", toy_config({"dropout": 0.3}, validate_every=1, checkpoint_minutes=0))
    assert same(whole(tmp_path / "a")[1], whole(tmp_path / "b")[1])


def test_more_steps_continue_a_finished_run(tmp_path):
    run(tmp_path / "a", toy_config(steps=10))
    run(tmp_path / "a", toy_config(steps=20))
    run(tmp_path / "b", toy_config(steps=20))
    assert same(whole(tmp_path / "a")[1], whole(tmp_path / "b")[1])
    assert run(tmp_path / "a", toy_config(steps=20)) == "finished"


def test_log_is_cut_back_to_the_checkpoint(tmp_path):
    config = toy_config()
    run(tmp_path, config)
    before = lines(tmp_path)
    with open(tmp_path / "log.jsonl", "a") as file:
        file.write(json.dumps({"step": 23, "generator/distance": 9.0}) + '\n{"step": 26, "gen')
    run(tmp_path, config)
    assert lines(tmp_path) == before


def test_minutes_end_a_session_and_only_it(tmp_path):
    config = toy_config(steps=1_000_000, validate_every=1_000_000)
    begun = time.monotonic()
    assert run(tmp_path, config, minutes=0.01) == "minutes"
    assert time.monotonic() - begun < 20
    first = whole(tmp_path)[0]
    assert run(tmp_path, config, minutes=0.01) == "minutes"
    assert 0 < first < whole(tmp_path)[0] < 1_000_000


def test_what_may_and_may_not_change(tmp_path):
    run(tmp_path, toy_config(steps=3))
    run(
        tmp_path,
        toy_config(steps=6, keep=1, log_every=2, workers=2, previews=0, validate_every=2, checkpoint_minutes=1),
    )
    with pytest.raises(UserError, match=r"training.batch 4 -> 8.*choose another --out"):
        run(tmp_path, toy_config(batch=8))
    with pytest.raises(UserError, match=r"model.hidden 4 -> 5"):
        run(tmp_path, toy_config({"hidden": 5}))


def test_two_processes_on_one_folder(tmp_path):
    config = toy_config(steps=1_000_000)
    thread = threading.Thread(target=run, args=(tmp_path, config, 0.03))
    thread.start()
    while not (tmp_path / "log.jsonl").exists():
        time.sleep(0.01)
    with pytest.raises(UserError, match="Another process is training in"):
        run(tmp_path, config)
    thread.join()
    assert run(tmp_path, config, minutes=0.0) == "minutes"


def test_first_checkpoint_is_step_0_and_has_the_seeds_weights(tmp_path):
    run(tmp_path, toy_config(steps=0))
    torch.manual_seed(0)
    fresh = sound.families.build("toy", toy_config().model)
    saved = whole(tmp_path, 0)[1]
    assert torch.equal(saved["encoder.weight"], fresh.encoder.weight)
