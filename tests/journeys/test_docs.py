"""Every command of README.md and docs/*.md, those in the text too, in the order of its page."""

import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from acting import run_inside
from docs_pages import PAGES, commands, python_blocks
from docs_stage import Stage, Wings, free_port
from listening import Site, screen_rows

from tritone.judge.listen.files import read_test

pytestmark = pytest.mark.slow


def serve(words):
    """`tritone listen serve` as a process, one listener who answers all, and Ctrl-C."""
    port = free_port()
    command = [sys.executable, "-m", "tritone", *words, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while f":{port}" not in (line := process.stdout.readline()):
            assert line, "the server ended"
        here = Site(port, read_test(Path(words[2])))
        assert here.get("/").status == 200
        listener = here.arrive()
        for number, screen in enumerate(listener["screens"]):
            assert here.answer(listener["listener"], screen_rows(here.test, screen, 1 + number % 5)).status == 200
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130)
        process.stdout.close()


@pytest.fixture(scope="module")
def wings(tmp_path_factory):
    def run(*words):
        assert run_inside(*words) == 0, words

    return Wings(tmp_path_factory.mktemp("wings"), run)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page(page, wings, tritone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        if words[:2] == ("listen", "serve"):
            return serve(words)
        if "folder-of-answers" in words:
            Path("folder-of-answers").mkdir()
            shutil.copy("my-test/analysis/answers.jsonl", "folder-of-answers")
        outcome = tritone(*words)
        if "--devices" in words and outcome.status == 2:  # no sound card, or no library for one
            assert "PortAudio" in outcome.err or "sound card" in outcome.err
        else:
            assert outcome.status == 0, (words, outcome.err)
        return outcome

    stage = Stage(page, wings, run)
    for words in commands(page, inline=True):
        stage.play(words)
    for block in python_blocks(page) if page.name != "api.md" else ():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`torch.jit", DeprecationWarning)
            exec(compile(block, page.name, "exec"), {"__name__": "__main__"})
