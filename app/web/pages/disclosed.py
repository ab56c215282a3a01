"""The page behind the link in an answer: everything that is held of one address, in all newsletters."""

from __future__ import annotations

from starlette.responses import Response

from app.features import manage
from app.features.disclose import disclose
from app.web import holding
from app.web.deps import Looking
from app.web.doors import Doors, Kind
from app.web.links import JSON, own, signed

doors = Doors()


@doors.look(*signed("held"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """In words."""
    async with visit.reading() as session:
        theirs = await disclose(session, token, ring=visit.ring, now=visit.now)
        found = await manage.holdings(
            session, theirs.address, ring=visit.ring, book=visit.book, now=visit.now
        )
        groups = [
            (
                each.newsletter.title,
                holding.groups(
                    each,
                    theirs.address,
                    await holding.numbers(session, each),
                    visit.say,
                    visit.language,
                ),
            )
            for each in found
        ]
        looks = await manage.lookups(session, theirs.address, ring=visit.ring, book=visit.book)
    return visit.page(
        "disclosed.html",
        theirs.letter,
        looked=holding.looked(looks, visit.say, visit.language),
        held=groups,
        address=theirs.address.typed,
        valid_until=theirs.until,
        json_url=own("held", visit.language, token, JSON),
    )
