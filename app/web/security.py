"""The outermost wall: headers on every answer, nothing too large or unreadable, no error that tells too much.

It stands around everything else, so that redirects, errors and refusals get the same headers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web import numbers
from app.web.links import TOKEN_WORDS, first_word

LARGEST_BODY: Final = 64 * 1024  # bytes: our longest form but one is far smaller
MISSING: Final = 404
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

# Where an issue is written: only for who is signed in, and read after the gate has asked who that is.
WRITING: Final = re.compile(r"/staff/issues/[^/]+/write/[^/]+")
HANDING_IN: Final = "/staff/lists/new"  # where an officer hands a list in


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How much one form may hold."""

    body: int  # bytes, all together
    fields: int
    files: int
    in_memory: bool = False  # its files never lie on a disk, not even a temporary one


FORM: Final = Ceiling(LARGEST_BODY, 20, 0)  # our longest form has three fields
# The most blocks that an issue can have with all their fields; and a photograph that is too large by far
# still comes in, so that this can be told at its field and the words around it stay.
ISSUE: Final = Ceiling(25_000_000, 1_000, 100)
# A file with addresses. What is somewhat too large still comes in, so that this can be told at its field.
LIST: Final = Ceiling(20_000_000, 5, 1, in_memory=True)


def ceiling(path: str) -> Ceiling:
    """What a form that is sent to this path may hold."""
    if WRITING.fullmatch(path):
        return ISSUE
    return LIST if path == HANDING_IN else FORM


Refuse = Callable[[Request, int], Response]


class Wall:
    """Around the whole service; an answer may bring a header of its own, which then stays."""

    def __init__(self, app: ASGIApp, *, https: bool, refuse: Refuse) -> None:
        self._app, self._refuse = app, refuse
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

        if refused := _refused(scope):
            await self._refuse(Request(scope), refused)(scope, receive, with_headers)
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


def _refused(scope: Scope) -> int | None:
    """With which answer it is not let in; no address of ours holds a NUL, which a database cannot look up."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return MISSING
    return TOO_LARGE if announced(scope, unsaid=0) > ceiling(scope["path"]).body else None


def announced(scope: Scope, *, unsaid: int) -> int:
    """How large the body says it is, and what it counts for without a word; a lie is cut off while read."""
    length = Headers(scope=scope).get("content-length", str(unsaid))
    size = numbers.read(length)
    return ISSUE.body + 1 if size is None else size
