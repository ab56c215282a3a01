"""Who gets an issue is decided once, when it begins: everybody subscribed at that moment.

Done in chunks that can be resumed, while the first chunks are already being sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, func, insert, literal, literal_column, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import dialect_of, insert_or_skip
from app.domain.delivery import Delivery
from app.domain.delivery import State as DeliveryState
from app.domain.issue import Issue, State
from app.domain.subscriber import Subscriber, wanting

# Readers a transaction: PostgreSQL's other writers do not wait; on SQLite everybody does.
CHUNK = {"postgresql": 25_000, "sqlite": 500}
FIRST_CHUNK = 1_000  # readers: the first copies leave at once, also from a chunk that takes a while


async def freeze(session: AsyncSession, issue_id: UUID, *, now: datetime) -> bool:
    """Add the next chunk of the audience; True when there is more to do.

    Another worker that is at it already has the row locked: then there is nothing to do here.
    """
    query = select(Issue).where(Issue.id == issue_id, Issue.state == State.SENDING, Issue.frozen_at.is_(None))
    issue = await session.scalar(query.with_for_update(skip_locked=True))
    if issue is None:
        return False
    upto = await _end_of_chunk(session, issue)
    if upto is None:
        issue.frozen_at = now
        counted = select(func.count()).where(Delivery.issue_id == issue.id)
        issue.audience = await session.scalar(counted) or 0
        return False
    await _add(session, issue, upto, now)
    issue.freeze_cursor = upto
    return True


async def _end_of_chunk(session: AsyncSession, issue: Issue) -> int | None:
    chunk = CHUNK[dialect_of(session)]
    ahead = (
        select(Subscriber.seq)
        .where(Subscriber.newsletter_id == issue.newsletter_id, Subscriber.seq > issue.freeze_cursor)
        .order_by(Subscriber.seq)
        .limit(chunk if issue.freeze_cursor else min(chunk, FIRST_CHUNK))
        .subquery()
    )
    found: int | None = await session.scalar(select(func.max(ahead.c.seq)))
    return found


async def _add(session: AsyncSession, issue: Issue, upto: int, now: datetime) -> None:
    fresh = "gen_random_uuid()" if dialect_of(session) == "postgresql" else "lower(hex(randomblob(16)))"
    readers: Any = (
        select(
            literal_column(fresh),
            literal(issue.id, Delivery.issue_id.type),
            Subscriber.id,
            cast(literal(str(DeliveryState.WAITING)), Text),
            literal_column("0"),
            literal_column("0"),
        )
        .where(
            Subscriber.newsletter_id == issue.newsletter_id,
            Subscriber.seq > issue.freeze_cursor,
            Subscriber.seq <= upto,
            Subscriber.confirmed_at <= issue.started_at,
            true() if issue.notice else wanting(now),  # a notice is no newsletter: the law wants it told
        )
        .order_by(Subscriber.seq)
    )
    columns = ["id", "issue_id", "subscriber_id", "state", "attempts", "in_doubt"]
    try:
        async with session.begin_nested():
            await session.execute(insert(Delivery).from_select(columns, readers, include_defaults=False))
    except IntegrityError:
        # Who changed their address meanwhile has the same random number in a later row, and is there already.
        # To look for that at each row costs a third of the time of counting; it is next to never so.
        adding = insert_or_skip(session, Delivery).from_select(columns, readers, include_defaults=False)
        await session.execute(adding)
