"""Requests to the listening server and files of answers, as strangers may send them."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fuzzing import PLAIN, Target, changed, mutated, void
from hypothesis import strategies as st
from listening import identity, make_test, screen_rows

from tritone.judge.listen.app import make_app
from tritone.judge.listen.collect import collect
from tritone.judge.listen.files import read_key
from tritone.judge.listen.store import Store

PATHS = (
    "/",
    "/test",
    "/progress",
    "/listener",
    "/answers",
    "/audio/x.wav",
    "/assets/../app.py",
    "/audio/%2e%2e/key.json",
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(("host", "origin", "content-type", "range", "cookie", "if-range", "user-agent")),
        st.one_of(
            st.sampled_from(("localhost", "http://localhost", "application/json", "bytes=0-", "bytes=9-1,2-")),
            st.text(st.characters(max_codepoint=255), max_size=20),
        ),
    ),
    max_size=4,
)


@contextmanager
def served() -> Iterator[Target]:
    """A listening test whose server is asked without a socket, and whose answers are collected."""
    with TemporaryDirectory() as place:
        folder = Path(place, "test")
        test = make_test(folder)
        key, store = read_key(folder), Store(folder / "answers.sqlite", test.id)
        app = make_app(test, folder, store)
        screen = test.orders[0].screens[0]
        me = store.arrive(identity(1), "", "3/3", False)
        answers = {"test": test.id, "listener": me.id, "answers": screen_rows(test, screen)}
        arrival = {"test": test.id, "visit": identity(2), "headphones": "3/3", "expert": True}
        own = [("host", "localhost"), ("origin", "http://localhost"), ("content-type", "application/json")]
        bodies = st.one_of(changed(answers), changed(arrival), PLAIN).map(lambda value: json.dumps(value).encode())
        raw = mutated({"body": json.dumps(answers).encode()}).map(lambda pair: pair[1])
        requests = st.tuples(
            st.sampled_from(("GET", "POST", "HEAD", "PUT")),
            st.one_of(st.sampled_from(PATHS), st.text(max_size=12).map(lambda text: "/audio/" + text)),
            st.one_of(HEADERS, HEADERS.map(lambda more: own + more)),
            st.one_of(bodies, raw),
        )
        row = {"listener": "L1", "trial": screen[0], "question": test.questions[0].id, "stimulus": screen[1][0]}
        row |= {"value": 3, "heard_ms": 900, "at": "2026-01-01"}
        tables = "session_test_id,trial_id,stimuli,stimuli_rating1,stimuli_rating2,rating_time\n"
        table = f"{tables}{test.id},{screen[0]},{screen[1][0]},3,4,900\n"
        files = mutated({
            "a.jsonl": json.dumps(row).encode(), "a.csv": table.encode(), "a.json": json.dumps(answers).encode(),
            "test.json": (folder / "test.json").read_bytes(), "key.json": (folder / "key.json").read_bytes(),
        })  # fmt: skip

        def check(own_folder: Path, given: Any) -> None:
            if len(given) == 4:
                status = asyncio.run(_ask(app, *given))
                assert 200 <= status < 500, status
                return
            path = own_folder / given[0]
            if path.name in ("test.json", "key.json"):
                for name in ("test.json", "key.json"):
                    (own_folder / name).write_bytes((folder / name).read_bytes())
                path.write_bytes(given[1])
                return void(read_key, own_folder)
            path.write_bytes(given[1])
            void(collect, own_folder, test, key, [path])

        try:
            yield Target(st.one_of(requests, files), check)
        finally:
            store.close()


async def _ask(app: Any, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> int:
    """The status of the answer to a request."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": b"/", "query_string": b"",
        "root_path": "", "scheme": "http", "headers": raw, "server": ("localhost", 80), "client": ("127.0.0.1", 9),
        "asgi": {"version": "3.0"},
    }  # fmt: skip
    parts, said = [{"type": "http.request", "body": body, "more_body": False}], []

    async def receive() -> dict[str, Any]:
        return parts.pop() if parts else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await app(scope, receive, send)
    return int(said[0]["status"])
