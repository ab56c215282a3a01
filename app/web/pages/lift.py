"""The link that came with a block: what it holds back, and one button that lifts it.

Opening the page changes nothing, also when a scanner opens it.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.features import lift
from app.web.deps import Looking, Pressed
from app.web.doors import Doors, Kind
from app.web.links import signed

doors = Doors()


@doors.look(*signed("lift"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """What the button does; when there is nothing for it to lift any more, that."""
    async with visit.reading() as session:
        found = await lift.look(session, token, ring=visit.ring, now=visit.now)
    if not found.goes:
        return visit.page("unblocked.html", found.letter, goes=(), stays=found.stays)
    words: dict[str, Any] = {"goes": found.goes, "stays": found.stays, "until": found.until}
    return visit.page("unblock.html", found.letter, action=visit.path, **words)


@doors.act(*signed("lift"), kind=Kind.SIGNED_LINK)
async def press(visit: Pressed, token: str) -> Response:
    """Mail may come again, and nobody is signed up by it."""
    async with visit.writing() as session:
        found = await lift.lift(session, token, ring=visit.ring, book=visit.book, now=visit.now)
    return visit.page("unblocked.html", found.letter, goes=found.goes, stays=found.stays)
