"""A notice that goes out: stopped at once, let go on, ended, or sent again to the readers who missed it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.errors import IllegalMove, NotFound
from app.domain import issue as issues
from app.domain.breach import Breach
from app.domain.issue import Issue
from app.features import resend, schedule
from app.web.doors import Doors, Kind
from app.web.staff.breach.going import stands_still
from app.web.staff.breach.steps import ONE, take
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import DECIDERS

Act = Callable[..., Awaitable[Any]]
STEPS: Final[dict[str, Act]] = {
    "plan": schedule.soon,  # it was stopped before it began
    "go-on": schedule.resume,
    "again": resend.resend,
}

doors = Doors()


@doors.act(f"{ONE}/stop", kind=Kind.STAFF, roles=DECIDERS)
async def stop(visit: Entered, case: UUID) -> Response:
    """Nothing more leaves; no password is asked for, because every second counts."""
    return await _act(visit, case, partial(schedule.stop, ring=visit.ring))


@doors.act(f"{ONE}/sending", kind=Kind.STAFF, roles=DECIDERS, fresh=True)
async def send(visit: Entered, case: UUID) -> Response:
    """It goes on, or once more."""
    step = STEPS.get((await visit.fields()).get("step", ""))
    if step is None:
        raise NotFound("there is no such step")
    return await _act(visit, case, step)


@doors.act(f"{ONE}/end", kind=Kind.STAFF, roles=DECIDERS, fresh=True)
async def end(visit: Entered, case: UUID) -> Response:
    """It goes to nobody else."""
    return await _act(visit, case, _end)


async def _end(db: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """Only after it was stopped: one press too many must not end what the law wants told."""
    if not stands_still(issue):
        raise IllegalMove("stop the notice first")
    await schedule.cancel(db, issue, actor=actor, now=now)


async def _act(visit: Inside, case: UUID, step: Act) -> Response:
    asked = (await visit.fields()).get("issue", "")

    async def act(db: AsyncSession, row: Breach) -> None:
        if asked not in row.issues.values():
            raise NotFound("that is no notice of this breach")
        issue = await issues.get(db, UUID(hex=asked), lock=True)
        await step(db, issue, actor=visit.person.name, now=visit.now)

    return await take(visit, case, act)
