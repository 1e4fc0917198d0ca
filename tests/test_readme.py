"""What README.md and docs/*.md tell people to type is understood, and the quick commands work, in their order."""

import re
import shlex
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path

import pytest
import soundfile
from acting import RATE, hit, run_inside

from tritone.cli import COMMANDS
from tritone.commands.parser import CommandParser
from tritone.families import FAMILIES

ROOT = Path(__file__).parents[1]
ELSEWHERE = {
    "bad-input.md": "its commands are wrong on purpose; tests/test_bad_input.py runs them",
    "adding-a-family.md": "its commands want the package that it prints; tests/families/test_adding_a_family.py runs them",
}
"""Pages whose commands another test runs."""
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name not in ELSEWHERE)]
PLACEHOLDERS = {"N": "1", "S": "1", "M": "1", "T": "1", "B": "1", "F": "0.5", "NAME": "vae-v2", "P": "vae-nano"}
"""Words in capitals stand for what a reader puts there; these for numbers and names, all others for paths."""
QUICK = (
    "--training.batch", "1", "--training.previews", "1", "--training.validation_crops", "1", "--steps", "1",
    "--minutes", "1",
)  # fmt: skip
QUICK_OF = {
    "vae": ("--model.capacity", "8", "--training.crop_samples", "32768"),
    "gan": ("--model.generator.channels", "[8, 8]", "--model.discriminator.mixed", "4"),
    "prior": ("--model.width", "8", "--training.crop_samples", "32768"),
    "vocoder": ("--model.network.width", "8", "--training.crop_samples", "16384"),
    "tagger": ("--training.crop_samples", "32768"),
    "diffusion": (
        "--training.crop_samples",
        "32768",
        "--model.network.unet.channels",
        "[8, 8, 16]",
        "--model.network.unet.features",
        "8",
        "--model.network.unet.items",
        "[1, 1, 1]",
        "--model.sampling.steps",
        "1",
    ),
    "distil": ("--model.distil.warmup_steps", "1", "--model.distil.steps", "1"),
}
PACKAGES = {"minilm": "transformers"}
"""Words that ask for a package which is not among the requirements."""
LONG = ("demo",)
"""Commands that are parsed but not run here."""
COMMAND = re.compile(r"(?:^|.*?(?:/|-m |\s))tritone ([a-z].*)")


RUN = ("", "sh", "bash", "console", "shell")
"""Languages of the code blocks whose commands are run."""


def fenced(page, languages=RUN):
    """The command lines in the code blocks of a page in these languages, each as a list of words."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
        if language in languages:
            for line in block.replace("\\\n", " ").splitlines():
                if found := COMMAND.fullmatch(line.removeprefix("$ ").split(" #")[0].rstrip()):
                    yield shlex.split(found.group(1))


def inline(page):
    """The commands between back-ticks in the text of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    for code in re.findall(r"`([^`]+)`", text):
        if found := COMMAND.fullmatch(" ".join(code.split())):
            yield shlex.split(found.group(1))


class Understood(Exception):
    """Raised in place of running a command whose words were understood."""


@pytest.fixture
def understood(monkeypatch):
    """`understood(words)` parses a command with its own parser, and does no more."""
    parse, parse_args = CommandParser.parse, ArgumentParser.parse_args

    def then_stop(of):
        def parsed(self, argv):
            of(self, argv)
            raise Understood

        return parsed

    def stop(*_):
        raise Understood

    monkeypatch.setattr(CommandParser, "parse", then_stop(parse))
    monkeypatch.setattr(ArgumentParser, "parse_args", then_stop(parse_args))
    monkeypatch.setattr("tritone.commands.train._train", stop)
    monkeypatch.setattr("tritone.commands.distil._distil", stop)

    def check(words):
        with pytest.raises(Understood):
            run_inside(*(PLACEHOLDERS.get(word, word) for word in words))

    return check


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_code_blocks_are_understood(page, understood, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("base: vae-nano\n")
    for words in fenced(page, (*RUN, "text")):
        if words[0] != "import":  # goes from its words straight to its file, which is not there
            understood(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_text_are_there(page, done):
    for command, *words in inline(page):
        assert command in COMMANDS, (page.name, command)
        options = [word.split("=")[0] for word in words if word.startswith("--")]
        family = next((word for word in words if word in FAMILIES), "vae")
        helping = done(command, family, "--help").out if command == "train" else done(command, "--help").out
        for option in options:
            assert option in helping, (page.name, command, option)


def test_the_readme_names_the_commands_of_the_first_minutes():
    named = {words[0] for words in (*fenced(PAGES[0]), *inline(PAGES[0]))}
    assert {"prepare", "train", "reconstruct", "generate", "presets"} <= named


def make_sounds(folder):
    """Twenty short sounds, of which two are held out."""
    folder.mkdir(parents=True)
    for number in range(20):
        soundfile.write(folder / f"hit-{number}.wav", hit(number), RATE)


def make_loops(folder):
    """Three loops of a bar in a folder for each of two labels."""
    for number in range(3):
        path = folder / ("house", "rock")[number % 2] / f"loop-{number}_120bpm.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, hit(number, samples=2 * RATE), RATE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_code_blocks_work_in_their_order(page, done, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("base: vae-nano\n")
    for number, words in enumerate(fenced(page)):
        if words[0] in LONG or any(word in words and find_spec(PACKAGES[word]) is None for word in PACKAGES):
            continue
        if words[0] == "prepare" and not Path(words[1]).exists():
            make_loops(Path(words[1])) if "--bars" in words else make_sounds(Path(words[1]))
        for word in words:
            if word.endswith(".wav") and not Path(word).exists():
                Path(word).parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(word, hit(number, samples=2 * RATE if "bpm" in word else RATE // 2), RATE)
        quick = (*QUICK, *QUICK_OF[words[1]]) if words[0] == "train" else ()
        quick = (*QUICK, *QUICK_OF["distil"]) if words[0] == "distil" else quick
        done(*(PLACEHOLDERS.get(word, word) for word in words), *quick)
