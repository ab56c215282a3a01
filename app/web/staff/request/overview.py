"""Every privacy request by its term, what is overdue first; no page of these rooms shows an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from starlette.responses import Response

from app.domain import request, service, term
from app.domain.request import Request
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered
from app.web.staff.rooms import OFFICERS, REQUESTS, WATCHERS

LAST: Final = 20  # answered requests that the list still shows; the others are in the trail

RESTORED: Final = timedelta(days=30)  # so long the list says that a backup was put back: a request's own term

doors = Doors()


@dataclass(frozen=True, slots=True)
class Line:
    """One request with its clock as it stands today."""

    row: Request
    left: int
    last: date
    moved: date


def line(row: Request, on: date) -> Line:
    """The clock of a request on a day."""
    return Line(row, row.term.left(on), row.term.last(on), row.term.moved(on))


@doors.look(REQUESTS, kind=Kind.STAFF, roles=WATCHERS)
async def show(visit: Entered) -> Response:
    """The list; the supervisor reads it."""
    on = term.today(visit.now)
    async with visit.reading() as db:
        waiting = sorted((line(row, on) for row in await request.unfinished(db)), key=lambda each: each.left)
        done = await request.finished(db, LAST)
        restored = (await service.state(db)).restored_at
    restored_on = term.today(restored) if restored and visit.now - restored <= RESTORED else None
    may_act = any(visit.person.has(role) for role in OFFICERS)
    words: dict[str, Any] = {"waiting": waiting, "done": done, "restored_on": restored_on}
    return visit.page("staff_requests.html", may_act=may_act, **words)
