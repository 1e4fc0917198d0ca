"""Evaluations and comparisons of what cannot be judged."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from badinput.stage import Got, Rows, Stage

ROWS = Rows("Evaluations and comparisons")


def folder(stage: Stage, name: str, *sounds: np.ndarray, rate: int = 44_100) -> Path:
    """A folder of these sounds."""
    path = stage.path / name
    path.mkdir()
    for number, sound in enumerate(sounds):
        soundfile.write(path / f"{number}.wav", sound, rate, subtype="FLOAT")
    return path


def noise(number: int, samples: int = 22_050) -> np.ndarray:
    return 0.1 * np.random.default_rng(number).standard_normal(samples)


def judged(what: str, make: Callable[[Stage], list[np.ndarray]], *words: object) -> None:
    """A folder of sound to be evaluated that cannot be."""

    @ROWS.row(what, "evaluate")
    def act(stage: Stage) -> Got:
        samples = folder(stage, "samples", *make(stage))
        return stage.tritone("evaluate", samples, "--reference", stage.made.data, *words)


judged("a folder without sound", lambda stage: [])
judged("one sound alone", lambda stage: [noise(0)])
judged("sounds that are all silent", lambda stage: [np.zeros(22_050)] * 2)
judged("a sound of NaN", lambda stage: [noise(0), np.full(22_050, np.nan)])
judged("a sound of 20 samples", lambda stage: [noise(0), noise(1, 20)])
judged("a judge that does not exist", lambda stage: [noise(0), noise(1)], "--embeddings", "golden-ears")
judged("the same judge twice", lambda stage: [noise(0), noise(1)], "--embeddings", "logmel,logmel")
judged("weights of a judge that are not there", lambda stage: [noise(0), noise(1)], "--embeddings", "vggish:gone.pt")
judged("a classifier that is none", lambda stage: [noise(0), noise(1)], "--classifier", "nowhere")
judged("a count of one", lambda stage: [noise(0), noise(1)], "--count", 1)
judged("a table into a folder that is not there", lambda stage: [noise(0), noise(1)], "--csv", "nowhere/table.csv")


@ROWS.row("samples that are not there", "evaluate")
def no_samples(stage: Stage) -> Got:
    return stage.tritone("evaluate", stage.path / "nowhere", "--reference", stage.made.data)


@ROWS.row("a reference that is not there", "evaluate --reference")
def no_reference(stage: Stage) -> Got:
    samples = folder(stage, "samples", noise(0), noise(1))
    return stage.tritone("evaluate", samples, "--reference", stage.path / "nowhere")


@ROWS.row("a reference without sound", "evaluate --reference")
def empty_reference(stage: Stage) -> Got:
    samples = folder(stage, "samples", noise(0), noise(1))
    return stage.tritone("evaluate", samples, "--reference", folder(stage, "real"))


@ROWS.row("a reference of one sound", "evaluate --reference")
def one_reference(stage: Stage) -> Got:
    samples = folder(stage, "samples", noise(0), noise(1))
    return stage.tritone("evaluate", samples, "--reference", folder(stage, "real", noise(2)))


@ROWS.row("sounds that went in of other names", "evaluate --inputs")
def other_inputs(stage: Stage) -> Got:
    samples, inputs = folder(stage, "samples", noise(0), noise(1)), stage.path / "inputs"
    inputs.mkdir()
    soundfile.write(inputs / "other.wav", noise(0), 44_100)
    return stage.tritone("evaluate", samples, "--reference", stage.made.data, "--inputs", inputs)


def real(stage: Stage) -> Path:
    """A plain folder of real sound."""
    return folder(stage, "real", *(noise(number) for number in range(10, 14)))


@ROWS.row("sounds at 8,000 Hz where the real ones have 44,100", "evaluate")
def other_rate(stage: Stage) -> Got:
    samples = folder(stage, "samples", noise(0), noise(1), rate=8000)
    got = stage.tritone("evaluate", samples, "--reference", real(stage), "--brief")
    assert "Files are at 8000 Hz and were resampled to 44100 Hz" in got.sentence
    return Got(got.status, "They are resampled, which is said above the figures.")


def compared(what: str, how: str, make: Callable[[Stage], tuple[object, ...]], *words: object) -> None:
    """Systems that cannot be compared; no report comes of it."""

    @ROWS.row(what, how)
    def act(stage: Stage) -> Got:
        systems = make(stage)
        where = ("--reference", real(stage)) if "--reference" not in map(str, (*systems, *words)) else ()
        got = stage.tritone("compare", *systems, *where, "--out", stage.path / "report", "--no-speed", *words)
        assert not (stage.path / "report/index.html").exists() and not list(stage.path.glob(".*"))
        return got


def two(stage: Stage) -> tuple[Path, Path]:
    return folder(stage, "a", noise(0), noise(1)), folder(stage, "b", noise(2), noise(3))


compared("no systems", "compare", lambda stage: ())
compared("a system that is not there", "compare", lambda stage: (stage.path / "nowhere",))
compared("two systems of one name", "compare", lambda stage: tuple(f"x={path}" for path in two(stage)))
compared("a system called like the real sound", "compare", lambda stage: (f"real={two(stage)[0]}",))
compared("a name without a folder", "compare", lambda stage: ("x=",))
compared("a folder without sound", "compare", lambda stage: (folder(stage, "a"),))
compared("a folder of one sound", "compare", lambda stage: (folder(stage, "a", noise(0)),))
compared("a file as a system", "compare", lambda stage: (stage.sound("a.wav"),))
compared("a dataset as a system", "compare", lambda stage: (stage.made.data,))
compared("a checkpoint that the run has not", "compare RUN@99", lambda stage: (f"{stage.made.run}@99",))
compared("a checkpoint by a digit that is none to Python", "compare RUN@²", lambda stage: (f"{stage.made.run}@²",))
compared("one sound of each system", "compare --count 1", two, "--count", 1)
compared("pieces of no length", "compare --seconds 0", two, "--seconds", 0)
compared("a device that no machine has", "compare --device tpu", lambda stage: (stage.made.run,), "--device", "tpu")
compared("a reference that is not there", "compare --reference", two, "--reference", "nowhere")


@ROWS.row("a run as the reference", "compare --reference RUN")
def run_reference(stage: Stage) -> Got:
    return stage.tritone("compare", *two(stage), "--reference", stage.made.run, "--out", stage.path / "report")


@ROWS.row("a folder with other things as the report", "compare --out")
def full_out(stage: Stage) -> Got:
    letter = stage.file("report/letter.txt", "dear")
    got = stage.tritone("compare", *two(stage), "--reference", real(stage), "--out", stage.path / "report")
    assert letter.read_text() == "dear"
    return got


@ROWS.row("a report inside a folder of sound", "compare --out")
def inside_out(stage: Stage) -> Got:
    systems = two(stage)
    got = stage.tritone("compare", *systems, "--reference", real(stage), "--out", systems[0] / "report", "--no-speed")
    assert sorted(path.name for path in systems[0].iterdir()) == ["0.wav", "1.wav"]
    return got


@ROWS.row("held-out sound that is gone", "compare --reference DATA")
def gone(stage: Stage) -> Got:
    data = stage.data()
    shutil.rmtree(data / "shards")
    return stage.tritone("compare", *two(stage), "--reference", data, "--out", stage.path / "report", "--no-speed")
