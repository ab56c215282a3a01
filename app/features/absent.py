"""Somebody of the staff says when they are away, or that they are not after all."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid, TooMany
from app.domain import absence, audit
from app.domain.absence import Absence
from app.domain.audit import Event
from app.domain.staff import Staff

LONGEST = timedelta(days=366)  # who is away for longer hands the account over
MOST = 20  # times ahead: more is a slip
DAY = timedelta(days=1)


async def note(
    session: AsyncSession, person: Staff, first: date, last: date, *, zone: tzinfo, now: datetime
) -> None:
    """Away from the first day to the last, both included; raises Invalid for days that cannot be meant."""
    today = now.astimezone(zone).date()
    if not timedelta() <= last - first < LONGEST or last < today or first - today > LONGEST:
        raise Invalid("choose a last day that is not before the first, within a year")
    starts_at = datetime.combine(first, time(), zone)
    ends_at = datetime.combine(last + DAY, time(), zone)
    if len(await absence.of(session, person.id, now)) >= MOST:
        raise TooMany("there are many absences already; take one back first", DAY)
    session.add(Absence(staff_id=person.id, starts_at=starts_at, ends_at=ends_at))
    reason = f"{first} to {last}"
    await audit.record(
        session, person.name, Event.STAFF_AWAY, about=f"staff {person.name}", reason=reason, now=now
    )


async def take_back(session: AsyncSession, person: Staff, absence_id: UUID, *, now: datetime) -> None:
    """Not away after all."""
    if await absence.drop(session, person.id, absence_id):
        await audit.record(session, person.name, Event.STAFF_BACK, about=f"staff {person.name}", now=now)
