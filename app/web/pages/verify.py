"""The link in the mail that asks "did you ask us this?": one button for yes, and one for no.

Opening the page changes nothing; without a yes nothing is done with anybody's data.
"""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from app.features.request import identify
from app.features.request.receive import READER, Desk
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.errors import SEE_OTHER
from app.web.links import DENY, own, signed

doors = Doors()


def desk(visit: Visit, actor: str = READER) -> Desk:
    """What handling a request needs, for who comes here."""
    settings = visit.house.settings
    return Desk(actor, visit.ring, visit.book, settings.base_url, settings.backup_days, visit.now)


@doors.look(*signed("request"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """What was asked, and the two buttons."""
    async with visit.reading() as session:
        found = await identify.look(session, token, ring=visit.ring, now=visit.now)
    deny = own("request", visit.language, token, DENY)
    return visit.page(
        "request_confirm.html", found.letter, asked=found.row, action=visit.path, deny_action=deny
    )


@doors.look(*signed("request", DENY), kind=Kind.SIGNED_LINK)
async def back(visit: Looking, token: str) -> Response:
    """Somebody reloads the page that a button led to: nothing is pressed again."""
    return RedirectResponse(own("request", visit.language, token), SEE_OTHER)


@doors.act(*signed("request"), kind=Kind.SIGNED_LINK)
async def confirm(visit: Pressed, token: str) -> Response:
    """It was them: an officer goes on."""
    async with visit.writing() as session:
        found = await identify.confirm(session, desk(visit), token)
    return visit.page("request_confirmed.html", found.letter, asked=found.row, known=True)


@doors.act(*signed("request", DENY), kind=Kind.SIGNED_LINK)
async def deny(visit: Pressed, token: str) -> Response:
    """It was somebody else: nothing is done."""
    async with visit.writing() as session:
        found = await identify.deny(session, desk(visit), token)
    return visit.page("request_confirmed.html", found.letter, asked=found.row, known=False)
