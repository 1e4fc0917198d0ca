"""What two runs have in common, bit by bit, and how to start one in two processes."""

import torch

from tritone.training.checkpoint import Checkpoints, read
from tritone.training.log import TIMINGS, read_log

LAUNCH = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def state(run):
    checkpoints = Checkpoints(run / "checkpoints")
    return read(checkpoints.path(checkpoints.named("latest")))


def tensors(values, name=""):
    """All tensors and numbers of a state, by dotted name, without timings and the best of the validations: every stop
    makes one more of them."""
    if isinstance(values, dict):
        return {k: v for key, each in values.items() for k, v in tensors(each, f"{name}.{key}").items()}
    if isinstance(values, list | tuple):
        return {k: v for key, each in enumerate(values) for k, v in tensors(each, f"{name}.{key}").items()}
    return {} if name.endswith("seconds") or ".best." in name else {name: values}


def assert_same_bits(one, other):
    first, second = tensors({"w": one.weights, "t": one.training}), tensors({"w": other.weights, "t": other.training})
    assert first.keys() == second.keys() and len(first) > 50
    for name, value in first.items():
        same = torch.equal(value, second[name]) if isinstance(value, torch.Tensor) else value == second[name]
        assert same, name


def lines(run):
    return [{k: v for k, v in line.items() if k not in TIMINGS} for line in read_log(run / "log.jsonl")]
