"""The routes of a listening test: the page, its sounds, and the answers that come back."""

import sqlite3
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tritone.judge.listen.checks import (
    HEADPHONES,
    Refused,
    count_of,
    exactly,
    order_of,
    parsed,
    screen_answers,
)
from tritone.judge.listen.files import audio_path, is_id
from tritone.judge.listen.guard import Guard, refusal
from tritone.judge.listen.public import PAGE, SCRIPTS, STYLE, page, public, screens
from tritone.judge.listen.store import Listener, Store, now
from tritone.judge.listen.test import Test

MOST_BYTES = 64 * 1024
"""Longest body of a POST."""
_FOR_EVER = "private, max-age=31536000, immutable"
_NO_DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


def make_app(test: Test, folder: Path, store: Store, *, token: str = "") -> Starlette:
    """The ASGI application that serves `test`, whose sounds are in `folder`, and keeps answers in `store`.

    With a `token`, only to browsers that opened `/?token=TOKEN`; without one, only under this machine's local names.
    """
    desk = _Desk(test, folder, store)
    routes = [
        Route("/", desk.page),
        Route("/assets/{name}", desk.asset),
        Route("/test", desk.test_json),
        Route("/audio/{name}", desk.audio),
        Route("/progress", desk.progress),
        Route("/listener", desk.listener, methods=["POST"]),
        Route("/answers", desk.answers, methods=["POST"]),
    ]
    guard = Middleware(Guard, token=token, cookie=f"listen-{test.id[:12]}")
    return Starlette(
        routes=routes, middleware=[guard],
        exception_handlers={HTTPException: _http_error, Refused: _refused, sqlite3.OperationalError: _busy},
    )  # fmt: skip


class _Desk:
    def __init__(self, test: Test, folder: Path, store: Store) -> None:
        self.test, self.folder, self.store = test, folder, store
        self.html = "".join(page(test.title))
        self.assets = {name: (PAGE / name).read_bytes() for name in (*SCRIPTS, STYLE)}
        self.sounds = {f"{sound.id}.wav": sound.id for sound in test.stimuli}

    async def page(self, request: Request) -> Response:
        return HTMLResponse(self.html, headers={"cache-control": "no-cache"})

    async def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.assets:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        kind = _TYPES[Path(name).suffix]
        return Response(self.assets[name], media_type=kind, headers={"cache-control": "no-cache"})

    async def test_json(self, request: Request) -> Response:
        return JSONResponse(public(self.test))

    async def audio(self, request: Request) -> Response:
        """A sound of the test, whole or in ranges; no date, which could tell in what order sounds were made."""
        sound = self.sounds.get(request.path_params["name"])
        if sound is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        headers = {"cache-control": _FOR_EVER, "etag": f'"{sound}"', "last-modified": _NO_DATE}
        return FileResponse(audio_path(self.folder, sound), headers=headers, media_type="audio/wav")

    async def progress(self, request: Request) -> Response:
        counts = await run_in_threadpool(self.store.counts)
        return JSONResponse({"listeners": counts.listeners, "finished": counts.finished, "answers": counts.answers})

    async def listener(self, request: Request) -> Response:
        """A new listener (test, visit, headphones, expert), or one who comes back (test, listener)."""
        body = self._of_this_test(await _body(request))
        if "listener" in body:
            exactly(body, ("test", "listener"))
            return await self._screens(await self._known(body["listener"]))
        exactly(body, ("test", "visit", "headphones", "expert"))
        visit, headphones, expert = body["visit"], body["headphones"], body["expert"]
        if not isinstance(visit, str) or not is_id(visit):
            raise Refused("visit must be 32 hexadecimal digits.", 422)
        if not isinstance(headphones, str) or headphones not in HEADPHONES or not isinstance(expert, bool):
            raise Refused(f"headphones must be one of {', '.join(HEADPHONES)}, and expert true or false.", 422)
        browser = request.headers.get("user-agent", "")[:300]
        return await self._screens(await run_in_threadpool(self.store.arrive, visit, browser, headphones, expert))

    async def answers(self, request: Request) -> Response:
        """The answers of one screen. They are on disk before this says so."""
        body = self._of_this_test(await _body(request))
        exactly(body, ("test", "listener", "answers"))
        who = await self._known(body["listener"])
        order = order_of(self.test, who.number)
        rows = screen_answers(body["answers"], self.test, order, listener=who.id, at=now())
        await run_in_threadpool(self.store.add, rows, count_of(self.test, order))
        return JSONResponse({"kept": len(rows)})

    async def _screens(self, who: Listener) -> Response:
        answered = await run_in_threadpool(self.store.trials, who.id)
        order = order_of(self.test, who.number)
        return JSONResponse({"listener": who.id, "screens": screens(self.test, order), "answered": answered})

    async def _known(self, name: object) -> Listener:
        found = await run_in_threadpool(self.store.listener, name) if isinstance(name, str) and is_id(name) else None
        if found is None:
            raise Refused("This listener is not known here.", 403)
        return found

    def _of_this_test(self, body: dict) -> dict:
        if body.get("test") != self.test.id:
            raise Refused("These are answers to another test.", 403)
        return body


async def _body(request: Request) -> dict:
    """The JSON object of a request; reading stops at `MOST_BYTES`."""
    held = bytearray()
    try:
        async for part in request.stream():
            held += part
            if len(held) > MOST_BYTES:
                raise Refused(f"The body is longer than {MOST_BYTES} bytes.", 413)
    except ClientDisconnect:
        raise Refused("The connection ended before the body did.") from None
    return parsed(bytes(held))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = {404: "There is nothing here.", 405: "This address does not take that method."}.get(error.status_code)
    response = refusal(sentence or f"{error.detail}.", error.status_code)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(str(error), error.status)


async def _busy(request: Request, error: Exception) -> Response:
    """The disk is full or held by another; the page keeps its answers and comes again."""
    return refusal(f"Answers cannot be kept just now ({error}); please try again.", 503)
