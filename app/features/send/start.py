"""The moment of an approved issue has come: it begins, once, whoever notices first.

One that was due while the service was down goes out when it is back within 24 hours; after that it
waits for a person, because news that late may no longer be news. Colleagues who did not get the final
mail, because nothing was there to send it, still get it ten minutes ahead: else nobody could stop it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.core.database import changed
from app.domain import audit, edition, notice, slot
from app.domain.audit import Event
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.domain.notice import PASSED, PREVIEW
from app.domain.staff import Role

LATE = timedelta(hours=24)


async def due(session: AsyncSession, now: datetime) -> bool:
    """Whether any issue's moment has come; only looks."""
    query = select(exists().where(Issue.state == State.SCHEDULED, Issue.due_at <= now))
    return bool(await session.scalar(query))


async def start(session: AsyncSession, *, ring: KeyRing, now: datetime) -> list[UUID]:
    """Begin every issue that is due, and hold those that are too late; returns what moved."""
    query = select(Issue).where(Issue.state == State.SCHEDULED, Issue.due_at <= now)
    moved = []
    for issue in await session.scalars(query):
        assert issue.due_at is not None
        if issue.due_at < now - LATE:
            moves = await _hold(session, issue, ring, now)
        elif issue.previewed_at is None and issue.due_at < now - PASSED:
            await _put_off(session, issue, now)
            continue
        else:
            moves = await _begin(session, issue, now)
        if moves:
            moved.append(issue.id)
    return moved


async def _put_off(session: AsyncSession, issue: Issue, now: datetime) -> None:
    """Nobody saw the final mail: ten minutes from now, in which it still comes. It begins then, not now."""
    at = now + PREVIEW
    statement = (
        update(Issue)
        .where(Issue.id == issue.id, Issue.state == State.SCHEDULED, Issue.due_at < now - PASSED)
        .where(Issue.previewed_at.is_(None))
        .values(due_at=at)
    )
    if await changed(session, statement):
        words = {"about": f"issue {issue.id}", "reason": at.isoformat()}
        await audit.record(session, "service", Event.ISSUE_SCHEDULED, **words, now=now)


async def _begin(session: AsyncSession, issue: Issue, now: datetime) -> bool:
    statement = (
        update(Issue)
        .where(Issue.id == issue.id, Issue.state == State.SCHEDULED, Issue.due_at <= now)
        .values(state=State.SENDING, started_at=now)
    )
    if not await changed(session, statement):
        return False  # another worker was first
    await slot.use(session, issue.id)
    await audit.record(session, "service", Event.ISSUE_STARTED, about=f"issue {issue.id}", now=now)
    return True


async def _hold(session: AsyncSession, issue: Issue, ring: KeyRing, now: datetime) -> bool:
    statement = (
        update(Issue)
        .where(Issue.id == issue.id, Issue.state == State.SCHEDULED)
        .values(state=State.HELD, reason="late")
    )
    if not await changed(session, statement):
        return False
    await audit.record(
        session, "service", Event.ISSUE_HELD, about=f"issue {issue.id}", reason="late", now=now
    )
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    words = {"subjects": [await edition.subject(session, issue, letter.language)], "why": "late"}
    # They decide about the notice of a data breach, of which the law wants haste.
    roles = (*notice.EDITORIAL, Role.OFFICER) if issue.notice else notice.EDITORIAL
    await notice.tell(session, letter, "held", words, roles=roles, ring=ring, now=now)
    return True
