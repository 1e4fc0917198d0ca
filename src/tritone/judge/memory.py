"""How much memory a program takes that does nothing but load a model and make one sound with it.

As a program: `python -m tritone.judge.memory RUN CHECKPOINT SECONDS THREADS` prints megabytes.
"""

import subprocess
import sys
from pathlib import Path

LIMIT_SECONDS = 300


def peak_megabytes(run: Path, checkpoint: str, seconds: float, threads: int) -> float | None:
    """Largest memory of a fresh process that plays a sound of so many seconds; None where that cannot be told."""
    words = [str(run), checkpoint, repr(seconds), str(threads)]
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, *words], capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )
        return float(done.stdout.split()[-1]) if done.returncode == 0 and done.stdout.split() else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def own_peak_megabytes() -> float | None:
    """Largest resident size of this process so far.

    On Linux from /proc, because `ru_maxrss` also counts the process that this one was started from.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(lines[0].split()[1]) / 1024 if lines else None
    if sys.platform == "win32":
        return None
    import resource

    unit = 2**20 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _play(run: Path, checkpoint: str, seconds: float, threads: int) -> None:
    import torch

    from tritone.judge.speed import play_once
    from tritone.play.load import load

    torch.set_num_threads(threads)
    play_once(load(run, checkpoint), seconds)


if __name__ == "__main__":
    _play(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
    print(own_peak_megabytes() or "")
