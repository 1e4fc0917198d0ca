"""What stands before every route: who may ask at all, and headers that tell the browser to trust nothing else."""

import secrets
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tritone.judge.listen.address import is_local

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
"""On every response."""


class Guard:
    """ASGI middleware that lets through what comes from the page itself.

    Without a token the host must be named as this machine's own (else a page elsewhere could have its name point here).
    With one, a browser must have opened the link that holds it: it is then kept in a cookie. A POST must be JSON and
    come from the page's own origin.
    """

    def __init__(self, app: ASGIApp, *, token: str, cookie: str) -> None:
        self.app, self.token, self.cookie = app, token, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the place of the app, or hand on to it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        request = Request(scope)
        answer = self._entrance(request) or (_post(request.headers) if request.method == "POST" else None)
        await (answer or self.app)(scope, receive, headed)

    def _entrance(self, request: Request) -> Response | None:
        if not self.token:
            known = is_local(_name(request.headers.get("host", "")))
            return None if known else refusal("This server answers to this machine's own name only.", 403)
        given = request.query_params.get("token")
        if given is not None and request.url.path == "/" and self._right(given):
            entered = RedirectResponse("./", HTTPStatus.SEE_OTHER)
            entered.set_cookie(self.cookie, self.token, max_age=30 * 86400, httponly=True, samesite="lax")
            return entered
        if self._right(request.cookies.get(self.cookie, "")):
            return None
        return refusal("This listening test opens with the whole link that was sent to you, token and all.", 403)

    def _right(self, given: str) -> bool:
        return secrets.compare_digest(given.encode("utf-8", "replace"), self.token.encode("utf-8"))


def refusal(sentence: str, status: int) -> Response:
    """One sentence for whoever asked."""
    return PlainTextResponse(sentence, status)


def _post(headers: Headers) -> Response | None:
    """A refusal of what a form or script of another site could send, or None."""
    origin, host = headers.get("origin", ""), headers.get("host", "")
    if not host or not origin.startswith(("http://", "https://")) or urlsplit(origin).netloc != host:
        return refusal("Answers are taken from the page of this server only.", 403)
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return refusal("The body must be application/json.", 415)
    return None


def _name(host: str) -> str:
    """The host without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
