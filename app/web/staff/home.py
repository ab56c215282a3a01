"""The first page after signing in: the rooms that somebody's roles open."""

from __future__ import annotations

from starlette.responses import Response

from app.domain import review
from app.domain.staff import Role
from app.features import oversee
from app.web.doors import EVERYONE, Doors, Kind
from app.web.staff import rooms
from app.web.staff.gate import Entered

doors = Doors()


@doors.look(rooms.HOME, kind=Kind.STAFF, roles=EVERYONE)
async def show(visit: Entered) -> Response:
    """A card for each room."""
    called = rooms.titles(visit.say)
    few = due = False
    if visit.person.has(Role.ADMINISTRATOR):
        async with visit.reading() as db:
            few = await oversee.administrators(db) < rooms.ENOUGH
            due = await review.due(db, visit.now)
    mine = [called[each] for each in visit.person.roles]
    return visit.page("staff_home.html", roles=mine, few=few, due=due)
