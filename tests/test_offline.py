"""Nothing reaches out: neither importing the package nor any command that was not given an address."""

import importlib
import re
import subprocess
import sys
import types
from pathlib import Path

import offline
import pytest

from tritone.telemetry import unreported

ROOT = Path(__file__).parents[1]
REACH = "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)"
SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}|hf_[0-9A-Za-z]{34}|"
    rb"sk-[0-9A-Za-z]{40,}|xox[abp]-[0-9A-Za-z-]{20,})\b"
)
TEXTS = {".py", ".md", ".yaml", ".yml", ".toml", ".json", ".txt", ".cff", ".html", ".js", ".j2", ".lock", ""}


def run(folder, *words):
    return subprocess.run(
        [sys.executable, *map(str, words)], env=offline.environment(folder), capture_output=True, text=True, timeout=200
    )


@pytest.mark.parametrize("reach", [REACH, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {REACH!r}])"])
def test_the_guard_sees_attempts_of_a_process_and_of_its_children(tmp_path, reach):
    assert "PermissionError" in run(tmp_path, "-c", reach).stderr
    assert "socket." in (tmp_path / "attempts.txt").read_text()


def test_no_module_and_no_command_reaches_out(tmp_path):
    done = run(tmp_path, offline.__file__, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "attempts.txt").exists(), (tmp_path / "attempts.txt").read_text()


def test_a_reporter_is_missing_only_while_it_must_be(monkeypatch):
    reporter = types.ModuleType("reporter_of_a_test")
    for before in (reporter, None):
        if before is None:
            monkeypatch.delitem(sys.modules, reporter.__name__)
        else:
            monkeypatch.setitem(sys.modules, reporter.__name__, reporter)
        with unreported(reporter.__name__), pytest.raises(ImportError):
            importlib.import_module(reporter.__name__)
        assert sys.modules.get(reporter.__name__) is before


def test_no_secret_lies_in_the_repository():
    assert SECRETS.search(b"-----BEGIN OPENSSH PRIVATE KEY-----") and SECRETS.search(b"key = AKIA" + b"A" * 16)
    looked = 0
    for folder in ("src", "tests", "docs", "tools", "examples", "benchmarks"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in TEXTS and path.is_file() and path != Path(__file__):
                assert not SECRETS.search(path.read_bytes()), path
                looked += 1
    assert looked > 500
