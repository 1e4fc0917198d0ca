"""Killed with SIGKILL at random moments, a run always goes on from a whole checkpoint to the same end."""

import json
import os
import subprocess
import sys
from pathlib import Path

from test_resume import lines, same, whole
from toyfamily import kill, sound
from toyfamily.sound import run, toy_config

KILLS = 50


def test_killed_fifty_times_the_run_ends_as_if_nothing_had_happened(tmp_path):
    source = str(Path(sound.train.__code__.co_filename).parents[2])
    path = os.pathsep.join((source, str(Path(__file__).parent)))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, kill.__file__, str(tmp_path / "killed"), str(KILLS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    reached = report["reached"]
    assert len(reached) == KILLS and reached == sorted(reached) and report["warned"] == []
    assert report["torn"] > 0 and len(set(reached)) > KILLS // 4, report

    straight = {**kill.CONFIG, "checkpoint_minutes": 60.0, "steps": report["end"]}
    run(tmp_path / "straight", toy_config({"dropout": 0.2}, **straight))
    assert same(whole(tmp_path / "killed"), whole(tmp_path / "straight"))
    assert lines(tmp_path / "killed") == lines(tmp_path / "straight")
    assert [path.name for path in (tmp_path / "killed").rglob(".*")] == [".lock"]
