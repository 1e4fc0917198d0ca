"""What docs/loops.md tells people to type works and gives what it says."""

import re
import shlex
from pathlib import Path

import soundfile
from acting import RATE, hit

PAGE = (Path(__file__).parents[2] / "docs/loops.md").read_text("utf-8")


def test_every_command_works_and_writes_what_the_page_names(loop_run, done, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    soundfile.write("a-loop_120bpm.wav", hit(1, samples=2 * RATE), RATE)
    commands = [shlex.split(line)[1:] for line in re.findall(r"^tritone generate .*$", PAGE, re.M)]
    assert len(commands) == 5
    written = {path.name for words in commands for path in done(*words).paths}
    named = {name for name in re.findall(r"`([\w-]+bpm\.wav)`", PAGE) if not name.startswith("a-loop")}
    assert named == {"seed-7_128bpm.wav", "seed-22_128bpm.wav", "morph_7-19-23_00_120bpm.wav"} <= written
    assert sum(name.startswith("morph") for name in written) == 17


def test_the_python_on_the_page_works(loop_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    names: dict = {}
    exec(code, names)
    assert len(names["paths"]) == 4 and all(path.is_file() for path in names["paths"])
    assert names["styles"].shape[0] == 2 and names["audio"].shape[:2] == (2, 2)
