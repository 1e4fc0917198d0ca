"""Models of other places, models that ship, students of models, loops that are rendered, and the demo."""

import shutil
from pathlib import Path

import numpy as np
import soundfile
from acting import TINY

from badinput.stage import Got, Rows, Stage

ROWS = Rows("Models that ship or are fetched, students, loops, the demo")


def loaded(what: str, source: str) -> None:
    """A model that cannot be had; no run comes of it."""

    @ROWS.row(f"{what}: `{source}`", "load")
    def act(stage: Stage) -> Got:
        got = stage.tritone("load", source, "--out", stage.path / "run")
        assert not (stage.path / "run").exists() and not list(stage.path.glob(".*"))
        return got


loaded("a folder that is not there", "nowhere")
loaded("a model that does not ship", "demo:vae-drum")
loaded("a name that climbs out", "demo:../models/vae-drums")
loaded("an address without a repository", "hf://owner")
loaded("a file system that nobody knows", "gopher9://owner/model")


def brought(what: str, **changes: bytes | None) -> None:
    """A folder with config.yaml and model.safetensors of which one is damaged or gone."""

    @ROWS.row(what, "load FOLDER")
    def act(stage: Stage) -> Got:
        folder = shutil.copytree(stage.made.run / "checkpoints/step-2", stage.path / "model")
        for name, content in changes.items():
            path = folder / {"config": "config.yaml", "weights": "model.safetensors"}[name]
            path.unlink()
            if content is not None:
                path.write_bytes(content)
        got = stage.tritone("load", folder, "--out", stage.path / "run")
        assert not (stage.path / "run").exists() and not list(stage.path.glob(".*"))
        return got


brought("a model without a configuration", config=None)
brought("a model without weights", weights=None)
brought("a model whose weights are of 0 bytes", weights=b"")
brought("a model whose weights are nonsense", weights=b"nonsense, and long enough for a header")
brought("a model whose weights are a pickle", weights=b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.")
brought("a model whose configuration is a picture", config=b"\x89PNG\r\n\x1a\n\xff\xfe")
brought("a model of a family that nobody knows", config=b"family: gru\nmodel: {}\ntraining: {}\n")


@ROWS.row("a folder that is not empty as the new run", "load --out")
def full(stage: Stage) -> Got:
    stage.file("mine/letter.txt", "dear")
    return stage.tritone("load", stage.made.run, "--out", stage.path / "mine")


@ROWS.row("a model that does not ship", "models vae-drumz")
def shipped(stage: Stage) -> Got:
    return stage.tritone("models", "vae-drumz")


@ROWS.row("a name that climbs out", "models ../../assets")
def climbing(stage: Stage) -> Got:
    return stage.tritone("models", "../../assets")


@ROWS.row("a model that does not ship", "generate demo:vae-drumz")
def played(stage: Stage) -> Got:
    return stage.tritone("generate", "demo:vae-drumz", "--out", stage.path / "out")


def taught(what: str, how: str, *words: object) -> None:
    """A student that cannot be taught; no run comes of it."""

    @ROWS.row(what, how)
    def act(stage: Stage) -> Got:
        teacher = stage.made.run if "TEACHER" not in how else stage.path / "nowhere"
        got = stage.tritone("distil", teacher, "--out", stage.path / "student", *words)
        assert not (stage.path / "student").exists()
        return got


taught("a teacher that is not there", "distil TEACHER")
taught("a teacher that takes no steps", "distil")
taught("a checkpoint that is not there", "distil --checkpoint 99", "--checkpoint", 99)
taught("a checkpoint by a digit that is none to Python", "distil --checkpoint ²", "--checkpoint", "²")
taught("a setting that does not exist", "distil --model.distil.speed 3", "--model.distil.speed", 3)


@ROWS.row("a model that ships, of which it is not known how long it was trained", "distil TEACHER")
def no_teacher(stage: Stage) -> Got:
    return stage.tritone("distil", "demo:diffusion-drums", "--out", stage.path / "student")


def rendered(what: str, words: str) -> None:
    """Loops that cannot be rendered; nothing is written."""

    @ROWS.row(f"{what}: `{words}`", "loops render")
    def act(stage: Stage) -> Got:
        got = stage.tritone("loops", "render", "--out", stage.path / "loops", "--count", 1, *words.split())
        assert not (stage.path / "loops").exists()
        return got


rendered("no loops", "--count 0")
rendered("a tempo of none", "--bpm 0")
rendered("a tempo beyond all dance", "--bpm 9000")
rendered("tempos the wrong way round", "--bpm 170:80")
rendered("a tempo that is NaN", "--bpm nan")
rendered("tempos that are words", "--bpm slow:fast")
rendered("a rate of 1 Hz", "--rate 1")
rendered("a kit that is not there", "--kit nowhere")
rendered("a kit for a synthesiser", "--kit nowhere --kind synth")


def kit(what: str, files: dict[str, bytes | np.ndarray]) -> None:
    """A folder of one-shots that is none."""

    @ROWS.row(what, "loops render --kit")
    def act(stage: Stage) -> Got:
        folder = stage.path / "kit"
        folder.mkdir()
        for name, content in files.items():
            path = stage.file(f"kit/{name}", content if isinstance(content, bytes) else b"")
            if isinstance(content, np.ndarray):
                soundfile.write(path, content, 44_100, subtype="FLOAT")
        got = stage.tritone("loops", "render", "--out", stage.path / "loops", "--count", 1, "--kit", folder)
        assert not (stage.path / "loops").exists()
        return got


kit("a kit without sounds", {})
kit("a kit of sounds of no known role", {"my-sound.wav": np.ones(1000) * 0.1})
kit("a kit with a file of 0 bytes", {"kick/a.wav": b""})
kit("a kit with a file that is nonsense", {"kick/a.wav": b"RIFF nonsense"})
kit("a kit with a sound of no samples", {"kick/a.wav": np.zeros((0, 1))})
kit("a kit with a sound of NaN", {"kick/a.wav": np.full(1000, np.nan)})


@ROWS.row("a file in the place of a folder", "loops render --out")
def file_out(stage: Stage) -> Got:
    return stage.tritone("loops", "render", "--out", stage.file("loops", "mine"), "--count", 1)


def demo(words: str) -> None:
    """A demo that cannot begin."""

    @ROWS.row(f"`{words}`", "demo")
    def act(stage: Stage) -> Got:
        got = stage.tritone("demo", "--out", stage.path / "report", *words.split())
        assert not (stage.path / "report").exists()
        return got


demo("--minutes 0")
demo("--minutes nan")
demo("--seed -1")
demo("--seed many")


@ROWS.row("a run that cannot do it", "upsample")
def not_up(stage: Stage) -> Got:
    return stage.tritone("upsample", stage.made.run, stage.made.sounds, "--out", stage.path / "out")


@ROWS.row("a dataset in the place of a run", "reconstruct")
def not_a_run(stage: Stage) -> Got:
    return stage.tritone("reconstruct", stage.made.data, stage.made.sounds, "--out", stage.path / "out")


@ROWS.row("a run in the place of a dataset", "train vae")
def not_data(stage: Stage) -> Got:
    return stage.tritone("train", "vae", stage.made.run, "--out", stage.path / "run", *TINY)


@ROWS.row("a folder that is neither", "inspect")
def neither(stage: Stage) -> Got:
    return stage.tritone("inspect", Path(stage.made.sounds))
