"""Kills a run again and again: kill.py OUT KILLS. Prints, as JSON, the step of the whole checkpoint after each kill.

Children are forked from this process, which has imported everything and started no thread, so a life costs little.
"""

import json
import os
import random
import signal
import sys
import time
import warnings
from pathlib import Path

import torch._dynamo
import torch.utils.tensorboard  # noqa: F401

from toyfamily.sound import NoiseSources, run, toy_config
from tritone.training.checkpoint import Checkpoints

CONFIG = {"validate_every": 9, "checkpoint_minutes": 0.0, "ema": 0.9, "keep": 2, "log_every": 4}


class Telling(NoiseSources):
    """Writes a byte into a pipe when a step begins."""

    pipe = -1

    def batch(self, step, round, rounds):
        os.write(self.pipe, b".")
        return super().batch(step, round, rounds)


def live(out, steps, pipe):
    Telling.pipe = pipe
    run(out, toy_config({"dropout": 0.2}, steps=steps, **CONFIG), open_sources=Telling)


def fork(out, steps):
    """A child that trains, and the end of a pipe that tells when it is at it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    status = 1
    try:
        live(out, steps, writer)
        status = 0
    finally:
        os._exit(status)


def main(out, kills):
    toy_config()  # so that this process, too, knows the family
    moments = random.Random(7)
    checkpoints = Checkpoints(out / "checkpoints")
    reached, torn, warned = [], 0, []
    for _ in range(kills):
        child, reader = fork(out, 1_000_000)
        if moments.random() < 0.9:  # the others die while they start
            for _ in range(moments.randint(1, 3)):  # as many steps begin, however busy the machine is
                os.read(reader, 1)
        time.sleep(moments.uniform(0.0, 0.1))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(reader)
        assert os.WIFSIGNALED(status), status
        torn += any(checkpoints.folder.glob(".*"))
        latest = checkpoints.read_latest(warned.append) if checkpoints.folder.is_dir() else None
        reached.append(-1 if latest is None else latest.step)
    end = reached[-1] + 3
    child, reader = fork(out, end)
    _, status = os.waitpid(child, 0)
    os.close(reader)
    assert status == 0, status
    print(json.dumps({"reached": reached, "torn": torn, "warned": warned, "end": end}))


if __name__ == "__main__":
    warnings.simplefilter("error")
    main(Path(sys.argv[1]), int(sys.argv[2]))
