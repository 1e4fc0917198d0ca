"""`tritone listen serve`: a listening test on a port of this machine, until Ctrl-C."""

import os
import re
import secrets
import socket
import webbrowser
from importlib.util import find_spec
from pathlib import Path

from tritone.errors import UserError
from tritone.judge.listen.address import is_local, web_address
from tritone.judge.listen.files import ANSWERS_NAME, audio_path, read_test
from tritone.judge.listen.store import Counts, Store
from tritone.judge.listen.test import Test

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,200}")
TOKEN_NAME = "token.txt"
"""File in the test's folder: the token that was made for it, so that links stay good when the server starts again."""


def serve(
    test: Path, *, host: str = "127.0.0.1", port: int = 8765, token: str | None = None, open_browser: bool = False
) -> None:
    """Serve the test in folder `test` to any number of listeners at once, until Ctrl-C; answers go to `answers.sqlite`.

    Where `host` is not this machine alone, a token is required: `token`, or a random one that the printed address
    holds. UserError where the folder is no test or lacks a sound, the port is taken, or a package is missing.
    """
    _require("starlette", "uvicorn")
    content = read_test(test)
    for sound in content.stimuli:
        if not audio_path(test, sound.id).is_file():
            raise UserError(f"{audio_path(test, sound.id)} is missing; plan the test again.")
    if token is None:
        token = "" if is_local(host) else _lasting_token(test)
    elif not _TOKEN.fullmatch(token):
        raise UserError(
            "--token must be of 8 or more letters, digits, - or _; leave it out, and one is made at random."
        )
    with _listening(host, port) as listening:
        store = Store(test / ANSWERS_NAME, content.id)
        try:
            address = web_address(host, listening.getsockname()[1], token)
            print(_hello(content, test, address, store.counts()), flush=True)
            if open_browser:
                webbrowser.open(address)
            _run(content, test, store, token, listening)
            print(f"\nEnded. {_so_far(store.counts())} in {test / ANSWERS_NAME}.", flush=True)
        finally:
            store.close()


def _require(*packages: str) -> None:
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise UserError(f'listen serve needs {" and ".join(missing)}; pip install "tritone[web]" brings them.')


def _run(content: Test, test: Path, store: Store, token: str, listening: socket.socket) -> None:
    import uvicorn

    from tritone.judge.listen.app import make_app

    config = uvicorn.Config(
        make_app(content, test, store, token=token), log_level="warning", access_log=False, log_config=None,
        server_header=False, proxy_headers=False, lifespan="off", timeout_keep_alive=30, timeout_graceful_shutdown=3,
        loop="asyncio", http="h11", ws="none",
    )  # fmt: skip
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        return  # the server has ended in order and hands the signal on


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens; UserError says why not."""
    if not 0 <= port < 65_536:
        raise UserError(f"--port {port} is no port; one from 1024 to 65535 is.")
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(place[:2], family=family, backlog=2048)
    except socket.gaierror as error:
        raise UserError(f"--host {host} is no address of this machine ({error.strerror}).") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise UserError(f"--port {port} on {host} cannot be had ({reason}); name another with --port.") from error


def _lasting_token(test: Path) -> str:
    """The token of this test, made at random the first time; readable by its owner only."""
    path = test / TOKEN_NAME
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(16) + "\n")
    token = path.read_text("ascii", errors="replace").strip()
    if not _TOKEN.fullmatch(token):
        raise UserError(f"{path} holds no token; delete it, and a new one is made.")
    return token


def _hello(content: Test, test: Path, address: str, counts: Counts) -> str:
    screens = len(content.orders[0].screens)
    return (
        f"{content.title}: {screens} screens, about {content.minutes:.0f} minutes a listener\n"
        f"{address}\n"
        f"{_so_far(counts)} so far in {test / ANSWERS_NAME}. Ctrl-C ends; what has been answered is kept."
    )


def _so_far(counts: Counts) -> str:
    return f"{counts.answers} answers of {counts.listeners} listeners ({counts.finished} finished)"
