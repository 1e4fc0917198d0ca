"""How much memory a model takes while it plays live, measured in a process of its own.

Counted is the memory of its own (RssAnon of Linux: not pages of files, which the system may drop) that the process
holds after opening the model and playing 20 blocks, beyond what it held when a very small model had played before. As a
program: `stream_memory.py "ENGINE PRECISION" RUN` or `stream_memory.py theirs FILE` prints megabytes.
"""

import ctypes
import gc
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tritone.config import make_config
from tritone.families.vae.model import build
from tritone.play.inference.build import build_engine
from tritone.play.inference.engine import LiveEngine
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
    config = make_config("vae", {"model": {"architecture": "v2", "capacity": 2, "latent": 4}}).model
    if kind == "theirs":
        module: Any = torch.jit.script(torch.nn.Linear(BLOCK, BLOCK))
        _play_script(module)
        before = _own()
        module = torch.jit.load(path)
        _play_script(module)
        return _own() - before
    engine = _engine(build(config).eval(), kind)
    _play(engine)
    del engine
    before = _own()
    engine = _engine(load(path), kind)
    _play(engine)
    return _own() - before


def _engine(model: Any, kind: str) -> LiveEngine:
    name, precision = kind.split()
    return build_engine(model.streaming(noise=True), name, precision, block=BLOCK, threads=1)  # type: ignore[arg-type]


def _play(engine: LiveEngine) -> None:
    for _ in range(20):
        engine.decode(engine.encode(np.zeros((1, BLOCK), np.float32)))


def _play_script(module: Any) -> None:
    with torch.inference_mode():
        for _ in range(20):
            module.forward(torch.zeros(1, 1, BLOCK))


def _own() -> float:
    """Megabytes of this process alone, once freed memory has gone back to the system (glibc keeps some)."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    print(measure(sys.argv[1], Path(sys.argv[2])))
