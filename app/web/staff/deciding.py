"""The issues on hold: which, since when, why, and what readers may have already; a person decides here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.domain import audit, edition, halt
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.halt import Halt
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.features import report
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered
from app.web.staff.rooms import CONCERNED, HELD, MAKERS

doors = Doors()


@dataclass(frozen=True, slots=True)
class Waiting:
    """One issue that waits for a decision."""

    issue: Issue
    letter: Newsletter
    subject: str
    since: datetime | None
    halt: Halt
    books: dict[str, int]  # as far as this database knows


@doors.look(HELD, kind=Kind.STAFF, roles=CONCERNED)
async def show(visit: Entered) -> Response:
    """Everything that waits, oldest first; its buttons are those of the issue itself."""
    async with visit.reading() as db:
        found = [await _waiting(db, each, visit.now) for each in await issues.in_states(db, [State.HELD])]
    may_act = any(visit.person.has(role) for role in MAKERS)
    return visit.page("staff_held.html", waiting=found, may_act=may_act)


async def _waiting(db: AsyncSession, issue: Issue, now: datetime) -> Waiting:
    letter = await db.get_one(Newsletter, issue.newsletter_id)
    subject = await edition.subject(db, issue, letter.language)
    held = await audit.latest(db, Event.ISSUE_HELD, f"issue {issue.id}")
    since = held.at if held else None
    books = (await report.progress(db, issue, now=now)).books
    return Waiting(issue, letter, subject, since, halt.read(issue.reason), books)
