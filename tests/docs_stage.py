"""A folder in which the commands of a page run, with small stand-ins for sound, runs, times and devices."""

import shutil
import socket
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import soundfile
from acids_names import LITTLE, write_checkpoint, write_export
from acting import RATE, hit

PLACEHOLDERS = {"N": "1", "S": "1", "M": "1", "T": "1", "B": "1", "F": "0.5", "NAME": "vae-v2", "P": "vae-nano"}
"""Words in capitals stand for what a reader puts there; these for numbers and names, all others for paths."""
PACKAGES = {"minilm": "transformers"}
"""Words that ask for a package which is not among the requirements; without it their command is left out."""
NOT_HERE = {("demo",): "takes minutes; tests/journeys/test_demo.py runs it"}
"""Commands that are only read here."""
LIGHT = ("--training.batch", "1", "--training.previews", "1", "--training.validation_crops", "1")
SMALL = {
    "vae": ("--model.capacity", "8", "--training.crop_samples", "32768"),
    "gan": ("--model.generator.channels", "[8, 8]", "--model.discriminator.mixed", "4"),
    "prior": ("--model.width", "8", "--training.crop_samples", "32768"),
    "vocoder": ("--model.network.width", "8", "--training.crop_samples", "16384"),
    "tagger": ("--training.crop_samples", "32768"),
    "diffusion": (
        "--training.crop_samples", "32768", "--model.network.unet.channels", "[8, 8, 16]",
        "--model.network.unet.features", "8", "--model.network.unet.items", "[1, 1, 1]",
        "--model.sampling.steps", "1",
    ),
    "deep": (
        "--training.crop_samples", "32768", "--model.network.unet.channels", "[8, 8, 8, 16]",
        "--model.network.unet.features", "8", "--model.network.unet.items", "[1, 1, 1, 1]",
        "--model.sampling.steps", "1",
    ),
    "distil": ("--model.distil.warmup_steps", "1", "--model.distil.steps", "1"),
    "import": ("--training.crop_samples", "32768"),
}  # fmt: skip
"""Settings of models that learn a step in an instant, by family or command."""
DEEP = ("diffusion-vocoder-nano", "diffusion-upsampler-nano", "diffusion-ae-nano")
"""Presets whose network has a level more."""
RUNS = {
    "vae": ("vae", "sounds", "--preset", "vae-nano"),
    "gan": ("gan", "loops"),
    "diffusion": ("diffusion", "sounds", "--model.codec_from", "vae"),
    "prior": ("prior", "sounds", "--model.codec_from", "vae"),
    "vocoder": ("vocoder", "sounds"),
    "tagger": ("tagger", "loops"),
    "mel": ("diffusion", "sounds", "--preset", "diffusion-vocoder-nano"),
    "treble": ("diffusion", "sounds", "--preset", "diffusion-upsampler-nano"),
}
"""Runs that pages take for granted: family, dataset, settings."""
GIVEN = {
    "data.md": {"my-loops": "loop files"},
    "diffusion.md": {"loop-run": "gan", "mel-run": "mel", "treble-run": "treble"},
    "evaluate.md": {"SAMPLES": "loop files", "DATA": "loops"},
    "export.md": {"my-run": "vae"},
    "families.md": {"DATA": "loops", "VAE_RUN": "vae", "DIFFUSION_RUN": "diffusion"},
    "import.md": {
        "DATA": "sounds", "runs/guitar/version_0/checkpoints/best.ckpt": "acids.ckpt", "guitar.ts": "acids.ts",
        "m.ckpt": "acids.ckpt",
    },
    "listening.md": {"my-report": "report"},
    "loops.md": {"my-run": "gan"},
    "models.md": {"SOURCE": "weights"},
    "realtime.md": {"RUN": "vae"},
    "training.md": {"my-data": "loops", "my-loops": "loop files"},
}  # fmt: skip
"""What lies on a page's stage from the beginning, by its name there."""


def make_sounds(folder: Path) -> None:
    """Twenty short sounds, of which two are held out."""
    folder.mkdir(parents=True)
    for number in range(20):
        soundfile.write(folder / f"hit-{number}.wav", hit(number), RATE)


def make_loops(folder: Path) -> None:
    """Six loops of a bar in a folder for each of two labels."""
    for number in range(6):
        path = folder / ("house", "rock")[number % 2] / f"loop-{number}_120bpm.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, hit(number, samples=2 * RATE), RATE)


class Wings:
    """Datasets and runs, each made when it is first asked for."""

    def __init__(self, folder: Path, run: Callable[..., object]) -> None:
        self.folder, self.run = folder, run

    def __getitem__(self, kind: str) -> Path:
        path = self.folder / kind.replace(" ", "-")
        if not path.exists():
            self._make(kind, path)
        return path

    def _make(self, kind: str, path: Path) -> None:
        if kind in RUNS:
            family, data, *settings = RUNS[kind]
            settings = [str(self["vae"]) if word == "vae" and "codec" in before else word
                        for before, word in zip(["", *settings], settings, strict=False)]  # fmt: skip
            self.run(
                "train", family, self[data], "--out", path, *settings, *LIGHT, *_small(family, settings), "--steps", 1
            )
        elif kind == "loop files":
            make_loops(path)
        elif kind == "loops":
            self.run("prepare", self["loop files"], "--out", path, "--bars", 1, "--validation", 0.4)
        elif kind == "sounds":
            make_sounds(self.folder / "sound-files")
            self.run("prepare", self.folder / "sound-files", "--out", path)
        elif kind == "weights":
            (checkpoint,) = (self["vae"] / "checkpoints").glob("step-1")
            shutil.copytree(checkpoint, path)
        elif kind == "acids.ckpt":
            written = write_checkpoint(self.folder / "acids", LITTLE["v2"])
            shutil.copy(written, path)
            shutil.copy(self.folder / "acids/config.gin", self.folder)
        elif kind == "acids.ts":
            write_export(path, LITTLE["v2"])
        elif kind == "report":
            self.run("compare", self["vae"], "--reference", self["sounds"], "--out", path, "--count", 12, "--no-speed",
                     "--embeddings", "logmel")  # fmt: skip


class Stage:
    """The working directory of a page's commands. `run` must raise where a command fails."""

    def __init__(self, page: Path, wings: Wings, run: Callable[..., object]) -> None:
        self.wings, self.given, self.run = wings, GIVEN.get(page.name, {}), run
        self.seen = 0
        Path("mine.yaml").write_text("base: vae-nano\n")

    def play(self, words: list[str]) -> None:
        """Runs a command of the page, in its place a small one where it would take long or want a device."""
        self.seen += 1
        if any(tuple(words[: len(start)]) == start for start in NOT_HERE):
            return
        if any(word in words and find_spec(PACKAGES[word]) is None for word in PACKAGES):
            return
        self._bring(words)
        words = self._shorter([PLACEHOLDERS.get(word, word) for word in words])
        self._bring_sound(words)
        self.run(*words, *self._more(words))

    def _bring(self, words: list[str]) -> None:
        """What the page takes for granted, when it is first named, but not as what a command makes."""
        for before, word in pairwise(words):
            if word in self.given and before != "--out" and not Path(word).exists():
                Path(word).parent.mkdir(parents=True, exist_ok=True)
                source = self.wings[self.given[word]]
                (shutil.copytree if source.is_dir() else shutil.copy)(source, word)
                if source.suffix == ".ckpt":
                    shutil.copy(source.with_name("config.gin"), Path(word).parent)

    def _shorter(self, words: list[str]) -> list[str]:
        """Fewer loops, fewer seconds, and a free port."""
        for option, most, instead in (("--seconds", 10, "2"), ("--count", 99, "6")):
            for place in [place for place, word in enumerate(words) if word == option]:
                if float(words[place + 1]) > most:
                    words[place + 1] = instead
        if "--osc" in words:
            words[words.index("--osc") + 1] = str(free_port())
        return words

    def _bring_sound(self, words: list[str]) -> None:
        """Makes the sound files and folders that a command reads and that are not there."""
        if words[0] == "prepare" and not Path(words[1]).exists():
            (make_loops if "--bars" in words else make_sounds)(Path(words[1]))
        for before, word in pairwise(words):
            if word.endswith(".wav") and before != "--output" and not Path(word).exists():
                Path(word).parent.mkdir(parents=True, exist_ok=True)
                rate = 16_000 if words[0] == "upsample" else RATE
                soundfile.write(word, hit(self.seen, samples=2 * RATE if "bpm" in word else RATE // 2), rate)

    def _more(self, words: list[str]) -> tuple[object, ...]:
        """Words behind the page's own."""
        command, family = words[0], " ".join(words[1:2])
        if "--help" in words:
            return ()
        if command == "train" and (Path(words[words.index("--out") + 1]) / "config.yaml").exists():
            return "--steps", _step(Path(words[words.index("--out") + 1])) + 1, "--minutes", 1
        if "--from" in words:  # the sizes of that model
            return *LIGHT, "--steps", 1, "--minutes", 1
        if command in ("train", "distil"):
            return *LIGHT, *_small(family if command == "train" else command, words), "--steps", 1, "--minutes", 1
        if command == "import":
            return *LIGHT[2 * ("--training.batch" in words) :], *SMALL[command]
        if command == "stream" and "--devices" not in words:
            engine = () if "--engine" in words else ("--engine", "torch", "--precision", "float32")
            card = "--input" not in words  # there is no sound card: noise into nothing takes its place
            return (*engine, "--input", "noise", "--output", "none", "--seconds", 0.2) if card else engine
        if (command, family) == ("bench", "stream"):
            return "--seconds", 0.3
        if command in ("evaluate", "compare"):
            brief = ("--no-speed",) if command == "compare" else ()
            return brief if "--embeddings" in words else (*brief, "--embeddings", "logmel")
        return ()


def _small(family: str, words: list[str]) -> tuple[str, ...]:
    return SMALL["deep" if set(DEEP) & set(words) else family]


def _step(run: Path) -> int:
    return int((run / "checkpoints/latest").read_text().strip().removeprefix("step-"))


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
