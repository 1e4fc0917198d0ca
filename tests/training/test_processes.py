"""Two processes with half the batch each learn what one process learns."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from toyfamily import sound

from tritone.training.checkpoint import Checkpoints, read
from tritone.training.log import read_log
from tritone.training.machine import Machine, _buckets

HERE = Path(__file__).parent
LAUNCH = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def launch(out, processes, batch, rounds):
    source = str(Path(sound.train.__code__.co_filename).parents[2])
    path = os.pathsep.join((source, str(HERE), os.environ.get("PYTHONPATH", "")))
    head = LAUNCH if processes == 2 else [sys.executable]
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    environment["PYTHONFAULTHANDLER"] = "1"  # says where, should one of them ever abort
    command = [*head, str(HERE / "toyfamily" / "sound.py"), str(out), str(batch), str(rounds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return read(Checkpoints(out / "checkpoints").path(20))


def distance(one, other):
    flat = [torch.cat([value.double().flatten() for _, value in sorted(each.items())]) for each in (one, other)]
    return ((flat[0] - flat[1]).norm() / flat[1].norm()).item()


@pytest.mark.parametrize("rounds", [1, 2])
def test_two_processes_equal_one(tmp_path, rounds):
    """The toy's buffer is a running average that sees each round; parameters do not depend on rounds."""
    two, one = launch(tmp_path / "two", 2, 8, rounds), launch(tmp_path / "one", 1, 8, 1)
    if rounds > 1:
        for weights in (two.weights, one.weights, two.training["online"], one.training["online"]):
            del weights["power"]
    assert distance(two.weights, one.weights) <= 1e-6
    assert distance(two.training["online"], one.training["online"]) <= 1e-6
    assert distance(two.training["helpers"]["discriminator"], one.training["helpers"]["discriminator"]) <= 1e-6
    for line, other in zip(read_log(tmp_path / "two/log.jsonl"), read_log(tmp_path / "one/log.jsonl"), strict=True):
        assert line.keys() == other.keys()
        assert line.get("generator/distance", 0) == pytest.approx(other.get("generator/distance", 0), rel=1e-5)


def test_gradient_that_one_process_lacks_counts_as_zero_there_and_none_everywhere_stays_none():
    machine = Machine(device="cpu")
    bucket = [nn.Parameter(torch.zeros(2)) for _ in range(3)]
    bucket[0].grad = torch.tensor([2.0, 4.0])
    others = torch.tensor([0.0, 0.0, 6.0, 8.0, 0.0, 0.0, 0.0, 1.0, 0.0])

    class Fake:
        def reduce(self, tensor, how):
            assert how == "mean"
            return (tensor + others) / 2

    machine.accelerator, machine.world = Fake(), 2
    machine.average_gradients(bucket)
    assert bucket[0].grad.tolist() == [1.0, 2.0] and bucket[1].grad.tolist() == [3.0, 4.0] and bucket[2].grad is None


def test_buckets_are_bounded_and_complete(monkeypatch):
    monkeypatch.setattr("tritone.training.machine.BUCKET_NUMBERS", 10)
    parameters = [nn.Parameter(torch.zeros(size)) for size in (4, 4, 4, 25, 1)]
    buckets = list(_buckets(parameters))
    assert [[p.numel() for p in bucket] for bucket in buckets] == [[4, 4], [4], [25], [1]]
