"""Closing an account: first what its owner leaves to hand over, then the button."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from app.features import oversee
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.staff.gate import Entered, Inside
from app.web.staff.people import ONE, got
from app.web.staff.rooms import ADMINISTRATORS, PEOPLE

doors = Doors()


@doors.look(f"{ONE}/close", kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def show(visit: Entered, person: UUID) -> Response:
    """Drafts and approvals that would be without an owner."""
    return await _page(visit, person, None)


@doors.act(f"{ONE}/close", kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def close(visit: Entered, person: UUID) -> Response:
    """Closed, and signed out everywhere in the same moment."""
    try:
        async with visit.writing() as db:
            found = await got(db, person)
            await oversee.close(db, visit.person, found.name, now=visit.now)
    except (oversee.LastAdministrator, oversee.OwnRoles) as refusal:
        return await _page(visit, person, type(refusal).__name__)
    return visit.to(PEOPLE)


async def _page(visit: Inside, person: UUID, error: str | None) -> Response:
    async with visit.reading() as db:
        found = await got(db, person)
        left = await oversee.left_by(db, found)
    status = WRONG if error else OK
    return visit.page("staff_close.html", status=status, found=found, left=left, error=error)
