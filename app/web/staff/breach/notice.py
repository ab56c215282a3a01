"""The notice to the people: an officer chooses what it advises, somebody else approves, and it is planned."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.domain import issue as issues
from app.domain.breach import Advice, Breach
from app.features import approve, schedule
from app.features.breach import notice
from app.web.doors import Doors, Kind
from app.web.staff.breach.steps import ONE, Choose, take
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import DECIDERS, OFFICERS

doors = Doors()


@doors.act(f"{ONE}/notice", kind=Kind.STAFF, roles=OFFICERS)
async def write(visit: Entered, case: UUID) -> Response:
    """What people can do; the rest follows from the facts."""
    fields = await visit.fields()

    async def step(db: AsyncSession, row: Breach) -> None:
        chosen = [each for each in Advice if fields.get(f"advice-{each}")]
        if not chosen:
            raise Choose("advice")
        await notice.write(db, row, chosen, actor=visit.person.name, now=visit.now)

    return await take(visit, case, step)


@doors.act(f"{ONE}/approve", kind=Kind.STAFF, roles=DECIDERS, fresh=True)
async def agree(visit: Entered, case: UUID) -> Response:
    """Approved by a second person: compiled now, and planned with ten minutes to stop it."""
    seen = (await visit.fields()).get("seen", "")

    async def step(db: AsyncSession, row: Breach) -> None:
        for issue in await notice.approve(db, row, seen, actor=visit.person.name, now=visit.now):
            await _plan(visit, db, issue.id)

    return await take(visit, case, step)


async def _plan(visit: Inside, db: AsyncSession, issue_id: UUID) -> None:
    issue, name = await issues.get(db, issue_id, lock=True), visit.person.name
    base_url = visit.house.settings.base_url
    await approve.approve(db, issue, approver=name, base_url=base_url, ring=visit.ring, now=visit.now)
    await schedule.soon(db, issue, actor=name, now=visit.now)
