"""Listening tests: their files, their server, and answers from elsewhere."""

import json
import sqlite3
from collections.abc import Callable

from listening import Reply, Site, identity, make_test, screen_rows, site

from badinput.stage import Got, Rows, Stage
from tritone.judge.listen.store import Store

ROWS = Rows("Listening tests")


def sent(what: str, how: str, ask: Callable[[Site], Reply], token: str = "") -> None:
    """A request to a running server, which goes on to answer others."""

    @ROWS.row(what, how)
    def act(stage: Stage) -> Got:
        with site(stage.path / "test", make_test(stage.path / "test"), token) as here:
            reply = ask(here)
            assert token or here.get("/").status == 200
        return Got(f"HTTP {reply.status}", stage.plain(reply.text.replace(str(here.port), "PORT")))


def answered(change: dict) -> Callable[[Site], Reply]:
    """The answers of one screen, of which the first was changed."""

    def ask(here: Site) -> Reply:
        me = here.arrive()
        rows = screen_rows(here.test, me["screens"][0])
        rows[0] |= change
        return here.answer(me["listener"], rows)

    return ask


ME = {"visit": identity(1), "headphones": "3/3", "expert": False}

sent("a body of 0 bytes", "POST /answers", lambda here: here.post("/answers", b""))
sent("a body nested 30,000 deep", "POST /answers", lambda here: here.post("/answers", b"[" * 30_000))
sent("a body of NaN", "POST /answers", lambda here: here.post("/answers", b'{"test": NaN}'))
sent("a body of half a character", "POST /answers", lambda here: here.post("/answers", b"\xff"))
sent("a body of 100 kB", "POST /answers", lambda here: here.post("/answers", b" " * 100_000))
sent(
    "a form of another site",
    "POST /answers",
    lambda here: here.post("/answers", b"a=1", {"content-type": "text/plain"}),
)
sent(
    "a page of another site", "POST /answers", lambda here: here.post("/answers", {}, {"origin": "http://evil.example"})
)
sent("a host that is not this machine", "GET /", lambda here: here.get("/", host="evil.example"))
sent("no token where one is needed", "GET /", lambda here: here.get("/"), "a-token-of-the-test")
sent(
    "a token of other letters than ASCII",
    "GET /",
    lambda here: here.get("/?token=%F0%9F%A5%81%00"),
    "a-token-of-the-test",
)
sent("a path that climbs out", "GET /audio/", lambda here: here.get("/audio/..%2f..%2f..%2fkey.json"))
sent("a path that climbs out", "GET /assets/", lambda here: here.get("/assets/..%2f..%2f..%2fserver.py"))
sent("a sound of another test", "GET /audio/", lambda here: here.get(f"/audio/{identity(99)}.wav"))
sent("a range of bytes that is none", "GET /audio/", lambda here: here.get(
    f"/audio/{here.test.stimuli[0].id}.wav", range="bytes=9999999999999999999999-"))  # fmt: skip
sent("answers to another test", "POST /listener", lambda here: here.post("/listener", {"test": identity(3), **ME}))
sent("a listener nobody knows", "POST /answers", lambda here: here.answer(identity(4), []))
sent("a visit that is SQL", "POST /listener", lambda here: here.post(
    "/listener", {"test": here.test.id, **ME, "visit": "'; DROP TABLE answers; --"}))  # fmt: skip
sent("a grade beyond the scale", "POST /answers", answered({"value": 9}))
sent("a grade of 400 digits", "POST /answers", answered({"value": 10**400}))
sent("a grade that is true", "POST /answers", answered({"value": True}))
sent("a sound judged before it was heard", "POST /answers", answered({"heard_ms": 0}))
sent("an answer with a field too many", "POST /answers", answered({"more": 1}))
sent("an answer of a trial that is a list", "POST /answers", answered({"trial": []}))
sent("an answer of a question that is a mapping", "POST /answers", answered({"question": {}}))


def test_file(what: str, content: str) -> None:
    """A test.json that was changed."""

    @ROWS.row(what, "listen serve")
    def act(stage: Stage) -> Got:
        folder = stage.test()
        (folder / "test.json").write_text(content)
        return stage.tritone("listen", "serve", folder, "--port", 0)


test_file("a test.json of 0 bytes", "")
test_file("a test.json nested 100,000 deep", "[" * 100_000)
test_file("a test.json of another version", '{"version": 99}')


@ROWS.row("a test.json that is a picture", "listen serve")
def picture(stage: Stage) -> Got:
    folder = stage.test()
    (folder / "test.json").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    return stage.tritone("listen", "serve", folder, "--port", 0)


@ROWS.row("a test whose sound is named ../../etc/passwd", "listen serve")
def climbing(stage: Stage) -> Got:
    folder = stage.test()
    content = json.loads((folder / "test.json").read_text())
    content["stimuli"][0]["id"] = "../../etc/passwd"
    (folder / "test.json").write_text(json.dumps(content))
    return stage.tritone("listen", "serve", folder, "--port", 0)


@ROWS.row("a test that lacks a sound", "listen serve")
def lacks(stage: Stage) -> Got:
    folder = stage.test()
    first = json.loads((folder / "test.json").read_text())["stimuli"][0]["id"]
    (folder / f"audio/{first}.wav").unlink()
    got = stage.tritone("listen", "serve", folder, "--port", 0)
    return Got(got.status, got.sentence.replace(first, "SOUND"))


@ROWS.row("a database of answers that is a picture", "tritone.judge.listen.store.Store")
def database(stage: Stage) -> Got:
    return stage.refused(Store, stage.file("answers.sqlite", b"\x89PNG" * 999), identity(5000))


def elsewhere(what: str, name: str, content: bytes) -> None:
    """A file of answers."""

    @ROWS.row(what, "listen analyse --answers")
    def act(stage: Stage) -> Got:
        return stage.tritone("listen", "analyse", stage.test(), "--answers", stage.file(name, content))


elsewhere("answers that are a picture", "a.json", b"\x89PNG\xff\xfe")
elsewhere("answers that are a list", "a.json", b"[]")
elsewhere("answers of 100,000 brackets", "a.json", b"[" * 100_000)
elsewhere("raw answers that are a picture", "a.jsonl", b"\x89PNG\xff\xfe\n")
elsewhere("raw answers of 100,000 brackets", "a.jsonl", b"[" * 100_000 + b"\n")
elsewhere("raw answers whose value has 400 digits", "a.jsonl", b'{"listener": "a", "trial": "t", "question": "q", '
          b'"stimulus": "s", "value": 1' + b"0" * 400 + b', "heard_ms": 1, "at": ""}\n')  # fmt: skip
elsewhere("a table of webMUSHRA that is a picture", "a.csv", b"\x89PNG\xff\xfe\n")
elsewhere("a table of webMUSHRA with a cell of 1 MB", "a.csv", b"a,b\n" + b"x" * 1_000_000 + b",1\n")
elsewhere("a database of answers of 0 bytes", "a.sqlite", b"")


@ROWS.row("a database of answers of other columns", "listen analyse --answers")
def columns(stage: Stage) -> Got:
    folder = stage.test()
    path = stage.path / "a.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE about (test TEXT)")
        made.execute("INSERT INTO about VALUES (?)", (identity(5000),))
        made.execute("CREATE TABLE answers (x TEXT)")
    made.close()
    return stage.tritone("listen", "analyse", folder, "--answers", path)


@ROWS.row("a test without answers", "listen analyse")
def none(stage: Stage) -> Got:
    return stage.tritone("listen", "analyse", stage.test())


@ROWS.row("a port that is none", "listen serve --port 99999")
def port(stage: Stage) -> Got:
    return stage.tritone("listen", "serve", stage.test(), "--port", 99999)


@ROWS.row("a host that is not there", "listen serve --host 203.0.113.1")
def host(stage: Stage) -> Got:
    return stage.tritone("listen", "serve", stage.test(), "--host", "203.0.113.1", "--port", 0)
