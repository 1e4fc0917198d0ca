"""Peak memory of training steps, each case in a process of its own.

Counted is what the process takes at its peak beyond what it took when everything was imported. As a program:
`peak_memory.py ours|peer NAME BATCH SAMPLES STAGE THREADS` prints megabytes.
"""

import subprocess
import sys
from pathlib import Path
from typing import Literal

import torch
from acids import Name, peer_modules
from acids_training import PeerTraining
from our_training import OurTraining
from sounds import training_batch

Side = Literal["ours", "peer"]
WARM_UP_SAMPLES = 98_304
"""More than the sub-bands' edges that version 2 of the peer leaves out of its loss (53,545 samples)."""


def peak_megabytes(side: Side, name: Name, batch: int, samples: int, stage: int, threads: int) -> float:
    """Peak memory of steps of this stage, measured in a fresh process."""
    case = [side, name, str(batch), str(samples), str(stage), str(threads)]
    done = subprocess.run([sys.executable, __file__, *case], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"peak_memory.py {' '.join(case)} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def measure(side: Side, name: Name, batch: int, samples: int, stage: int) -> float:
    """Peak of this process in megabytes, over every kind of step that the stage has.

    Short steps come first, so that the moments of the optimisers are there, as in any but the first step of a training.
    """
    if side == "peer":
        peer_modules()
    before = _peak()
    training = OurTraining(name) if side == "ours" else PeerTraining(name)
    kinds = [training.stage1] if stage == 1 else [training.generator, training.discriminator]
    for audio in (training_batch(1, WARM_UP_SAMPLES), training_batch(batch, samples)):
        for step in kinds:
            step(audio)
    return _peak() - before


def _peak() -> float:
    """Largest resident size so far in megabytes.

    On Linux from /proc, because `ru_maxrss` also counts the process that this one was started from.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    import resource

    unit = 2**20 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    side, name, batch, samples, stage, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    print(measure(side, name, int(batch), int(samples), int(stage)))  # type: ignore[arg-type]
