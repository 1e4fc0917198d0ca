"""What README.md and docs/*.md tell people to type, read from the pages."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ELSEWHERE = {
    "bad-input.md": "its commands are wrong on purpose; tests/test_bad_input.py runs them",
    "adding-a-family.md": "its commands want the package that it prints; tests/families/test_adding_a_family.py",
}
"""Pages whose commands another test runs."""
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name not in ELSEWHERE)]
MENTIONED = {
    "train gan", "train tagger", "train vocoder", "reconstruct --style", "reconstruct --precision bf16",
    "generate --loop",
}  # fmt: skip
"""Words in the text that name a command, or an option of it, and are no command to type."""
SHELL = {
    "make demo": "tests/journeys/test_demo.py runs what it runs",
    "python3 -m venv .venv": "make does it, on a bare machine in .ci/run",
    ".venv/bin/pip install -r requirements.lock": "the same",
    ".venv/bin/pip install --no-deps --no-build-isolation -e .": "the same",
    "pip install 'tritone[text]'": "fetches from the internet; .ci/run installs what it names",
    "torchrun --nproc-per-node 4 -m tritone train vae data --out runs/first": "here in one process; with two in "
    "tests/training/test_processes.py",
    "torchrun --nnodes 2 --nproc-per-node 4 --rdzv-backend c10d --rdzv-endpoint FIRST_MACHINE:29500 --rdzv-id 1 "
    "-m tritone train vae data --out runs/first": "the same; two machines are not to be had",
    'first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)': "there is no SLURM on test machines",
    'srun --kill-on-bad-exit=1 torchrun --nnodes "$SLURM_NNODES" --nproc-per-node 4 --rdzv-backend c10d '
    '--rdzv-endpoint "$first:29500" --rdzv-id "$SLURM_JOB_ID" -m tritone train vae data --out runs/first': "the same",
}
"""Lines that are not Tritone's command alone, and where they run, or why they do not."""
COMMAND = re.compile(r"(?:^|.*?(?:/|-m |\s))tritone ([a-z].*)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
SHELLS = ("", "sh", "bash", "console", "shell", "text")
"""Languages of the code blocks that may hold commands."""
PROGRAM = re.compile(r"(?:(?:make|\.venv/bin/pip|pip|python3?|sudo|source|torchrun|srun|tensorboard)\s|first=).*")


def commands(page: Path, inline: bool = False) -> Iterator[list[str]]:
    """The words after `tritone` of each command in the code blocks of a page, and in its text too, in their order."""
    text, end = page.read_text("utf-8"), 0
    for block in BLOCK.finditer(text):
        yield from _between(text[end : block.start()]) if inline else ()
        yield from _in_lines(block)
        end = block.end()
    yield from _between(text[end:]) if inline else ()


def in_text(page: Path) -> list[list[str]]:
    """The commands between back-ticks in the text of a page, mentions and all."""
    return list(_ticked(BLOCK.sub("", page.read_text("utf-8"))))


def shell_lines(page: Path) -> Iterator[str]:
    """Lines of code blocks that run other programs than Tritone alone."""
    for block in BLOCK.finditer(page.read_text("utf-8")):
        for line in _lines(block):
            if PROGRAM.fullmatch(line):
                yield line


def python_blocks(page: Path) -> list[str]:
    """Code blocks in Python."""
    return [text for language, text in BLOCK.findall(page.read_text("utf-8")) if language == "python"]


def _lines(block: re.Match[str]) -> Iterator[str]:
    if block[1] in SHELLS:
        for line in re.sub(r"\s*\\\n\s*", " ", block[2]).splitlines():
            yield line.removeprefix("$ ").split(" #")[0].strip()


def _in_lines(block: re.Match[str]) -> Iterator[list[str]]:
    for line in _lines(block):
        if found := COMMAND.fullmatch(line):
            yield shlex.split(found[1])


def _ticked(text: str) -> Iterator[list[str]]:
    for code in re.findall(r"`([^`]+)`", text):
        if found := COMMAND.fullmatch(" ".join(code.split())):
            yield shlex.split(found[1])


def _between(text: str) -> Iterator[list[str]]:
    for words in _ticked(text):
        if len(words) > 1 and shlex.join(words) not in MENTIONED:
            yield words
