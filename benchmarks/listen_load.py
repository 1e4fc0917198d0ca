"""Forty listeners at once through the real server of a listening test, which is killed and started again in the middle.

Every listener is a thread with a connection of its own: it opens the page, asks for an order, fetches each sound and
sends each screen until it is acknowledged; every fourth screen it sends twice. First all go as fast as they can while
the server is killed twice (SIGKILL), then with the pauses of people. At the end the database is held against what was
acknowledged. Threads of one Python process are the clients, so that their own time is in the latencies.
"""

import http.client
import json
import os
import random
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from table import Row, arguments, at_most, finish, machine

from tritone.judge.listen import store
from tritone.judge.listen.checks import needed_ms
from tritone.judge.listen.files import ANSWERS_NAME, audio_path, write_test
from tritone.judge.listen.test import Exclusion, Heard, Key, Order, Question, Stimulus, Test, Trial

LISTENERS, RATE, SECONDS = 40, 44_100, 4.0
QUESTIONS = ("audio-quality", "loopability", "drumness")
WORDS = ("Bad", "Poor", "Fair", "Good", "Excellent")
KILLS = (0.3, 0.6)
"""Parts of all answers after whose acknowledgement the server is killed."""
LATENCY_BAR_MS = 500.0
"""An answer of a listener with the pauses of people is kept within this, 99 times of 100."""


@dataclass
class Tally:
    """What all listeners have seen, under one lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    acknowledged: dict[tuple[str, str, str], float] = field(default_factory=dict)
    waits: dict[str, list[float]] = field(default_factory=dict)
    retries: int = 0
    wrong: list[str] = field(default_factory=list)


class Visitor:
    """One listener's browser: a connection that is opened again when it breaks."""

    def __init__(self, port: int, test: Test, tally: Tally) -> None:
        self.port, self.test, self.tally = port, test, tally
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, what: str, method: str, path: str, content: object = None) -> bytes:
        """The reply, however often it takes; its time counts from the attempt that succeeded."""
        while True:
            begin = time.perf_counter()
            try:
                status, body = self._once(method, path, content)
            except (OSError, http.client.HTTPException):
                self.connection = None
                with self.tally.lock:
                    self.tally.retries += 1
                time.sleep(0.05)
                continue
            with self.tally.lock:
                self.tally.waits.setdefault(what, []).append(1000 * (time.perf_counter() - begin))
                if status != 200:
                    self.tally.wrong.append(f"{method} {path}: {status} {body[:80]!r}")
            return body

    def _once(self, method: str, path: str, content: object) -> tuple[int, bytes]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        own = {"origin": f"http://127.0.0.1:{self.port}", "content-type": "application/json"}
        body = None if content is None else json.dumps(content)
        self.connection.request(method, path, body, own if content is not None else {})
        reply = self.connection.getresponse()
        return reply.status, reply.read()

    def listen(self, number: int, pause: float) -> None:
        """The whole test, with `pause` seconds between screens on average."""
        chance = random.Random(number)
        self.ask("page", "GET", "/")
        self.ask("page", "GET", "/test")
        about = {"test": self.test.id, "visit": secrets.token_hex(16), "headphones": "3/3", "expert": number % 2 == 0}
        me = json.loads(self.ask("arrival", "POST", "/listener", about))
        heard = needed_ms(self.test, self.test.stimuli[0])
        for count, screen in enumerate(me["screens"]):
            for name in screen["stimuli"]:
                self.ask("sound", "GET", f"/audio/{name}.wav")
            time.sleep(chance.uniform(0, 2 * pause))
            rows = [
                {"trial": screen["trial"], "question": asked, "stimulus": name, "value": chance.randint(1, 5),
                 "heard_ms": heard}
                for asked in QUESTIONS for name in screen["stimuli"]
            ]  # fmt: skip
            body = {"test": self.test.id, "listener": me["listener"], "answers": rows}
            for _ in range(2 if count % 4 == 0 else 1):
                self.ask("answer", "POST", "/answers", body)
            with self.tally.lock:
                for row in rows:
                    self.tally.acknowledged[me["listener"], row["trial"], row["question"]] = row["value"]


def make_test(folder: Path, screens: int) -> Test:
    """A rating test of `screens` loops of noise in ten orders."""
    sounds = tuple(Stimulus(secrets.token_hex(16), SECONDS, round(SECONDS * RATE), RATE, True) for _ in range(screens))
    for index, sound in enumerate(sounds):
        audio_path(folder, sound.id).parent.mkdir(parents=True, exist_ok=True)
        noise = 0.1 * np.random.default_rng(index).standard_normal(sound.samples)
        soundfile.write(audio_path(folder, sound.id), noise, RATE, "PCM_16")
    trials = tuple(Trial(secrets.token_hex(16), (sound.id,)) for sound in sounds)
    pairs = [(trial.id, trial.stimuli) for trial in trials]
    orders = tuple(Order(tuple(pairs[turn:] + pairs[:turn])) for turn in range(10))
    questions = tuple(Question(name, name, WORDS) for name in QUESTIONS)
    test = Test(secrets.token_hex(16), "Load", "rating", questions, sounds, trials, orders, 5.0)
    heard = {sound.id: Heard("real", sound.id, "noise", 0.0) for sound in sounds}
    write_test(folder, test, Key(test.id, heard, Exclusion(4.0, 0.15), QUESTIONS[0]))
    return test


def start(folder: Path, port: int) -> subprocess.Popen:
    """A server as a process of its own, once it listens."""
    command = [sys.executable, "-m", "tritone", "listen", "serve", str(folder), "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for _ in range(3):
        if not running.stdout.readline():
            raise RuntimeError("the server did not start")
    return running


def phase(folder: Path, screens: int, kills: Sequence[float], pause: float) -> tuple[Tally, float, Test]:
    """All listeners through one test, with the server killed after these parts of all answers; and the seconds."""
    test, tally = make_test(folder, screens), Tally()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = start(folder, port)
    threads = [
        threading.Thread(target=Visitor(port, test, tally).listen, args=(number, pause)) for number in range(LISTENERS)
    ]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for part in kills:
        while len(tally.acknowledged) < part * LISTENERS * screens * len(QUESTIONS):
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        running.wait()
        running = start(folder, port)
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begin
    running.send_signal(signal.SIGINT)
    if running.wait(20) != 0:
        tally.wrong.append(f"the server ended with {running.returncode}")
    return tally, seconds, test


def kept_rows(where: str, folder: Path, tally: Tally, test: Test) -> list[Row]:
    """What is in the database beside what was acknowledged."""
    kept = store.answers(folder / ANSWERS_NAME, test.id)
    found = {(one.listener, one.trial, one.question): one.value for one in kept}
    lost = sum(found.get(key) != value for key, value in tally.acknowledged.items())
    unfinished = LISTENERS - sum(bool(one.finished) for one in store.listeners(folder / ANSWERS_NAME, test.id))
    count = len(tally.acknowledged)
    return [
        at_most(f"{where}: acknowledged answers lost or changed", lost, 0, "answers", count),
        at_most(f"{where}: answers doubled or never acknowledged", len(kept) - count, 0, "answers", len(kept)),
        at_most(f"{where}: listeners who did not finish", unfinished, 0, "listeners", LISTENERS),
        at_most(f"{where}: replies other than 200", len(tally.wrong), 0, "replies", sum(map(len, tally.waits.values())),
                "; ".join(tally.wrong[:1]) or "-"),
    ]  # fmt: skip


def speed_rows(where: str, tally: Tally, seconds: float, bar: float | None) -> list[Row]:
    """Requests a second, and how long they took."""
    total = sum(map(len, tally.waits.values()))
    rows = [
        Row(f"{where}: requests answered", total / seconds, None, None, "a second", total, f"{tally.retries} retried")
    ]
    for what in ("answer", "sound"):
        waits = sorted(tally.waits[what])
        late = waits[min(len(waits) - 1, int(0.99 * len(waits)))]
        spread = f"median {statistics.median(waits):.3g}, longest {waits[-1]:.4g}"
        text, holds = (f"<= {bar:g} ms", late <= bar) if bar and what == "answer" else (None, None)
        name = f"{where}: {what}, 99th percentile"
        rows.append(Row(name, late, None, None, "ms", len(waits), spread, text, holds))
    return rows


def main() -> None:
    """Both phases, then the table."""
    options = arguments(__doc__ or "")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows = []
    for where, screens, kills, pause, bar in (
        ("all at once, killed twice", 6 if options.quick else 60, KILLS, 0.0, None),
        ("with pauses of 2 s", 4 if options.quick else 20, (), 2.0, LATENCY_BAR_MS),
    ):
        with tempfile.TemporaryDirectory() as name:
            tally, seconds, test = phase(Path(name), screens, kills, pause)
            rows += kept_rows(where, Path(name), tally, test) + speed_rows(where, tally, seconds, bar)
    finish("listen_load", rows, machine(["starlette", "uvicorn"]), options.json)


if __name__ == "__main__":
    main()
