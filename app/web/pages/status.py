"""How the service is doing, for whoever tries it out on their own machine.

Outside production only: strangers have no business with counts and times. In production a monitor
asks /health/ready, and people who work with the service ask the command line.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.domain import service
from app.domain.outbox import Mail
from app.domain.service import Job
from app.web.deps import Looking, Visit
from app.web.doors import Doors, Kind

QUIET_FOR = timedelta(minutes=1)  # a worker raises its counter every ten seconds
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

Line = tuple[str, str, bool]

doors = Doors()


@doors.look("/status", kind=Kind.DEMO)
async def show(visit: Looking) -> Response:
    """Readiness, the worker, the queue, and every job."""
    wrong = await visit.porch.watchman.reasons()
    async with visit.reading() as session:
        rows = {row.name: row for row in await session.scalars(select(Job))}
        lines = await _lines(visit, session, wrong)
    jobs = [
        (
            each.name,
            visit.say(each.why),
            _every(visit, each.every),
            rows[each.name].started_at if each.name in rows else None,
            rows[each.name].outcome if each.name in rows else "",
        )
        for each in visit.porch.chores
    ]
    return visit.page("status.html", lines=lines, jobs=jobs)


async def _lines(visit: Visit, session: AsyncSession, wrong: list[str]) -> list[Line]:
    say = visit.say
    state = await service.state(session)
    waiting = await session.scalar(select(func.count()).select_from(Mail)) or 0
    raised_at = state.raised_at
    works = raised_at is not None and visit.now - raised_at < QUIET_FOR
    return [
        (say("Ready to serve"), "; ".join(wrong) or say("yes"), not wrong),
        (say("The worker"), say("works") if works else say("was not heard of for a minute"), works),
        (say("Mails that wait to be sent"), str(waiting), True),
    ]


def _every(visit: Visit, length: timedelta) -> str:
    say = visit.say
    for size, one, more in (
        (DAY, say("every day"), say("every %(count)s days")),
        (HOUR, say("every hour"), say("every %(count)s hours")),
        (MINUTE, say("every minute"), say("every %(count)s minutes")),
        (SECOND, say("every second"), say("every %(count)s seconds")),
    ):
        if length >= size:
            return one if length // size == 1 else more % {"count": length // size}
    return say("all the time")
