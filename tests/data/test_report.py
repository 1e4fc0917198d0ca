"""What the user reads after prepare."""

import io
import json

import numpy as np
from rich.console import Console
from sounds import RATE, folder, noise, write

from tritone.data.prepare import prepare
from tritone.data.report import table


def shown(report) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(table(report))
    return console.file.getvalue()


def test_table_and_readme_tell_the_same(tmp_path):
    sounds = folder(tmp_path / "s", files=4)
    write(sounds / "[bold]loud|x.wav", np.clip(noise(2, 10) * 30, -1, 1))
    write(sounds / "silent.wav", np.zeros((1, 9_000)))
    write(sounds / "short.wav", noise(0.3, 30))
    report = prepare([sounds], tmp_path / "d", sample_rate=RATE, licence="CC0-1.0")
    terminal, readme = shown(report), (tmp_path / "d" / "README.md").read_text("utf-8")
    for text in (terminal, readme):
        for word in (
            "10.3 s",
            "6 files",
            "train",
            "validation",
            "16000 Hz",
            "mono",
            "CC0-1.0",
            "silent.wav",
            "little sound",
        ):
            assert word in text, word
    assert "[bold]loud|x.wav" in terminal and "[bold]loud\\|x.wav" in readme


def test_long_lists_are_cut_in_the_terminal_only(tmp_path):
    sounds = folder(tmp_path / "s", files=2)
    for index in range(30):
        write(sounds / f"silent{index:02d}.wav", np.zeros((1, 500)))
    report = prepare([sounds], tmp_path / "d", sample_rate=RATE)
    assert "and 22 more" in shown(report) and "silent29.wav" not in shown(report)
    assert "silent29.wav" in (tmp_path / "d" / "README.md").read_text()
    assert any("left out (30) than used (2)" in warning for warning in report.warnings)


def test_the_summary_is_plain_json(tmp_path):
    report = prepare([folder(tmp_path / "s", files=3)], tmp_path / "d", sample_rate=RATE)
    summary = json.loads(json.dumps(report.summary()))
    assert summary["files"] == 3 and summary["seconds"] == 6.0 and summary["rates"] == {"16000": 3}
    assert summary["splits"]["train"]["seconds"] + summary["splits"]["validation"]["seconds"] == 6.0


def test_labels_and_speeds_are_counted(tmp_path):
    for index, (label, bpm) in enumerate([("house", 120), ("house", 125), ("rock", 90)]):
        write(tmp_path / "s" / label / f"{index}_{bpm}bpm.wav", noise(2.7, index))
    report = prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, bars=1)
    assert report.summary()["labels"] == {"house": 2, "rock": 1}
    assert report.summary()["tempos"] == {"slowest": 90.0, "fastest": 125.0, "different": 3}
    assert "house (2), rock (1)" in shown(report) and "90 to 125 BPM (3)" in shown(report)
    many = [folder(tmp_path / "m" / f"label{n:02d}", files=1, seconds=0.05 + 0.01 * n).parent for n in range(30)]
    report = prepare(many[:1], tmp_path / "e", sample_rate=RATE)
    assert "and 6 more" in shown(report) and report.summary()["tempos"] == {} and "│ tempos" not in shown(report)


def test_space_that_changed_files_leave_behind_is_told(tmp_path):
    sounds = folder(tmp_path / "s", files=2)
    prepare([sounds], tmp_path / "d", sample_rate=RATE)
    write(sounds / "00.wav", noise(2, 99))
    assert "unused space" in shown(prepare([sounds], tmp_path / "d", sample_rate=RATE))
