"""A reader asks to be forgotten: first what goes and what stays, then one button."""

from __future__ import annotations

from starlette.responses import Response

from app.features import erase
from app.web import terms
from app.web.deps import Looking, Pressed
from app.web.doors import Doors, Kind
from app.web.links import ACTS, own, signed
from app.web.pages.mydata import opened

ACTOR = "reader"  # the trail says that a reader asked, never which

doors = Doors()


@doors.look(*signed("manage", ACTS["erase"]), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """What the button does."""
    async with visit.reading() as session:
        mine = await opened(visit, session, token)
    goes, stays = terms.at_erasure(visit.house.settings.backup_days, visit.language)
    return visit.page(
        "erase.html",
        mine.newsletter,
        action=visit.path,
        back_url=own("manage", visit.language, token),
        goes=goes,
        stays=stays,
    )


@doors.act(*signed("manage", ACTS["erase"]), kind=Kind.SIGNED_LINK)
async def press(visit: Pressed, token: str) -> Response:
    """Everything of this address goes, in every newsletter."""
    async with visit.writing() as session:
        mine = await opened(visit, session, token)
        erased = await erase.erase(
            session, mine.address, ring=visit.ring, book=visit.book, actor=ACTOR, now=visit.now
        )
    return visit.page("erased.html", mine.newsletter, finished=erased.final)
