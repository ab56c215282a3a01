"""The link in the confirmation mail: a page with one button, and beside it "this was not me".

Opening the page changes nothing, also when a scanner opens it before the reader does.
"""

from __future__ import annotations

from starlette.responses import Response

from app.domain.block import LASTS, Ground
from app.features import confirm
from app.web.deps import Looking, Pressed
from app.web.doors import Doors, Kind
from app.web.links import signed

doors = Doors()


def _days() -> int:
    lasts = LASTS[Ground.NOT_ME]
    assert lasts is not None
    return lasts.days


@doors.look(*signed("confirm"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """The button."""
    async with visit.reading() as session:
        found = await confirm.look(session, token, ring=visit.ring, book=visit.book, now=visit.now)
    if found.again:
        return visit.page("confirmed.html", found.asked.newsletter, again=True)
    return visit.page("confirm.html", found.asked.newsletter, action=visit.path)


@doors.act(*signed("confirm"), kind=Kind.SIGNED_LINK)
async def press(visit: Pressed, token: str) -> Response:
    """Now there is a yes."""
    async with visit.writing() as session:
        done = await confirm.confirm(session, token, ring=visit.ring, book=visit.book, now=visit.now)
    return visit.page("confirmed.html", done.asked.newsletter, again=done.again)


@doors.look(*signed("notme"), kind=Kind.SIGNED_LINK)
async def ask_not_me(visit: Looking, token: str) -> Response:
    """What "this was not me" would do."""
    async with visit.reading() as session:
        asked = await confirm.read(session, token, ring=visit.ring, now=visit.now, purpose="notme")
        signed_up = await confirm.present(session, asked, visit.ring)
    return visit.page("notme.html", asked.newsletter, action=visit.path, days=_days(), signed_up=signed_up)


@doors.act(*signed("notme"), kind=Kind.SIGNED_LINK)
async def not_me(visit: Pressed, token: str) -> Response:
    """Nobody can use this address on the form for a while."""
    async with visit.writing() as session:
        letter = await confirm.decline(session, token, ring=visit.ring, book=visit.book, now=visit.now)
    return visit.page("notme_done.html", letter, days=_days())
