"""Sound files, folders of them, and what lies beside them."""

import json
import os
import struct

import numpy as np
import soundfile

from badinput.stage import Got, Rows, Stage, quiet
from tritone.errors import UserError
from tritone.signal.files import audio_info, read_audio, write_wav
from tritone.signal.loop_chunks import read_loop_chunks

ROWS = Rows("Sound files and what lies beside them")


def wav(samples: int = 4096, *, rate: int = 44_100, stated: int | None = None, channels: int = 1) -> bytes:
    """A 16-bit WAV file of noise whose header may state another length, rate or channel count."""
    body = np.random.default_rng(0).integers(-9000, 9000, samples).astype("<i2").tobytes()
    size = len(body) if stated is None else stated
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, 2 * rate % 2**32, 2 * channels, 16)
    whole = form + struct.pack("<4sI", b"data", size) + body
    return struct.pack("<4sI4s", b"RIFF", min(2**32 - 1, 4 + len(form) + 8 + size), b"WAVE") + whole


def bad(what: str, name: str, content: bytes, *, slow: bool = False) -> None:
    """A file that `prepare` meets beside a good one."""

    @ROWS.row(what, "prepare", slow)
    def act(stage: Stage) -> Got:
        stage.file(f"in/{name}", content)
        return stage.prepare()


def flac(frames: int) -> bytes:
    """A FLAC file whose header states another length."""
    import io

    buffer = io.BytesIO()
    soundfile.write(buffer, 0.1 * np.random.default_rng(0).standard_normal(4096), 44_100, format="FLAC")
    content = bytearray(buffer.getvalue())
    place = 8 + 10  # of the block STREAMINFO: rate (20 bits), channels (3), bits (5), samples (36)
    field = int.from_bytes(content[place : place + 8], "big") >> 36 << 36 | frames
    content[place : place + 8] = field.to_bytes(8, "big")
    return bytes(content)


bad("a WAV file of 0 bytes", "empty.wav", b"")
bad("a WAV file that is nonsense", "nonsense.wav", b"RIFF nonsense")
bad("a text that calls itself MP3", "text.mp3", b"no sound at all")
bad("a WAV file cut off in its header", "cut.wav", wav()[:30])
bad("a WAV header that states 4 GB over 8 kB of sound", "lies.wav", wav(stated=2**32 - 64))
bad("a WAV header that states 0 bytes over 8 kB of sound", "none.wav", wav(stated=0))
bad("a WAV header of 0 channels", "channels.wav", wav(channels=0))
bad("a WAV header of a rate of 0 Hz", "rate.wav", wav(rate=0))
bad("a WAV header of a rate of 1 Hz (1.1 hours of sound in 8 kB)", "slow.wav", wav(rate=1))
bad("a WAV header of a rate of 4.3 GHz", "fast.wav", wav(rate=2**32 - 1))
bad("a FLAC header that states 68 billion samples", "lies.flac", flac(2**36 - 1))
bad("a sound of 20 samples", "short.wav", wav(20))


@ROWS.row("a WAV file of NaN", "prepare")
def not_numbers(stage: Stage) -> Got:
    stage.sound("in/good.wav")
    soundfile.write(stage.path / "in/nan.wav", np.full(4096, np.nan), 44_100, subtype="FLOAT")
    return stage.prepare()


@ROWS.row("a WAV file of silence", "prepare")
def silent(stage: Stage) -> Got:
    stage.sound("in/good.wav")
    soundfile.write(stage.path / "in/silent.wav", np.zeros(4096), 44_100)
    return stage.prepare()


@ROWS.row("a FLAC header that states 68 billion samples", "tritone.signal.files.read_audio")
def lying_whole(stage: Stage) -> Got:
    return stage.refused(read_audio, stage.file("lies.flac", flac(2**36 - 1)))


@ROWS.row("a WAV header that states 4 GB over 8 kB of sound", "tritone.signal.files.read_audio")
def lying(stage: Stage) -> Got:
    audio, _ = read_audio(stage.file("lies.wav", wav(stated=2**32 - 64)))
    assert audio.shape == (1, 4096)
    return Got("taken", "The 4,096 samples that are there are read.")


@ROWS.row("a pipe (mkfifo) among the sounds", "prepare")
def pipe(stage: Stage) -> Got:
    stage.sound("in/good.wav")
    os.mkfifo(stage.path / "in/pipe.wav")
    return stage.prepare()


@ROWS.row("a pipe (mkfifo)", "reconstruct")
def piped(stage: Stage) -> Got:
    os.mkfifo(stage.path / "pipe.wav")
    return stage.tritone("reconstruct", stage.made.run, stage.path / "pipe.wav", "--out", stage.path / "out")


@ROWS.row("a sound file that is a link to itself", "prepare")
def link(stage: Stage) -> Got:
    stage.sound("in/good.wav")
    (stage.path / "in/loop.wav").symlink_to("loop.wav")
    return stage.prepare()


@ROWS.row("a folder that holds a link to itself", "prepare")
def circle(stage: Stage) -> Got:
    stage.sound("in/good.wav")
    (stage.path / "in/again").symlink_to(stage.path / "in")
    return stage.prepare()


@ROWS.row("a sound folder that is a link to itself", "prepare")
def folder_link(stage: Stage) -> Got:
    (stage.path / "in").symlink_to("in")
    return stage.tritone("prepare", stage.path / "in", "--out", stage.path / "data")


@ROWS.row("an --out that is a link to itself", "prepare")
def out_link(stage: Stage) -> Got:
    (stage.path / "out").symlink_to("out")
    return stage.tritone("prepare", stage.made.sounds, "--out", stage.path / "out")


@ROWS.row("a link to a file that is gone", "prepare")
def gone(stage: Stage) -> Got:
    stage.sound("in/good.wav")
    (stage.path / "in/gone.wav").symlink_to("nowhere.wav")
    return stage.prepare()


@ROWS.row("a folder called sound.wav", "prepare")
def folder(stage: Stage) -> Got:
    (stage.path / "in/sound.wav").mkdir(parents=True)
    return stage.prepare()


NAMES = ["鼓声.wav", "طبل.wav", "🥁 boom.wav", "line\nbreak.wav", "[/red] $(rm).wav", "' \" quote.wav", "-dash.wav"]


@ROWS.row("names in Chinese, Arabic, emoji, with a line break, quotes, a leading dash, markup", "prepare")
def scripts(stage: Stage) -> Got:
    for number, name in enumerate(NAMES):
        stage.sound(f"in/{name}", 10_000 + number)
    return stage.prepare()


@ROWS.row("a name with a line break that is not there", "reconstruct")
def broken_name(stage: Stage) -> Got:
    return stage.tritone("reconstruct", stage.made.run, stage.path / "a\nb.wav", "--out", stage.path / "out")


@ROWS.row("a name of 300 letters", "reconstruct")
def long_name(stage: Stage) -> Got:
    return stage.tritone("reconstruct", stage.made.run, f"{'a' * 300}.wav", "--out", stage.path / "out")


@ROWS.row("a name that holds a zero byte", "tritone.signal.files.audio_info")
def zero_name(stage: Stage) -> Got:
    return stage.refused(audio_info, stage.path / "a\0b.wav")


@ROWS.row("no sound in the folder", "prepare")
def no_sound(stage: Stage) -> Got:
    stage.file("in/readme.txt", "nothing to hear")
    return stage.tritone("prepare", stage.path / "in", "--out", stage.path / "data")


@ROWS.row("a folder that is not there", "prepare")
def nowhere(stage: Stage) -> Got:
    return stage.tritone("prepare", stage.path / "in", "--out", stage.path / "data")


@ROWS.row("a dataset inside the sound folder", "prepare")
def inside(stage: Stage) -> Got:
    stage.sound("in/good.wav")
    got = stage.tritone("prepare", stage.path / "in", "--out", stage.path / "in/data")
    assert [path.name for path in (stage.path / "in").iterdir()] == ["good.wav"]
    return got


@ROWS.row("a video whose decoder is not installed, or that is none", "tritone.signal.files.read_audio")
def video(stage: Stage) -> Got:
    try:
        read_audio(stage.file("clip.mp4", b"no video"))
    except UserError as error:
        assert "clip.mp4" in str(error)
    return Got("UserError", "names the file, and the extra `formats` where that is missing")


@ROWS.row("a sound of no samples", "tritone.signal.files.write_wav")
def nothing(stage: Stage) -> Got:
    got = stage.refused(write_wav, stage.path / "none.wav", np.zeros((1, 0)), 44_100)
    assert not list(stage.path.iterdir())
    return got


def note(what: str, name: str, content: bytes, kept: str = "") -> None:
    """A note beside a good file."""

    @ROWS.row(what, "prepare")
    def act(stage: Stage) -> Got:
        stage.file(f"in/{name}", content)
        got = stage.prepare()
        index = json.loads((stage.path / "data/index.json").read_text())
        assert kept in json.dumps(index["items"])
        return got


note("a note (good.json) nested 100,000 deep", "good.json", b"[" * 100_000)
note("a note whose tempo has 401 digits", "good.json", b'{"bpm": 1' + b"0" * 400 + b"}")
note("a note whose tempo is NaN, whose label is half a character", "good.json", b'{"bpm": NaN, "label": "\\ud800"}')
note("a note that is a picture", "good.txt", b"\x89PNG\r\n\x1a\n\xff\xfe")


@ROWS.row("a note of 8 GB (a file with a hole)", "prepare")
def huge_note(stage: Stage) -> Got:
    note = stage.file("in/good.json", b'{"label": "drum"')
    os.truncate(note, 8 << 30)
    return stage.prepare()


@ROWS.row("chunks `smpl` and `acid` of NaN beats a minute and a loop that ends before it starts", "prepare")
def chunks(stage: Stage) -> Got:
    smpl = struct.pack("<9I6I", 0, 0, 0, 999, 0, 0, 0, 2**32 - 1, 0, 0, 0, 2**32 - 1, 0, 0, 0)
    acid = struct.pack("<IHHfIHHf", 0, 0, 0, 0, 2**32 - 1, 0, 0, float("nan"))
    more = b"".join(struct.pack("<4sI", name, len(body)) + body for name, body in ((b"smpl", smpl), (b"acid", acid)))
    stage.file("in/chunks.wav", wav() + more)
    read_loop_chunks(stage.path / "in/chunks.wav")
    return stage.prepare()


@ROWS.row("a WAV file with a hole of 1 GB, which reads as 134 million empty chunks", "tritone.signal.loop_chunks")
def hole(stage: Stage) -> Got:
    path = stage.file("hole.wav", struct.pack("<4sI4s", b"RIFF", 2**30, b"WAVE"))
    os.truncate(path, 1 << 30)
    found = read_loop_chunks(path)
    assert found.bpm is None
    return Got("taken", "No loop is found in it, at once.")


@ROWS.row("a bad file among good ones", "reconstruct")
def among(stage: Stage) -> Got:
    sounds = stage.sound("a.wav"), stage.file("b.wav", b"RIFF nonsense")
    got = stage.tritone("reconstruct", stage.made.run, *sounds, "--out", stage.path / "out")
    assert [path.name for path in (stage.path / "out").iterdir()] == ["a.wav"]
    return got


@ROWS.row("other options on a dataset that is there", "prepare --rate 22050")
def options(stage: Stage) -> Got:
    stage.prepare()
    before = (stage.path / "data/index.json").read_bytes()
    got = stage.tritone("prepare", stage.path / "in", "--out", stage.path / "data", "--rate", 22_050)
    assert (stage.path / "data/index.json").read_bytes() == before
    return got


@ROWS.row("times of files in 1970 and 2262, as a clock gone wrong gives them", "prepare")
def clock(stage: Stage) -> Got:
    for name, seconds in (("old.wav", 0), ("new.wav", 9_000_000_000)):
        path = stage.sound(f"in/{name}", 9000 + seconds % 7)
        os.utime(path, (seconds, seconds))
    stage.prepare()
    status, out, _ = quiet("prepare", stage.path / "in", "--out", stage.path / "data", "--json")
    assert status == 0 and json.loads(out)["files"] == 3
    return stage.prepare()
