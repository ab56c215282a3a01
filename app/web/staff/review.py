"""Once a quarter somebody looks at all accounts and roles, and signs that they are right."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.domain import review
from app.domain.staff import Staff
from app.features import oversee
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.staff import rooms
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import ADMINISTRATORS, OVERSEERS, REVIEW

doors = Doors()


@doors.look(REVIEW, kind=Kind.STAFF, roles=OVERSEERS)
async def show(visit: Entered) -> Response:
    """All open accounts, and when they were last looked at; the supervisor may see it as well."""
    return await _page(visit)


@doors.act(REVIEW, kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def sign(visit: Entered) -> Response:
    """Signed off, unless something changed since the page was made: then that is told and shown."""
    seen = (await visit.fields()).get("seen", "")
    async with visit.writing() as db:
        same = oversee.fingerprint(await _open(db)) == seen
        if same:
            await oversee.sign_off(db, visit.person, now=visit.now)
    return visit.to(REVIEW) if same else await _page(visit, "changed")


async def _page(visit: Inside, error: str | None = None) -> Response:
    async with visit.reading() as db:
        people = await _open(db)
        last, due = await review.last(db), await review.due(db, visit.now)
    return visit.page(
        "staff_review.html",
        status=WRONG if error else OK,
        error=error,
        people=people,
        last=last,
        due=due,
        next_at=last.at + review.EVERY if last else None,
        may_sign=any(visit.person.has(role) for role in ADMINISTRATORS),
        seen=oversee.fingerprint(people),
        called=rooms.titles(visit.say),
    )


async def _open(db: AsyncSession) -> list[Staff]:
    return list(await db.scalars(select(Staff).where(Staff.disabled_at.is_(None)).order_by(Staff.name)))
