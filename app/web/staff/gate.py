"""The gate before every room of staff: who it is, whether they may come in, and who pressed that button.

A button counts when it was pressed on a page of ours (Sec-Fetch-Site, or Origin where a browser sends
none) and, for who is signed in, when the form carries the text that only their session knows.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core.errors import IllegalMove
from app.core.paths import ACCESSIBILITY
from app.domain import session
from app.domain.newsletter import Newsletter
from app.domain.session import NOTED_EVERY, Stay
from app.domain.staff import Staff
from app.web.deps import FORBIDDEN, Visit
from app.web.doors import ACTING, Door
from app.web.errors import SEE_OTHER
from app.web.staff import cookies, rooms, unsent

SIGN_IN: Final = "/staff/sign-in"
CONFIRM: Final = "/staff/confirm"
FORM: Final = "form"  # the hidden field that proves that a form came from this session


class Elsewhere(Exception):
    """First somewhere else: to sign in, or to show again who it is; `sealed` is what was sent meanwhile."""

    def __init__(self, where: str, back: str, sealed: str = "") -> None:
        super().__init__(where)
        self.where, self.sealed = where, sealed
        self.path = f"{where}?{urlencode({'next': back})}" if back != rooms.HOME else where


class Guest(Visit):
    """Somebody at a page of staff who is not signed in, or not yet."""

    def page(
        self, name: str, letter: Newsletter | None = None, /, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A page in the frame for staff."""
        whole = {"accessibility": ACCESSIBILITY[self.language], **context}
        return super().page(name, letter, status=status, **whole)


class Inside(Guest):
    """Somebody who is signed in, with one of the roles that the door asks for."""

    def __init__(self, request: Request, stay: Stay, person: Staff) -> None:
        super().__init__(request)
        self.stay, self.person = stay, person
        self.language = person.language
        self.form = self.ring.mac("form", stay.id.bytes, key_id=self.ring.active, scope=None).hex()

    def page(
        self, name: str, letter: Newsletter | None = None, /, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A page with the name of who is signed in and the rooms they may enter."""
        own = {"person": self.person, "form": self.form, "rooms": rooms.of(self.person, self.say)}
        return super().page(name, letter, status=status, **{**own, "here": self.path, **context})

    @asynccontextmanager
    async def stepping(self) -> AsyncIterator[AsyncSession]:
        """The transaction of a step that may be too late: the page after it shows where the issue is.

        Nothing is changed then: it was pressed twice, or a colleague was first.
        """
        with suppress(IllegalMove):
            async with self.writing() as db:
                yield db

    async def long(self, name: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The same of a page that may hold a text of any length: others do not wait while it is made."""
        return await asyncio.to_thread(partial(self.page, name, status=status, **context))

    def to(self, path: str) -> Response:
        """Done: on to a page that can be loaded again."""
        return RedirectResponse(path, SEE_OTHER)


def gate(door: Door) -> Callable[[Request], Awaitable[None]]:
    """What stands before a door of staff; lets through whom the door's declaration names."""

    async def stand(request: Request) -> None:
        guest = Guest(request)
        found = await who(guest)
        acting = request.method in ACTING
        back = rooms.HOME if acting else guest.path
        if found is None:
            raise Elsewhere(SIGN_IN, back, await _left(guest) if acting else "")
        visit = Inside(request, *found)
        request.state.inside = visit
        if not any(visit.person.has(role) for role in door.roles):
            raise HTTPException(FORBIDDEN)
        if acting:
            await _by_themselves(visit)
        if door.fresh and not visit.stay.fresh(visit.now):
            sent = await unsent.seal(visit, visit.person.id, known=True) if acting else ""
            raise Elsewhere(CONFIRM, back, sent)
        await _note(visit)

    return stand


async def who(visit: Visit) -> tuple[Stay, Staff] | None:
    """Whoever is signed in on this browser."""
    token = cookies.session_of(visit)
    if not token:
        return None
    async with visit.reading() as db:
        return await session.find(db, token, visit.now)


async def _left(visit: Visit) -> str:
    """What somebody sent whose session had ended."""
    async with visit.reading() as db:
        person = await session.whose(db, cookies.session_of(visit))
    return await unsent.seal(visit, person, known=person is not None)


async def _note(visit: Inside) -> None:
    """The one thing that looking writes: when who is signed in was last here, for the idle limit."""
    if visit.now - visit.stay.seen_at >= NOTED_EVERY:
        async with visit.writing() as db:
            await session.note(db, visit.stay.id, visit.now)


async def _by_themselves(visit: Inside) -> None:
    ours(visit.request)
    sent = (await visit.fields()).get(FORM, "")
    if hmac.compare_digest(sent.encode(), visit.form.encode()):
        return
    # Perhaps they signed in anew in another tab. Whoever it was presses once more, on a page of this session.
    sealed = await unsent.seal(visit, None, known=True)
    if sealed in {"", unsent.TOO_LONG}:
        raise HTTPException(FORBIDDEN)
    raise Elsewhere(unsent.PATH, rooms.HOME, sealed)


def ours(request: Request) -> None:
    """Refuse a button on a page of somebody else, a neighbour on our own domain included."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")  # our own pages send "null": they send no referrer
    foreign = origin != "null" and urlsplit(origin).netloc != request.headers.get("host")
    if site not in {None, "same-origin", "none"} or (site is None and foreign):
        raise HTTPException(FORBIDDEN)


def guest(request: Request) -> Guest:
    """Somebody looks at a page of staff that needs no sign-in."""
    return Guest(request)


def asking(request: Request) -> Guest:
    """Somebody presses a button on such a page."""
    ours(request)
    return Guest(request)


def inside(request: Request) -> Inside:
    """Who passed the gate; a door without a gate stops here."""
    visit = request.state.inside
    assert isinstance(visit, Inside)
    return visit


Looking = Annotated[Guest, Depends(guest)]
Asking = Annotated[Guest, Depends(asking)]
Entered = Annotated[Inside, Depends(inside)]
