"""Somebody forgot their password: the answer is the same for every name."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from app.core.errors import TooMany
from app.domain.invitation import LIVES, Purpose
from app.features import enroll
from app.features.enroll import Desk
from app.web.doors import Doors, Kind
from app.web.errors import retry_after
from app.web.staff.gate import Asking, Looking
from app.web.staff.signin import named

FORGOTTEN: Final = "/staff/forgotten"
HOUR: Final = 3600  # seconds

doors = Doors()


@doors.look(FORGOTTEN, kind=Kind.PUBLIC)
async def show(visit: Looking) -> Response:
    """The form."""
    return visit.page("staff_forgotten.html")


@doors.act(FORGOTTEN, kind=Kind.PUBLIC)
async def ask(visit: Asking) -> Response:
    """Mail a link to whoever has that name; the second factor is still needed behind it."""
    name = named(await visit.fields())
    desk = Desk("service", visit.house.settings.base_url, visit.ring, visit.now)
    try:
        async with visit.writing() as db:
            await enroll.forgotten(db, desk, name, visit.network)
    except TooMany as limit:
        page = visit.page("staff_forgotten.html", status=TooMany.status, error=str(limit), wait=limit.wait)
        page.headers.update(retry_after(limit.wait))
        return page
    hours = int(LIVES[Purpose.PASSWORD].total_seconds()) // HOUR
    return visit.page("staff_asked.html", valid_hours=hours)
