"""The link in the confirmation mail: a page with one button, and beside it "this was not me".

Opening the page changes nothing, also when a scanner opens it before the reader does.
"""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from app.domain.block import LASTS, Ground, link
from app.domain.newsletter import Newsletter
from app.features import confirm
from app.features.confirm import Asked
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.links import own, signed
from app.web.templating import markup, text_of

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

    def seen(letter: Newsletter) -> str:
        return shown(letter, visit.language)

    async with visit.writing() as session:
        done = await confirm.confirm(
            session, token, shown=seen, ring=visit.ring, book=visit.book, now=visit.now
        )
    return visit.page("confirmed.html", done.asked.newsletter, again=done.again)


def shown(letter: Newsletter, language: str) -> str:
    """The exact words at the button, to keep with the yes."""
    return text_of(markup("confirm_offer.html", language=language, newsletter=letter, action=""))


@doors.look(*signed("notme"), kind=Kind.SIGNED_LINK)
async def ask_not_me(visit: Looking, token: str) -> Response:
    """What "this was not me" would do."""
    async with visit.reading() as session:
        asked = await confirm.read(session, token, ring=visit.ring, now=visit.now, purpose="notme")
        signed_up = await confirm.present(session, asked, visit.ring)
        blocked = await confirm.declined(session, asked, ring=visit.ring, now=visit.now)
    if blocked is not None:
        return _blocked(visit, asked, until=blocked.ends_at, days=None)
    return visit.page("notme.html", asked.newsletter, action=visit.path, days=_days(), signed_up=signed_up)


@doors.act(*signed("notme"), kind=Kind.SIGNED_LINK)
async def not_me(visit: Pressed, token: str) -> Response:
    """Nobody can use this address on the form for a while."""
    async with visit.writing() as session:
        asked = await confirm.decline(session, token, ring=visit.ring, book=visit.book, now=visit.now)
    return _blocked(visit, asked, until=None, days=_days())


def _blocked(visit: Visit, asked: Asked, *, until: datetime | None, days: int | None) -> Response:
    token = link(visit.ring, asked.newsletter.id, asked.address, visit.now)
    lift_url = own("lift", visit.language, token)
    return visit.page("notme_done.html", asked.newsletter, until=until, days=days, lift_url=lift_url)
