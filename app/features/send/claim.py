"""A worker takes a batch of readers for a while; nobody else touches them until the lease runs out.

A row that is still `sending` when its lease has run out was in the hands of a worker that died: it
is in doubt, is counted as such, and is sent again with the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from operator import attrgetter
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, case, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import dialect_of
from app.core.sqltime import from_now
from app.domain.delivery import OPEN, Delivery, State
from app.domain.issue import Issue
from app.domain.subscriber import Subscriber

_order = attrgetter("seq")


@dataclass(eq=False, slots=True)
class Lease:
    """A claim's hold on its rows, under a name of its own: another claim of the same worker is another.

    `deadline` is on the worker's own steady clock: after it, hands off. It moves when the lease is
    renewed in time, and only then.
    """

    name: str
    first: int
    last: int
    left: int  # copies whose fate is not known yet
    deadline: float
    under_way: set[int] = field(default_factory=set)  # marked, and their fate not known yet
    seen: int = 0  # what was left when it was last renewed

    @property
    def over(self) -> bool:
        """Whether somebody else may have these rows by now."""
        return time.monotonic() >= self.deadline


class Held(Protocol):
    """A row under a lease."""

    @property
    def seq(self) -> int: ...

    @property
    def lease(self) -> Lease: ...


class Row(NamedTuple):
    """A row without a reader to send to."""

    seq: int
    lease: Lease


@dataclass(frozen=True, slots=True)
class Copy:
    """One reader's copy in a worker's hands; the address is still sealed."""

    seq: int
    id: UUID
    issue_id: UUID
    subscriber_id: UUID
    attempts: int
    sealed: bytes
    language: str
    lease: Lease


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch: what to send, and rows whose reader has gone."""

    copies: list[Copy]
    gone: list[int]
    lease: Lease  # its `last` is where the next claim goes on; 0 wraps to the start


async def claim(
    session: AsyncSession,
    issue_id: UUID,
    *,
    after: int,
    limit: int,
    name: str,
    seconds: float,
    deadline: float,
) -> Claimed:
    """Lease the next rows after a place in the audience (keyset, design section 6).

    `name` is of this claim alone; `seconds` is how long it holds unless it is renewed.
    """
    rows = sorted(await _lease(session, issue_id, after, limit, name, seconds), key=_order)
    first, last = (rows[0].seq, rows[-1].seq) if rows else (0, 0)
    lease = Lease(name, first, last, len(rows), deadline)
    readers = await _readers(session, [row.subscriber_id for row in rows])
    copies, gone = [], []
    for row in rows:
        reader = readers.get(row.subscriber_id)
        if reader is None:
            gone.append(row.seq)
            continue
        copies.append(
            Copy(
                row.seq,
                row.id,
                issue_id,
                row.subscriber_id,
                row.attempts,
                reader.address,
                reader.language,
                lease,
            )
        )
    return Claimed(copies, gone, lease)


async def _lease(
    session: AsyncSession, issue_id: UUID, after: int, limit: int, name: str, seconds: float
) -> Sequence[Any]:
    still_open = Delivery.state.in_(OPEN)
    due = or_(Delivery.due_at.is_(None), Delivery.due_at <= from_now())
    free = or_(Delivery.lease_until.is_(None), Delivery.lease_until < from_now())
    picked = (
        select(Delivery.seq)
        .where(Delivery.issue_id == issue_id, Delivery.seq > after, still_open, free, due)
        .order_by(Delivery.seq)
        .limit(limit)
    )
    if dialect_of(session) == "postgresql":
        picked = picked.with_for_update(skip_locked=True)
    chosen = picked.cte("picked")
    doubted = case((Delivery.state == State.SENDING, 1), else_=0)
    statement = (
        update(Delivery)
        .where(Delivery.seq == chosen.c.seq)
        .values(
            lease_owner=name,
            lease_until=from_now(seconds),
            in_doubt=Delivery.in_doubt + doubted,
            state=State.WAITING,
        )
        .returning(Delivery.seq, Delivery.id, Delivery.subscriber_id, Delivery.attempts)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).all()


async def _readers(session: AsyncSession, ids: list[UUID]) -> dict[UUID, Any]:
    if not ids:
        return {}
    query = select(Subscriber.id, Subscriber.address, Subscriber.language)
    wanted = (
        Subscriber.id == any_(literal(ids, ARRAY(Uuid())))
        if dialect_of(session) == "postgresql"
        else Subscriber.id.in_(ids)
    )
    rows = await session.execute(query.where(wanted))
    return {row.id: row for row in rows}


async def reserve(session: AsyncSession, issue_id: UUID, count: int, pace: int | None) -> float:
    """Reserve sending time for `count` messages; returns in how many seconds the first may leave.

    The pace is kept in the issue's row, so all workers share it and a restart does not reset it.
    """
    if pace is None:
        return 0.0
    used_up = select(Issue.paced_at).where(Issue.id == issue_id).with_for_update()
    before = await session.scalar(used_up)
    now = (await session.scalars(select(from_now()))).one()
    begin = max(before, now) if before is not None else now
    await session.execute(
        update(Issue)
        .where(Issue.id == issue_id)
        .values(paced_at=begin + timedelta(seconds=count / pace))
        .execution_options(synchronize_session=False)
    )
    return float((begin - now).total_seconds())


async def void_leases(session: AsyncSession) -> None:
    """On SQLite there is one worker: at its start every lease is an old one of its own."""
    await session.execute(
        update(Delivery)
        .where(Delivery.state.in_(OPEN), Delivery.lease_until.is_not(None))
        .values(lease_until=from_now(-1))
        .execution_options(synchronize_session=False)
    )
