"""Peak memory of evaluations and training steps of the README model, each case in a process of its own.

Counted is the largest resident size while the network runs, weights included, beyond what the process took when
everything was imported. Building comes before and does not count. As a program: `diffusion_memory.py ours|peer
float32|bf16|autocast forward|training SAMPLES THREADS` prints megabytes. Linux only.
"""

import subprocess
import sys
from pathlib import Path
from typing import Literal, get_args

import torch
from diffusion_sides import Learner, Player, Precision, Side

Work = Literal["forward", "training"]


def peak_megabytes(side: Side, precision: Precision, work: Work, samples: int, threads: int) -> float:
    """Measured in a fresh process."""
    case = [side, precision, work, str(samples), str(threads)]
    done = subprocess.run([sys.executable, __file__, *case], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"diffusion_memory.py {' '.join(case)} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def measure(side: Side, precision: Precision, work: Work, samples: int) -> float:
    """Peak of this process in megabytes. A training step counts once the optimiser has its moments."""
    import audio_diffusion_pytorch  # noqa: F401  (the same libraries on both sides)

    before = _megabytes("VmRSS")
    x, target = torch.randn(1, 2, samples), torch.randn(1, 2, samples)
    if work == "forward":
        player = Player(side, precision)
        _forget_peak()
        player(x)
    else:
        learner = Learner(side)
        learner(x[..., :4096], target[..., :4096], precision != "float32")
        _forget_peak()
        learner(x, target, precision != "float32")
    return _megabytes("VmHWM") - before


def _megabytes(which: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(which)]
    return int(line.split()[1]) / 1024


def _forget_peak() -> None:
    """The kernel counts the largest resident size anew from here."""
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    side, precision, work, samples, threads = sys.argv[1:]
    if side not in get_args(Side) or precision not in get_args(Precision) or work not in get_args(Work):
        raise SystemExit(__doc__)
    torch.set_num_threads(int(threads))
    print(measure(side, precision, work, int(samples)))  # type: ignore[arg-type]
