"""A reader makes a privacy request from their own page: what they cannot do there by themselves."""

from __future__ import annotations

from starlette.responses import Response

from app.domain import term
from app.domain.request import Channel
from app.domain.request import Kind as Right
from app.features.request import receive, settle
from app.features.request.receive import Asked
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.links import ACTS, own, signed
from app.web.pages.mydata import opened
from app.web.pages.verify import desk

OFFERED = (Right.CORRECTION, Right.ACCESS, Right.RESTRICTION, Right.OBJECTION)  # the rest is a button there

doors = Doors()


@doors.look(*signed("manage", ACTS["request"]), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """Which rights there are."""
    return await _page(visit, token, None)


@doors.act(*signed("manage", ACTS["request"]), kind=Kind.SIGNED_LINK)
async def ask(visit: Pressed, token: str) -> Response:
    """On record; the answer comes by mail."""
    wanted = (await visit.fields()).get("kind", "")
    if wanted not in OFFERED:
        return await _page(visit, token, "kind")
    async with visit.writing() as session:
        mine = await opened(visit, session, token)
        row = await receive.receive(
            session,
            desk(visit),
            Asked(
                mine.newsletter,
                mine.address,
                Right(wanted),
                Channel.LINK,
                visit.language,
                term.today(visit.now),
            ),
        )
        at_once = await settle.by_link(session, desk(visit), row)
    last = row.term.last(term.today(visit.now))
    return visit.page("rights_asked.html", mine.newsletter, asked=row, last_on=last, at_once=at_once)


async def _page(visit: Visit, token: str, error: str | None) -> Response:
    async with visit.reading() as session:
        mine = await opened(visit, session, token)
    return visit.page(
        "rights.html",
        mine.newsletter,
        status=WRONG if error else OK,
        action=visit.path,
        back_url=own("manage", visit.language, token),
        offered=OFFERED,
        error=error,
    )
