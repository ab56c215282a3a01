"""The books of an issue are closed when they balance, and not before (promise 8).

Audience at the freeze = accepted + refused + left + given up + waiting, with waiting = 0 at the end.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import logs
from app.core.crypto import KeyRing
from app.domain import audit, delivery, edition, notice
from app.domain.audit import Event
from app.domain.delivery import OPEN, Delivery
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.domain.subscriber import Subscriber

log = logs.get("send.close")


async def close(session: AsyncSession, issue_id: UUID, *, now: datetime) -> bool:
    """Close the books if nothing waits any more; True when that happened."""
    if await session.scalar(select(exists().where(Delivery.issue_id == issue_id, Delivery.state.in_(OPEN)))):
        return False
    query = select(Issue).where(Issue.id == issue_id).with_for_update()
    issue = await session.scalar(query)
    if issue is None or not _closable(issue):
        return False
    tally = await delivery.tally(session, issue_id)
    books = tally.books
    ends = sum(books[key] for key in ("accepted", "refused", "left", "given_up"))
    if issue.state == State.CANCELLED and issue.frozen_at is None:
        issue.audience = ends  # stopped before everybody was counted: who was, is
    if books["waiting"]:
        return False  # somebody came back in this very moment
    if issue.audience != ends:
        log.error("books.unbalanced", issue=str(issue_id), audience=issue.audience, ends=ends)
        return False
    for key in ("accepted", "refused", "left", "given_up", "in_doubt"):
        setattr(issue, key, books[key])
    issue.answers = tally.answers
    await _finish(session, issue, now)
    return True


async def tell(session: AsyncSession, issue_id: UUID, *, ring: KeyRing, now: datetime) -> None:
    """Editors and approvers hear of it when not everybody got an issue: "sent" alone would hide that."""
    issue = await session.get_one(Issue, issue_id)
    if issue.state != State.SENT or not issue.given_up:
        return
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    words = {
        "subject": await edition.subject(session, issue, letter.language),
        "given_up": issue.given_up,
        "audience": issue.audience,
        "issue_id": str(issue.id),
        "breach": issue.notice,
    }
    await notice.tell(session, letter, "missing", words, roles=notice.concerned(issue), ring=ring, now=now)


def _closable(issue: Issue) -> bool:
    if issue.state == State.SENDING:
        return issue.frozen_at is not None
    return issue.state == State.CANCELLED and issue.begun and issue.closed_at is None


async def _finish(session: AsyncSession, issue: Issue, now: datetime) -> None:
    issue.closed_at = now
    if issue.state == State.SENDING:
        issue.move_to(State.SENT)
        if not issue.notice:  # a notice of a data breach is for those whom it concerns
            issue.published_at = issue.published_at or now  # sent again, it stays where it was
        await audit.record(session, "service", Event.ISSUE_SENT, about=f"issue {issue.id}", now=now)


async def sweep(session: AsyncSession, issue_id: UUID) -> None:
    """Rows whose reader has gone and that no worker holds: they have left."""
    there = exists().where(Subscriber.id == Delivery.subscriber_id)
    await session.execute(
        update(Delivery)
        .where(
            Delivery.issue_id == issue_id,
            Delivery.state == delivery.State.WAITING,
            Delivery.lease_owner.is_(None),
            ~there,
        )
        .values(state=delivery.State.LEFT)
        .execution_options(synchronize_session=False)
    )
