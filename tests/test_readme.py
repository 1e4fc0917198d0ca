"""What README.md and docs/*.md tell people to type is understood, and the quick commands work, in their order.

tests/journeys/test_docs.py runs the other pages, and the commands in the text of all of them.
"""

import warnings
from argparse import ArgumentParser

import pytest
from acting import run_inside
from docs_pages import MENTIONED, PAGES, ROOT, SHELL, commands, in_text, python_blocks, shell_lines
from docs_stage import PLACEHOLDERS, Stage, Wings

from tritone.cli import COMMANDS
from tritone.commands.parser import CommandParser
from tritone.families import FAMILIES

SLOW = ("cookbook.md", "evaluate.md", "listening.md", "loops.md")
"""Pages that only the journey runs; what they say is understood here too."""
QUICK = [page for page in PAGES if page.name not in SLOW and next(commands(page), None)]


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
def test_commands_are_understood(page, understood, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("base: vae-nano\n")
    for words in commands(page, inline=True):
        if words[0] != "import" and "--help" not in words:  # import goes from its words straight to its file
            understood(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_text_are_there(page, done):
    for command, *words in in_text(page):
        assert command in COMMANDS, (page.name, command)
        options = [word.split("=")[0] for word in words if word.startswith("--")]
        family = next((word for word in words if word in FAMILIES), "vae")
        helping = done(command, family, "--help").out if command == "train" else done(command, "--help").out
        for option in options:
            assert option in helping, (page.name, command, option)


def test_what_is_only_mentioned_is_mentioned_somewhere():
    assert {" ".join(words) for page in PAGES for words in in_text(page)} >= MENTIONED


def test_every_other_line_is_run_somewhere_or_says_why_not():
    assert {line for page in PAGES for line in shell_lines(page)} == set(SHELL)


def test_the_readme_names_the_commands_of_the_first_minutes():
    named = {words[0] for words in commands(ROOT / "README.md", inline=True)}
    assert {"prepare", "train", "reconstruct", "generate"} <= named
    assert "tritone presets" in (ROOT / "README.md").read_text("utf-8").replace("\n", " ")


@pytest.fixture(scope="module")
def wings(tmp_path_factory):
    def run(*words):
        assert run_inside(*words) == 0, words

    return Wings(tmp_path_factory.mktemp("wings"), run)


@pytest.mark.parametrize("page", QUICK, ids=lambda page: page.name)
def test_commands_in_code_blocks_work_in_their_order(page, wings, tritone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        outcome = tritone(*words)
        assert outcome.status == 0, (words, outcome.err)

    stage = Stage(page, wings, run)
    for words in commands(page):
        stage.play(words)
    for block in python_blocks(page) if page.name != "api.md" else ():  # there they are signatures
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`torch.jit", DeprecationWarning)
            exec(compile(block, page.name, "exec"), {"__name__": "__main__"})
