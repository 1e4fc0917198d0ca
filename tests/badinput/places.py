"""Folders without rights, processes that are killed, two at once."""

import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from acting import TINY, run_inside
from listening import Site, make_test, screen_rows

from badinput.stage import Got, Rows, Stage, quiet
from tritone.data.store import Dataset
from tritone.judge.listen.store import answers
from tritone.play.load import load
from tritone.training.checkpoint import read

ROWS = Rows("Rights and processes")


def in_child(stage: Stage, change: Callable[[], None], *words: object) -> Got:
    """What a command gets in a process of its own that is first changed."""
    log = stage.path / "errors.txt"
    child = os.fork()
    if child == 0:
        status = 70
        try:
            with log.open("w") as sys.stderr, open(os.devnull, "w") as sys.stdout:
                change()
                try:
                    status = run_inside(*words)
                except BaseException:
                    traceback.print_exc()
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    text = log.read_text()
    log.unlink()
    assert "Traceback" not in text, text
    said = [line.removeprefix("tritone: ") for line in text.splitlines() if line.startswith("tritone: ")]
    return Got(str(status), stage.plain(" ".join(said)))


def full_from(limit: int) -> Callable[[], None]:
    """No file can grow beyond `limit` bytes, as on a full disk."""

    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return fill


def nobody() -> None:
    """Give up root's rights, before which no permission counts."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


def opened(stage: Stage) -> None:
    """Let others into the folders above."""
    for path in (stage.path, stage.made.path, *stage.path.parents):
        if path.stat().st_uid == os.getuid() and path != Path("/") and path.stat().st_mode & 0o077 == 0:
            path.chmod(0o755)
    stage.path.chmod(0o777)


@ROWS.row("a file without the right to read it", "prepare")
def unreadable(stage: Stage) -> Got:
    stage.sound("in/locked.wav").chmod(0)
    opened(stage)
    return in_child(stage, nobody, "prepare", stage.path / "in", "--out", stage.path / "data")


@ROWS.row("a folder without the right to write into it", "prepare")
def unwritable(stage: Stage) -> Got:
    stage.sound("in/good.wav")
    (stage.path / "closed").mkdir(mode=0o555)
    opened(stage)
    got = in_child(stage, nobody, "prepare", stage.path / "in", "--out", stage.path / "closed/data")
    assert not list((stage.path / "closed").iterdir())
    return got


@ROWS.row("a folder without the right to write into it", "generate")
def unwritable_out(stage: Stage) -> Got:
    run = stage.run()
    (stage.path / "closed").mkdir(mode=0o555)
    opened(stage)
    return in_child(stage, nobody, "generate", run, "--out", stage.path / "closed/out", "--count", 1)


@ROWS.row("a run folder that is read-only", "train vae (the same command again)")
def read_only(stage: Stage) -> Got:
    run, data = stage.run(), stage.data()
    quiet("train", "vae", data, "--out", run, *TINY, "--steps", 2)
    for path in (run, *run.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    opened(stage)
    return in_child(stage, nobody, "train", "vae", stage.made.data, "--out", run, *TINY, "--steps", 4)


@ROWS.row("a file in the place of a folder", "generate --out FILE")
def file_out(stage: Stage) -> Got:
    path = stage.file("mine", "mine")
    got = stage.tritone("generate", stage.made.run, "--out", path)
    assert path.read_text() == "mine"
    return got


@ROWS.row("a link to itself as --out", "reconstruct")
def looped_out(stage: Stage) -> Got:
    (stage.path / "out").symlink_to("out")
    return stage.tritone("reconstruct", stage.made.run, stage.made.sounds, "--out", stage.path / "out")


def started(stage: Stage, *words: object) -> subprocess.Popen:
    """A command as a process of its own."""
    command = [sys.executable, "-m", "tritone", *map(str, words)]
    with (stage.path / "errors.txt").open("w") as log:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)


@ROWS.row("two trainings into one run folder at once", "train vae", slow=True)
def two(stage: Stage) -> Got:
    run = stage.path / "run"
    words = ("train", "vae", stage.made.data, "--out", run, *TINY)
    first = started(stage, *words, "--steps", 10**6, "--training.log_every", 1)
    patience = time.monotonic() + 60
    while not (run / "log.jsonl").is_file() and time.monotonic() < patience:
        time.sleep(0.1)
    got = stage.tritone(*words, "--steps", 9)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 143 and quiet("inspect", run)[0] == 0
    return got


def killed(
    how: str, words: Callable[[Stage], Sequence[object]], whole: Callable[[Stage], bool], times: int = 5
) -> None:
    """SIGKILL at moments spread over the whole of a command; run again it must come to its end."""

    @ROWS.row(f"killed (SIGKILL) at {times} moments from start to end, then run again", how, slow=True)
    def act(stage: Stage) -> Got:
        begun = time.monotonic()
        probe = Stage(stage.path / "probe", stage.made)
        probe.path.mkdir()
        assert started(probe, *words(probe)).wait(100) == 0
        length = time.monotonic() - begun
        chance = random.Random(0)
        for number in range(times):
            process = started(stage, *words(stage))
            time.sleep(length * (number + chance.random()) / times)
            process.kill()
            process.wait()
        status, _, errors = quiet(*words(stage))
        assert status == 0 or "is not empty" in errors, errors  # the last one may have come to its end
        assert whole(stage)
        return Got("-9, then 0", "What was there stays whole; the last call does the rest.")


def _trained(stage: Stage) -> bool:
    run = stage.path / "run"
    return read(run / "checkpoints/step-12").step == 12 and not list((run / "checkpoints").glob(".*"))


killed("prepare", lambda stage: ("prepare", stage.made.sounds, "--out", stage.path / "data"),
       lambda stage: len(Dataset.open(stage.path / "data").items) == 4)  # fmt: skip
killed("train vae", lambda stage: (
    "train", "vae", stage.made.data, "--out", stage.path / "run", *TINY, "--steps", 12,
    "--training.checkpoint_minutes", 0.001), _trained)  # fmt: skip
killed("import", lambda stage: ("import", stage.made.theirs, "--out", stage.path / "run"),
       lambda stage: load(stage.path / "run").sample_rate == 44_100, times=4)  # fmt: skip
killed("reconstruct", lambda stage: ("reconstruct", stage.made.run, stage.made.sounds, "--out", stage.path / "out"),
       lambda stage: len(list((stage.path / "out").glob("*.wav"))) == 4, times=4)  # fmt: skip
killed("export --to nn", lambda stage: ("export", stage.made.run, "--to", "nn", "--out", stage.path / "m.ts"),
       lambda stage: quiet("inspect", stage.path / "m.ts")[0] == 0, times=4)  # fmt: skip
killed("generate", lambda stage: ("generate", stage.made.run, "--out", stage.path / "out", "--count", 4),
       lambda stage: len(list((stage.path / "out").glob("*.wav"))) == 4, times=4)  # fmt: skip
killed("compare", lambda stage: (
    "compare", f"x={stage.made.sounds}", "--reference", stage.made.data, "--out", stage.path / "out"),
       lambda stage: (stage.path / "out/index.html").is_file() and not list(stage.path.glob(".out*")),
       times=4)  # fmt: skip
killed("loops render", lambda stage: ("loops", "render", "--count", 8, "--out", stage.path / "out"),
       lambda stage: len(list((stage.path / "out").rglob("*.flac"))) == 8, times=4)  # fmt: skip


@ROWS.row("killed (SIGKILL) after an answer, then run again", "listen serve", slow=True)
def killed_server(stage: Stage) -> Got:
    test, folder = make_test(stage.path / "test"), stage.path / "test"
    listener = ""
    for turn in range(2):
        words = [sys.executable, "-m", "tritone", "listen", "serve", str(folder), "--port", "0"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            port = next(found[1] for line in process.stdout if (found := re.search(r"http://[^:]+:(\d+)", line)))
            here = Site(int(port), test)
            if turn == 0:
                me = here.arrive()
                listener = me["listener"]
                assert here.answer(listener, screen_rows(test, me["screens"][0])).status == 200
            else:
                assert here.arrive()["listener"] == listener
            process.kill()
    assert len(answers(folder / "answers.sqlite", test.id)) == len(screen_rows(test, test.orders[0].screens[0]))
    return Got("-9, then 0", "The answer is kept, and the listener known.")


@ROWS.row("two at once into one folder", "prepare", slow=True)
def two_prepare(stage: Stage) -> Got:
    words = ("prepare", stage.made.sounds, "--out", stage.path / "data")
    both = [started(stage, *words) for _ in range(2)]
    ends = [process.wait(100) for process in both]
    assert 0 in ends and set(ends) <= {0, 2}
    assert quiet(*words)[0] == 0 and len(Dataset.open(stage.path / "data").items) == 4
    return Got("0, 0 or 2", "One prepares; the other waits for it or says so; the dataset is whole.")


@ROWS.row("two at once into one folder", "generate", slow=True)
def two_generate(stage: Stage) -> Got:
    words = ("generate", stage.made.run, "--out", stage.path / "out", "--count", 3)
    both = [started(stage, *words) for _ in range(2)]
    assert [process.wait(100) for process in both] == [0, 0]
    assert sorted(path.suffix for path in (stage.path / "out").iterdir()) == [".wav"] * 3
    return Got("0, 0", "Both write the same sounds, each whole.")
