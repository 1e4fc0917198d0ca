"""Runs commands of Tritone one after the other while no socket may reach out: `python offline.py FOLDER`.

Every attempt, of this process and of those that it starts, is refused and noted in FOLDER/attempts.txt.
"""

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

HOOK = """
import os, sys
REACHING = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto",
            "socket.sendmsg", "urllib.Request", "ftplib.connect", "smtplib.connect", "http.client.connect")
def refuse(event, values):
    if event in REACHING:
        with open(os.environ["ATTEMPTS"], "a") as file:
            file.write(f"{os.getpid()} {event} {values[1:]!r}\\n")
        raise PermissionError(event)
sys.addaudithook(refuse)
"""


def environment(folder: Path) -> dict[str, str]:
    """Of a process that, with all that it starts, may not reach out."""
    (folder / "sitecustomize.py").write_text(HOOK)
    here = Path(__file__).parent
    path = os.pathsep.join((str(folder), str(here.parent / "src"), str(here)))
    return {**os.environ, "PYTHONPATH": path, "ATTEMPTS": str(folder / "attempts.txt"), "OMP_NUM_THREADS": "1"}


def commands(folder: Path) -> list[tuple[object, ...]]:
    """The thin way through every command that needs no address."""
    import soundfile
    from acids_names import LITTLE, write_checkpoint
    from acting import RATE, TINY, hit

    sounds, data, run = folder / "sounds", folder / "data", folder / "run"
    theirs = write_checkpoint(folder / "theirs", LITTLE["v2"])
    soundfile.write(folder / "one.wav", hit(1), RATE)
    live = ("--input", "silence", "--seconds", "0.2", "--output", "none")
    return [
        ("--version",),
        ("presets",),
        ("models", "--json"),
        ("loops", "render", "--out", sounds, "--count", 12),
        ("prepare", sounds, "--out", data, "--validation", 0.3),
        ("train", "vae", data, "--out", run, *TINY, "--steps", 2),
        ("train", "vae", data, "--out", run, *TINY, "--steps", 3),
        ("inspect", run),
        ("generate", run, "--out", folder / "new", "--count", 2, "--seconds", 0.5),
        ("generate", "demo:gan-drums", "--out", folder / "loops", "--count", 1),
        ("reconstruct", run, sounds, "--out", folder / "through"),
        ("encode", run, folder / "one.wav", "--out", folder / "latents"),
        ("decode", run, folder / "latents/one.safetensors", "--out", folder / "decoded"),
        ("evaluate", folder / "through", "--reference", data, "--embeddings", "logmel", "--brief"),
        ("compare", run, f"x={folder / 'through'}", "--reference", data, "--out", folder / "report", "--count", 2,
         "--no-speed", "--embeddings", "logmel"),
        ("listen", "plan", folder / "report", "--out", folder / "test"),
        ("export", run, "--to", "nn", "--out", folder / "m.ts"),
        ("export", run, "--to", "onnx", "--out", folder / "m.onnx"),
        ("export", run, "--to", "openvino", "--out", folder / "m.xml"),
        ("stream", run, *live, "--engine", "openvino"),
        ("stream", run, *live, "--engine", "onnx"),
        ("import", theirs, "--out", folder / "imported"),
        ("load", run, "--out", folder / "loaded"),
    ]  # fmt: skip


def main(folder: Path) -> int:
    """Import every module, then do every command; the number of those that failed."""
    import tritone
    from tritone.cli import main as command

    for module in pkgutil.walk_packages(tritone.__path__, "tritone."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    failed = 0
    for words in commands(folder):
        if command([str(word) for word in words]):
            print("FAILED", *words, file=sys.stderr)
            failed += 1
    subprocess.run([sys.executable, "-m", "tritone", "--version"], check=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
