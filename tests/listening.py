"""What tests of the listening server share: small listening tests in a folder, a server of one, and answers to it."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import uvicorn

from tritone.judge.listen import test as made
from tritone.judge.listen.app import make_app
from tritone.judge.listen.checks import needed_ms
from tritone.judge.listen.files import ANSWERS_NAME, audio_path, write_test
from tritone.judge.listen.server import _listening
from tritone.judge.listen.store import Store

RATE = 22_050
SYSTEMS = ("real", "anchor", "wonder-gan", "wonder-vae")
WORDS = ("Bad", "Poor", "Fair", "Good", "Excellent")
QUESTIONS = {
    "rating": (
        made.Question("audio-quality", "How good does it sound?", WORDS),
        made.Question("loopability", "How well does it loop?", WORDS),
    ),
    "preference": (made.Question("better", "Which do you like better?", ()),),
    "mushra": (made.Question("likeness", "How close is each sound to the reference?", ("Far", "The same")),),
}
JSON = {"content-type": "application/json"}


def identity(number: int) -> str:
    """A name of 32 hexadecimal digits, another one for every number."""
    return np.random.default_rng(number).bytes(16).hex()


def make_test(folder: Path, kind: made.Kind = "rating", *, items: int = 2, seconds: float = 0.2) -> made.Test:
    """A test of `items` items by four systems with one practice screen and two orders, written to `folder`."""
    count = items * len(SYSTEMS)
    sounds = [
        made.Stimulus(identity(index), seconds, round(seconds * RATE), RATE, loop=kind != "mushra")
        for index in range(count + 1 if kind == "mushra" else count)
    ]
    for index, sound in enumerate(sounds):
        time = np.arange(sound.samples) / RATE
        tone = np.zeros(round(1.5 * seconds * RATE))  # padded, as all sounds are
        tone[: sound.samples] = 0.2 * np.sin(2 * np.pi * (220 + 40 * index) * time)
        audio_path(folder, sound.id).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(audio_path(folder, sound.id), tone, RATE, "PCM_16")
    names = [sound.id for sound in sounds[:count]]
    size = {"rating": 1, "preference": 2, "mushra": len(SYSTEMS)}[kind]
    groups = [tuple(names[start : start + size]) for start in range(0, count, size)]
    reference = sounds[-1].id if kind == "mushra" else ""
    trials = tuple(made.Trial(identity(1000 + n), group, reference, n == 0) for n, group in enumerate(groups))
    rest = [(trial.id, trial.stimuli) for trial in trials[1:]]
    turned = [(name, stimuli[::-1]) for name, stimuli in reversed(rest)]
    orders = tuple(made.Order(((trials[0].id, trials[0].stimuli), *screens)) for screens in (rest, turned))
    test = made.Test(identity(5000), "Loops in a room", kind, QUESTIONS[kind], tuple(sounds), trials, orders, 3.0)
    heard = {
        name.id: made.Heard(SYSTEMS[n % len(SYSTEMS)], f"item-{n // 4}", f"{SYSTEMS[n % 4]}.wav", -1.0)
        for n, name in enumerate(sounds)
    }
    key = made.Key(test.id, heard, made.Exclusion(4.0, 0.15), test.questions[0].id)
    write_test(folder, test, key)
    return test


def screen_rows(test: made.Test, screen: dict[str, Any] | tuple[str, tuple[str, ...]], value: float = 3) -> list[dict]:
    """Answers to a screen as the page sends them."""
    trial, stimuli = (screen["trial"], screen["stimuli"]) if isinstance(screen, dict) else screen
    heard = {sound.id: needed_ms(test, sound) + 1 for sound in test.stimuli}
    values = {"rating": [value], "preference": [1, 0], "mushra": [10.0 * n for n in range(9)]}[test.kind]
    return [
        {
            "trial": trial,
            "question": asked.id,
            "stimulus": name,
            "value": values[n % len(values)],
            "heard_ms": heard[name],
        }
        for asked in test.questions
        for n, name in enumerate(stimuli)
    ]


@dataclass(frozen=True)
class Reply:
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Site:
    """A running server of a test."""

    port: int
    test: made.Test
    store: Store | None = None

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        """One request on a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body, headers or {})
            got = connection.getresponse()
            return Reply(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, content: Any, headers: dict[str, str] | None = None) -> Reply:
        """JSON, as the page of this server would send it; `headers` put others in the place of its own."""
        own = JSON | {"origin": f"http://127.0.0.1:{self.port}"} | (headers or {})
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.ask("POST", path, body, own)

    def arrive(self, number: int = 0) -> dict[str, Any]:
        """A new listener."""
        about = {"visit": identity(9000 + number), "headphones": "3/3", "expert": False}
        reply = self.post("/listener", {"test": self.test.id, **about})
        assert reply.status == 200, reply
        return reply.json

    def answer(self, listener: str, rows: list[dict]) -> Reply:
        return self.post("/answers", {"test": self.test.id, "listener": listener, "answers": rows})


@contextmanager
def site(folder: Path, test: made.Test, token: str = "") -> Iterator[Site]:
    """A server of `folder` in a thread of this process, on a free port."""
    store = Store(folder / ANSWERS_NAME, test.id)
    listening = _listening("127.0.0.1", 0)
    config = uvicorn.Config(
        make_app(test, folder, store, token=token), log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield Site(listening.getsockname()[1], test, store)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        store.close()
