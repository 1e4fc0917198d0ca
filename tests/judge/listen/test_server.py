"""The server as a process: its address and token, a port that is taken, Ctrl-C, and a kill in the middle."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from listening import Site, make_test, screen_rows

from tritone.errors import UserError
from tritone.judge.listen import server as servers
from tritone.judge.listen import store as stores
from tritone.judge.listen.files import audio_path

START = "import sys; from pathlib import Path; from tritone.judge.listen.server import serve; "


@contextmanager
def process(folder, port=0, host="127.0.0.1"):
    """A server of its own process; gives it and its port."""
    code = START + f"serve(Path({str(folder)!r}), host={host!r}, port={port})"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as running:
        try:
            lines = [running.stdout.readline() for _ in range(3)]
            yield running, int(re.search(r":(\d+)/", lines[1])[1]), lines
        finally:
            running.kill()


def test_it_says_where_and_ends_in_order(tmp_path):
    test = make_test(tmp_path)
    with process(tmp_path) as (running, port, lines):
        assert lines[0] == "Loops in a room: 8 screens, about 3 minutes a listener\n"
        assert lines[1] == f"http://127.0.0.1:{port}/\n"
        assert lines[2].startswith("0 answers of 0 listeners (0 finished) so far in ")
        here = Site(port, test)
        me = here.arrive()
        assert here.answer(me["listener"], screen_rows(test, me["screens"][0])).status == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0
        assert "2 answers of 1 listeners (0 finished)" in running.stdout.read()
    assert not (tmp_path / "answers.sqlite-wal").exists()


def test_killed_at_any_moment_it_keeps_what_it_acknowledged(tmp_path):
    """Four listeners post without a pause while the server is killed three times; each screen is sent until it is
    acknowledged. What was acknowledged is there, once, and no screen is there in part.
    """
    test = make_test(tmp_path, items=6)
    acknowledged, port = set(), [0]

    def listen(number):
        here = lambda: Site(port[0], test)  # noqa: E731
        me = until_done(lambda: here().arrive(number))
        for screen in me["screens"]:
            rows = screen_rows(test, screen, 1 + number)
            until_done(lambda rows=rows: accepted(here().answer(me["listener"], rows)))
            acknowledged.update((me["listener"], row["trial"], row["question"]) for row in rows)

    threads = [threading.Thread(target=listen, args=(number,)) for number in range(4)]
    for life in range(4):
        with process(tmp_path, port[0]) as (running, port[0], _):
            if life == 0:
                for thread in threads:
                    thread.start()
            if life < 3:
                while len(acknowledged) < 40 * (life + 1):  # of 192
                    time.sleep(0.001)
                running.kill()
            else:
                for thread in threads:
                    thread.join()
    kept = stores.answers(tmp_path / "answers.sqlite", test.id)
    found = [(answer.listener, answer.trial, answer.question) for answer in kept]
    assert len(found) == len(set(found)) == 4 * 24 * 2
    assert set(found) == acknowledged
    assert all(one.finished for one in stores.listeners(tmp_path / "answers.sqlite", test.id))


def until_done(attempt, seconds=20):
    """What `attempt` gives, once the server is there."""
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        except Exception as error:
            if type(error).__module__ != "http.client" or time.monotonic() > end:
                raise


def accepted(reply):
    assert reply.status == 200, reply
    return reply


def test_a_port_that_is_taken_is_named(tmp_path):
    make_test(tmp_path)
    with servers._listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"--port {port} on 127.0.0.1 cannot be had .*--port"):
            servers.serve(tmp_path, host="127.0.0.1", port=port)


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 8765), ("192.0.2.7", 8765), ("127.0.0.1", 99_999)])
def test_an_address_that_cannot_be_had_is_named(tmp_path, host, port):
    make_test(tmp_path)
    with pytest.raises(UserError, match=r"--host|--port"):
        servers.serve(tmp_path, host=host, port=port, token="long-enough")


def test_on_another_address_a_lasting_token_is_asked_for(tmp_path):
    test = make_test(tmp_path)
    with process(tmp_path, host="0.0.0.0") as (_, port, lines):
        token = re.search(r"\?token=([\w-]{20,})\n", lines[1])[1]
        assert Site(port, test).get("/").status == 403
        assert Site(port, test).get(f"/?token={token}").status == 303
        assert "127.0.0.1" not in lines[1] and "0.0.0.0" not in lines[1]
    assert servers._lasting_token(tmp_path) == token
    assert (tmp_path / servers.TOKEN_NAME).stat().st_mode & 0o077 == 0


def test_what_is_wrong_with_the_folder_or_token_is_named(tmp_path):
    with pytest.raises(UserError, match="no listening test"):
        servers.serve(tmp_path)
    test = make_test(tmp_path)
    with pytest.raises(UserError, match="--token must be"):
        servers.serve(tmp_path, token="short")
    (tmp_path / servers.TOKEN_NAME).write_text("\n")
    with pytest.raises(UserError, match="holds no token"):
        servers.serve(tmp_path, host="0.0.0.0", port=0)
    audio_path(tmp_path, test.stimuli[0].id).unlink()
    with pytest.raises(UserError, match="is missing"):
        servers.serve(tmp_path)


def test_missing_packages_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'starlette and uvicorn; pip install "tritone\[web\]"'):
        servers.serve(tmp_path)
