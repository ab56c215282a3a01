"""Whose hands a piece of work is in: who did it last, or whom it was handed to when that account was closed.

The trail is where this is kept. It says who is responsible and changes nobody's words: who wrote in an issue
stays who wrote in it (app/domain/eyes.py).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import audit, staff
from app.domain.audit import Event, Record
from app.domain.issue import Issue
from app.domain.staff import Staff


class Kind(StrEnum):
    """What can be in somebody's hands."""

    WRITING = "writing"  # issues that are not sent, of which they saved last
    APPROVAL = "approval"  # issues that are not sent, which they approved
    REQUEST = "request"  # privacy requests in which they took the last step
    NOTICE = "notice"  # notices of a data breach that wait for a second yes


async def over(session: AsyncSession, actor: str, kind: Kind, about: str, to: str, *, now: datetime) -> None:
    """Put on record that somebody has it from now on."""
    reason = f"{kind} to {to}"
    await audit.record(session, actor, Event.WORK_HANDED_OVER, about=about, reason=reason, now=now)


async def hands(session: AsyncSession, kind: Kind, abouts: Collection[str]) -> dict[str, str]:
    """Whom each of these was handed to last, of those that ever were."""
    query = select(Record.about, Record.reason).where(
        Record.event == Event.WORK_HANDED_OVER,
        Record.about.in_(abouts),
        Record.reason.startswith(f"{kind} to "),
    )
    rows = await session.execute(query.order_by(Record.seq))
    return {about: reason.removeprefix(f"{kind} to ") for about, reason in rows}


async def steps(session: AsyncSession, abouts: Collection[str]) -> dict[str, str]:
    """Who is the last on record with each of these, or whom it was handed to since."""
    query = select(Record).where(Record.about.in_(abouts), Record.actor != staff.BY_ITSELF)
    found = {}
    for row in await session.scalars(query.order_by(Record.seq)):
        to = row.reason.partition(" to ")[2]
        found[row.about] = to if row.event == Event.WORK_HANDED_OVER else row.actor
    return found


async def keeper(session: AsyncSession, issue: Issue) -> Staff | None:
    """Who looks after the text of an issue; None when nobody does who still has an account."""
    about = f"issue {issue.id}"
    for name in (issue.author, (await hands(session, Kind.WRITING, [about])).get(about, "")):
        found = await staff.find(session, name)
        if found is not None and found.disabled_at is None:
            return found
    return None
