"""What a row of the table is, and the stage on which it acts: a folder of its own and things made once."""

import io
import re
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile
from acids_names import LITTLE, write_checkpoint, write_export
from acting import RATE, TINY, hit, run_inside
from listening import make_test

from tritone.errors import UserError


@dataclass(frozen=True)
class Got:
    """What a bad input got: exit status or exception, and the sentence."""

    status: str
    sentence: str


class Made:
    """What many rows use, made once at its first use and never changed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def sounds(self) -> Path:
        """A folder with four short sounds."""
        folder = self.path / "sounds"
        folder.mkdir()
        for number in range(4):
            soundfile.write(folder / f"hit-{number}.wav", hit(number), RATE)
        return folder

    @cached_property
    def data(self) -> Path:
        """A dataset of them."""
        assert quiet("prepare", self.sounds, "--out", self.path / "data")[0] == 0
        return self.path / "data"

    @cached_property
    def run(self) -> Path:
        """A run folder of a tiny model with checkpoints 0 and 2."""
        assert quiet("train", "vae", self.data, "--out", self.path / "run", *TINY, "--steps", 2)[0] == 0
        return self.path / "run"

    @cached_property
    def latents(self) -> Path:
        """Latents of a sound."""
        assert quiet("encode", self.run, self.sounds / "hit-0.wav", "--out", self.path / "latents")[0] == 0
        return self.path / "latents/hit-0.safetensors"

    @cached_property
    def theirs(self) -> Path:
        """A checkpoint of acids-rave in the folder where it was trained."""
        return write_checkpoint(self.path / "theirs", LITTLE["v2"])

    @cached_property
    def exported(self) -> Path:
        """An export of acids-rave."""
        return write_export(self.path / "theirs.ts", LITTLE["v2"])


@dataclass(frozen=True)
class Stage:
    """Where a row acts."""

    path: Path
    """A new folder, its own."""
    made: Made

    def tritone(self, *words: object) -> Got:
        """Run a command that must not end in a traceback; its sentence, or "" where all went well."""
        status, out, errors = quiet(*words)
        assert "Traceback" not in errors, errors
        said = [line.removeprefix("tritone: ") for line in errors.splitlines() if line.startswith("tritone: ")]
        if status:
            assert len(said) == 1, errors
            return Got(str(status), self.plain(said[0]))
        return Got("0", self.plain(out))

    def refused(self, call: Callable[..., object], *words: object, **options: object) -> Got:
        """Call a function of the package that must raise UserError."""
        try:
            call(*words, **options)
        except UserError as error:
            return Got("UserError", self.plain(str(error)))
        raise AssertionError(f"{call.__name__} took it")

    def plain(self, text: str) -> str:
        """Without the folders of this machine."""
        for folder in (self.path, self.made.path):
            for shown in dict.fromkeys((str(folder.resolve()), str(folder))):
                text = text.replace(f"{shown}/", "").replace(shown, ".")
        return " ".join(text.split())

    def sound(self, name: str, samples: int = 22_050, **options: object) -> Path:
        """A sound file in this folder."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, hit(1, samples), RATE, **options)
        return path

    def file(self, name: str, content: bytes | str) -> Path:
        """A file in this folder."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def prepare(self, *options: object) -> Got:
        """Prepare what lies in the folder `in`, beside a good file; the reason for which the bad one is left out."""
        import json

        self.sound("in/good.wav")
        status, out, errors = quiet("prepare", self.path / "in", "--out", self.path / "data", "--json", *options)
        assert status == 0, errors
        report = json.loads(out)
        assert report["files"] >= 1
        left = "; ".join(f"{skip['name']}: {skip['reason']}" for skip in report["skipped"])
        return Got("0", self.plain(f"left out, the rest is kept: {left}" if left else "all kept"))

    def run(self) -> Path:
        """A copy of the trained run."""
        return shutil.copytree(self.made.run, self.path / "run")

    def data(self) -> Path:
        """A copy of the dataset."""
        return shutil.copytree(self.made.data, self.path / "data")

    def test(self) -> Path:
        """A small listening test."""
        make_test(self.path / "test")
        return self.path / "test"

    def train(self, *words: object) -> Got:
        """Train a tiny model on good data with bad words; no run folder must come of it."""
        got = self.tritone("train", "vae", self.made.data, "--out", self.path / "run", *TINY, "--steps", 1, *words)
        assert not (self.path / "run").exists()
        return got


@dataclass(frozen=True)
class Row:
    """One bad input."""

    group: str
    what: str
    """The bad input."""
    how: str
    """The command or function that is given it."""
    act: Callable[[Stage], Got]
    slow: bool = False

    def line(self, got: Got) -> str:
        """Its line in the page."""
        cells = (self.what, f"`{self.how}`", got.status, got.sentence)
        return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


@dataclass
class Rows:
    """The rows of one group, in the order in which they are written down."""

    group: str
    rows: list[Row] = field(default_factory=list)

    def row(self, what: str, how: str, slow: bool = False) -> Callable[[Callable[[Stage], Got]], Callable]:
        """Adds the function under it as a row."""

        def add(act: Callable[[Stage], Got]) -> Callable[[Stage], Got]:
            self.rows.append(Row(self.group, what, how, act, slow))
            return act

        return add


def quiet(*words: object) -> tuple[int, str, str]:
    """Status, standard output and standard error of a command in this process."""
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        status = run_inside(*words)
    return status, out.getvalue(), errors.getvalue()


def silence(samples: int = 4096) -> np.ndarray:
    """Zeros."""
    return np.zeros(samples, np.float32)


def _cell(text: str) -> str:
    text = re.sub(r"[\x00-\x1f\x7f]", "�", text)
    return text.replace("|", "\\|").replace("<", "&lt;")
