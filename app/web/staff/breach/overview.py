"""Every data breach with its 72 hours, and what the service can say of itself before one is on record."""

from __future__ import annotations

from starlette.responses import Response

from app.domain import breach, newsletter
from app.features.breach import record
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered
from app.web.staff.rooms import BREACHES, KEEPERS, OFFICERS

doors = Doors()


@doors.look(BREACHES, kind=Kind.STAFF, roles=KEEPERS)
async def show(visit: Entered) -> Response:
    """The list; whoever is no officer reads it."""
    async with visit.reading() as db:
        rows, known, titles = (
            await breach.every(db),
            await record.subscribers(db),
            await newsletter.titles(db),
        )
    waiting = [(row, row.left(visit.now)) for row in rows if row.state == breach.State.OPEN]
    others = [row for row in rows if row.state != breach.State.OPEN]
    people = [(titles[slug], count) for slug, count in known.items()]
    may_act = any(visit.person.has(role) for role in OFFICERS)
    return visit.page("staff_breaches.html", waiting=waiting, others=others, people=people, may_act=may_act)
