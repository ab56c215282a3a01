"""What a visitor is told when something cannot be done: a page for people, problem+json for programs.

No answer says more than the visitor knew already, and no log line holds a path, which may be a link.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match

from app.core import logs
from app.core.errors import LinkProblem, NotFound, NotReady, Refused, TooMany
from app.domain import newsletter
from app.domain.newsletter import Newsletter
from app.web import links
from app.web.deps import Visit
from app.web.doors import LOOKING

OK = 200
SEE_OTHER = 303
MOVED = 308
GONE = 410
MISSING = 404
UNREADY = 503
WRONG = 400
BROKEN = 500
RETRY_SECONDS = "60"  # a restart or a switch to another database is over by then
REFERENCE_BYTES = 4  # enough to find one line in a day's log

log = logs.get("web")

# Where a reader gets a new link of the same kind.
RENEWED_BY = {"confirm": "subscribe", "undo": "subscribe", "manage": "ask", "address": "ask"}


def answer(request: Request, status: int, headers: Any = None, **context: Any) -> Response:
    """The error as a page, or as problem+json where a program asks."""
    response = _problem(status) if _for_program(request) else _page(request, status, context)
    for name, value in dict(headers or {}).items():
        response.headers[name] = value
    return response


def _for_program(request: Request) -> bool:
    path = request.url.path
    return path.startswith("/health/") or path.endswith("/json")


def _problem(status: int) -> Response:
    """RFC 9457."""
    phrase = HTTPStatus(status)
    content = {
        "type": "about:blank",
        "status": status,
        "title": phrase.phrase,
        "detail": phrase.description or phrase.phrase,
    }
    return JSONResponse(content, status, media_type="application/problem+json")


def _page(request: Request, status: int, context: dict[str, Any]) -> Response:
    inside = getattr(request.state, "inside", None)  # somebody of the staff, in their own frame
    visit: Visit = inside or Visit(request)
    first = "/staff" if inside else f"/{visit.language}"
    return visit.page("error.html", status=status, switch=(), next_url=first, **context)


async def http(request: Request, error: Exception) -> Response:
    """What the router or a form refuses."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == MISSING and (path := _without_slash(request)):
        return RedirectResponse(path, MOVED)
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return answer(request, error.status_code, headers)


def _without_slash(request: Request) -> str | None:
    """The page that somebody meant who typed a slash behind it; never another site (AS-17)."""
    path: str = request.scope["path"]
    meant = path.rstrip("/")
    if request.method not in LOOKING or meant == path or not meant or path.startswith("//"):
        return None
    scope = {**request.scope, "path": meant}
    there = any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    query = request.url.query
    return (f"{meant}?{query}" if query else meant) if there else None


def _allowed(request: Request) -> set[str]:
    """Every method of a path: looking and acting are doors of their own on the same path."""
    found: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return found


async def invalid(request: Request, _error: Exception) -> Response:
    """Input that does not fit: 400 and never a word of what was sent."""
    return answer(request, WRONG)


async def refused(request: Request, error: Exception) -> Response:
    """A rule said no."""
    assert isinstance(error, Refused)
    if isinstance(error, TooMany):
        return answer(request, error.status, retry_after(error.wait), wait=error.wait)
    return answer(request, error.status)


def retry_after(wait: timedelta) -> dict[str, str]:
    """How long to wait, in whole seconds, rounded so that trying then does help."""
    return {"Retry-After": str(ceil(wait.total_seconds()))}


async def unready(request: Request, error: Exception) -> Response:
    """Not now; nothing was half done and the link keeps working."""
    log.warning("answer.unready", cause=type(error).__name__)
    return answer(request, UNREADY, {"Retry-After": RETRY_SECONDS})


async def broken(request: Request, error: Exception) -> Response:
    """Our fault: a number that finds the log line, and nothing else."""
    reference = secrets.token_hex(REFERENCE_BYTES)
    route = request.scope.get("route")
    log.error("answer.broken", reference=reference, route=getattr(route, "path", None), exc_info=error)
    return answer(request, BROKEN, reference=reference)


async def link(request: Request, error: Exception) -> Response:
    """A link that cannot be used, and where to get one that can."""
    assert isinstance(error, LinkProblem)
    if _for_program(request):
        return answer(request, link_status(error))
    visit = Visit(request)
    async with visit.reading() as session:
        letter = await about(session, error.slug)
    return link_page(visit, error, letter)


def link_status(error: LinkProblem) -> int:
    """Gone is what once worked; what never was ours is not found."""
    return MISSING if error.reason == "broken" else GONE


def link_page(visit: Visit, error: LinkProblem, letter: Newsletter | None) -> Response:
    """The page with its next step."""
    page = links.page_of(visit.path)
    kind = RENEWED_BY.get(page) if error.reason != "broken" else None
    where = links.links(letter, visit.language) if letter else None
    ways = {"subscribe": where.subscribe, "ask": where.ask} if where else {}
    return visit.page(
        "link_problem.html",
        letter,
        status=link_status(error),
        reason=error.reason,
        page=page,
        next_kind=kind if letter else None,
        next_url=ways.get(kind or "") or f"/{visit.language}",
    )


async def about(session: AsyncSession, slug: str) -> Newsletter | None:
    """The newsletter of a link that names one, or the only one there is."""
    if slug:
        try:
            return await newsletter.by_slug(session, slug)
        except NotFound:
            return None
    return await only(session)


async def only(session: AsyncSession) -> Newsletter | None:
    """The newsletter of a house that has one."""
    letters = await newsletter.every(session)
    return letters[0] if len(letters) == 1 else None


def install(app: FastAPI) -> None:
    """Tell the service which answer belongs to which error."""
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(LinkProblem, link)
    for away in (NotReady, OperationalError, InterfaceError, PoolTimeout, ConnectionError):
        app.add_exception_handler(away, unready)
    app.add_exception_handler(Exception, broken)
