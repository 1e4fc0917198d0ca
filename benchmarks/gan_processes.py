"""Training runs as processes, so many at a time, each on one thread."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
POLL_SECONDS = 0.5


def run_all(commands: Sequence[Sequence[str]], at_once: int = 2) -> None:
    """Run the commands in order, `at_once` at a time. RuntimeError where one fails; the others are then ended."""
    waiting, running = [list(command) for command in commands], []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(subprocess.Popen(waiting.pop(0), env={**os.environ, **ONE_THREAD}))
            time.sleep(POLL_SECONDS)
            for process in [process for process in running if process.poll() is not None]:
                running.remove(process)
                if process.returncode:
                    raise RuntimeError(f"exit status {process.returncode} of {' '.join(map(str, process.args))}")
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


if __name__ == "__main__":
    sys.exit("gan_processes.py is a part of the benchmarks; run gan_convergence.py.")
