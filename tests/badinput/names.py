"""Names of files and systems in every script and form, bytes that are no name, and paths that climb out."""

import gzip
import os
import shutil
from pathlib import Path

import soundfile
from acting import RATE, hit

from badinput.stage import Got, Rows, Stage

ROWS = Rows("Names and paths")
COMPOSED, TAKEN_APART = "caf\u00e9.wav", "cafe\u0301.wav"
STRANGE = ("🥁🔥.wav", "طبلة.wav", "\u202egnp.wav", "鼓.wav", "a\u200bb.wav", "CON.wav", " lead.wav", "dots...wav")


def through(stage: Stage, name: str, *names: str | bytes) -> Got:
    """Files of these names, through a model and back; each comes out under its own."""
    folder = stage.path / name
    folder.mkdir()
    for number, each in enumerate(names):
        with open(os.fsencode(folder) + b"/" + os.fsencode(each), "wb") as file:
            soundfile.write(file, hit(number, 5000), RATE, format="WAV")
    got = stage.tritone("reconstruct", stage.made.run, folder, "--out", stage.path / "out")
    assert got.status == "0"
    made = {os.fsencode(path.name) for path in (stage.path / "out").iterdir()}
    assert made == {os.fsencode(each) for each in names}, made
    return Got("0", "Each comes out under its own name.")


@ROWS.row("names of emoji, Arabic, Chinese, with marks of direction, invisible letters, reserved words", "reconstruct")
def strange(stage: Stage) -> Got:
    return through(stage, "in", *STRANGE)


@ROWS.row("the same name composed and taken apart (NFC and NFD)", "reconstruct")
def forms(stage: Stage) -> Got:
    return through(stage, "in", COMPOSED, TAKEN_APART)


@ROWS.row("a name of bytes that are no UTF-8", "reconstruct")
def bytes_name(stage: Stage) -> Got:
    return through(stage, "in", b"\xff\xfe\x80.wav")


@ROWS.row("a name of bytes that are no UTF-8", "prepare")
def bytes_prepared(stage: Stage) -> Got:
    (stage.path / "in").mkdir()
    with open(os.fsencode(stage.path / "in") + b"/\xff\xfe.wav", "wb") as file:
        soundfile.write(file, hit(3, 9000), RATE, format="WAV")
    return stage.prepare()


@ROWS.row("the same name composed and taken apart (NFC and NFD)", "prepare")
def forms_prepared(stage: Stage) -> Got:
    for number, name in enumerate((COMPOSED, TAKEN_APART)):
        stage.sound(f"in/{name}", 9000 + number)
    return stage.prepare()


@ROWS.row("a folder of bytes that are no UTF-8 as --out", "generate")
def bytes_out(stage: Stage) -> Got:
    out = stage.path / os.fsdecode(b"\xff out")
    got = stage.tritone("generate", stage.made.run, "--out", out, "--count", 1, "--seconds", 0.1)
    assert got.status == "0" and len(list(out.iterdir())) == 1
    return Got("0", "The file is written; what the terminal cannot show is printed as \\udcff.")


@ROWS.row("a run and a dataset under a name of emoji, a space and a bracket", "train vae, generate")
def emoji_run(stage: Stage) -> Got:
    run = Path(shutil.copytree(stage.made.run, stage.path / "my 🥁 [run]"))
    got = stage.tritone("generate", run, "--out", stage.path / "out", "--count", 1, "--seconds", 0.1)
    assert got.status == "0"
    return Got("0", "It plays.")


@ROWS.row("a note that is a zip bomb (10 MB of zeros in 10 kB)", "prepare")
def bomb(stage: Stage) -> Got:
    stage.file("in/good.json", gzip.compress(bytes(10_000_000)))
    return stage.prepare()


def named(what: str, name: str) -> None:
    """A system of a comparison by this name."""

    @ROWS.row(what, f"compare {name}=FOLDER")
    def act(stage: Stage) -> Got:
        for folder in ("a", "real"):
            for number in range(3):
                stage.sound(f"{folder}/{number}.wav", 20_000 + number)
        words = (f"{name}={stage.path / 'a'}", "--reference", stage.path / "real", "--out", stage.path / "deep/report")
        got = stage.tritone("compare", *words, "--no-speed")
        assert got.status == "0"
        outside = [path for path in stage.path.rglob("*") if path.is_file()]
        kept = [stage.path / "a", stage.path / "real", stage.path / "deep/report"]
        assert all(any(path.is_relative_to(folder) for folder in kept) for path in outside), outside
        return Got("0", "All that is written lies in the report.")


named("a system's name that climbs out", "../../up")
named("a system's name that is a tag of HTML", "<script>alert(1)</script>")


@ROWS.row("an --out in a folder that is a link to itself", "encode")
def looped(stage: Stage) -> Got:
    (stage.path / "loop").symlink_to("loop")
    return stage.tritone("encode", stage.made.run, stage.made.sounds, "--out", stage.path / "loop/deep")


@ROWS.row("a folder of sound that holds a link to its own parent", "reconstruct")
def circle(stage: Stage) -> Got:
    sound = stage.sound("in/good.wav", 5000)
    (sound.parent / "up").symlink_to(stage.path / "in")
    got = stage.tritone("reconstruct", stage.made.run, sound.parent, "--out", stage.path / "out")
    assert got.status == "0" and len(list((stage.path / "out").iterdir())) == 1
    return Got("0", "The file is played once.")
