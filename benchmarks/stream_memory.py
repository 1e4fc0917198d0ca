"""How much memory a model takes while it plays live, measured in a process of its own.

Counted is what the process holds after opening the model and playing 20 blocks, beyond what it held when everything was
imported. As a program: `stream_memory.py "ENGINE PRECISION" RUN` or `stream_memory.py theirs FILE` prints megabytes.
"""

import ctypes
import gc
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

from tritone.play.inference.build import build_engine
from tritone.play.inference.runners import onnxruntime, openvino
from tritone.play.load import load

BLOCK = 2048


def grown_megabytes(kind: str, path: Path) -> float:
    """Memory of a process that plays `path`, measured in a fresh process."""
    done = subprocess.run([sys.executable, __file__, kind, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"stream_memory.py {kind} {path} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def measure(kind: str, path: Path) -> float:
    """Megabytes by which this process grows."""
    openvino().Core().available_devices, onnxruntime()
    before = _resident()
    if kind == "theirs":
        module = torch.jit.load(path)
        with torch.inference_mode():
            for _ in range(20):
                module.forward(torch.zeros(1, 1, BLOCK))
    else:
        name, precision = kind.split()
        model = load(path).streaming(noise=True)  # type: ignore[attr-defined]
        engine = build_engine(model, name, precision, block=BLOCK, threads=1)  # type: ignore[arg-type]
        del model
        for _ in range(20):
            engine.decode(engine.encode(np.zeros((1, BLOCK), np.float32)))
    return _resident() - before


def _resident() -> float:
    """Megabytes that this process holds, once freed memory has gone back to the system (glibc keeps some)."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    print(measure(sys.argv[1], Path(sys.argv[2])))
