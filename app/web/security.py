"""The outermost wall: headers on every answer, no body that is too large, no error that tells too much.

It stands around everything else, so that redirects, errors and refusals get the same headers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.links import TOKEN_WORDS, first_word

LARGEST_BODY: Final = 64 * 1024  # bytes: our longest form is far smaller
TOO_LARGE: Final = 413
ONE_YEAR: Final = 31_536_000  # seconds: what internet.nl asks of HSTS (WB-01)

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
UNLISTED: Final = TOKEN_WORDS | {"mailbox", "status", "staff"}

Refuse = Callable[[Request], Awaitable[Response]]


class Wall:
    """Around the whole service; an answer may bring a header of its own, which then stays."""

    def __init__(self, app: ASGIApp, *, https: bool, too_large: Refuse) -> None:
        self._app, self._too_large = app, too_large
        self._headers = dict(HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        if _announced(scope) > LARGEST_BODY:
            refusal = await self._too_large(Request(scope))
            await refusal(scope, receive, with_headers)
            return
        try:
            await self._app(scope, receive, with_headers)
        except Exception:
            # It was answered and written down already (errors.broken); telling the server as well
            # would put the bare path, with its token, in another log.
            if not started:
                raise

    def _add(self, headers: MutableHeaders, path: str) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        if first_word(path) in UNLISTED:
            headers.setdefault("X-Robots-Tag", "noindex, nofollow")


def _announced(scope: Scope) -> int:
    """How large the body says it is; one that lies is cut off while it is read."""
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else LARGEST_BODY + 1
