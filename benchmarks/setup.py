"""Installs the peers into the benchmark environment, without their dependencies (their pins no longer resolve).

torchaudio's wheel is linked against CUDA and cannot be imported beside a CPU build of torch; its transforms are plain
Python, so its shared libraries are set aside.
"""

import subprocess
import sys
from pathlib import Path

PEERS = [
    "acids-rave==2.3.1",
    "cached-conv==2.5.0",
    "nn-tilde==1.6.0",
    "torchaudio==2.11.0",
    "audio-diffusion-pytorch==0.1.3",
    "a-unet==0.0.16",
]


def main() -> None:
    """Install, then set the shared libraries of torchaudio aside."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, *PEERS], check=True)
    for library in Path(sys.prefix).glob("lib/python*/site-packages/torchaudio/lib/*.so"):
        library.rename(library.with_suffix(".so.aside"))


if __name__ == "__main__":
    main()
