"""A worker takes a batch of readers for a while; nobody else touches them until the lease runs out.

A row that is still `sending` when its lease has run out was in the hands of a worker that died: it
is in doubt, is counted as such, and is sent again with the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sqltime import from_now
from app.domain.delivery import OPEN, Delivery
from app.domain.issue import Issue, State
from app.features.send.lease import Claimed, Copy, Lease, Row, Taken

# A worker plans seconds ahead, many of them together minutes. What is planned for later was written before
# the clock was set back: the rest of an issue does not wait a day because of that.
AHEAD_MOST = timedelta(minutes=10)


class Wish(NamedTuple):
    """What a claim asks for (keyset, design section 6)."""

    issue_id: UUID
    after: int  # a place in the audience
    limit: int
    name: str  # of the lease, and of this claim alone
    seconds: float  # how long it holds unless it is renewed


class Hand(Protocol):
    """Who takes rows, in the words of the database at hand."""

    async def open(self) -> None: ...

    async def take(self, wish: Wish) -> Sequence[Taken]: ...

    async def close(self) -> None: ...


async def claim(hand: Hand, wish: Wish, deadline: float) -> Claimed:
    """Lease the next rows; `deadline` is on the worker's own steady clock."""
    rows = await hand.take(wish)
    first, last = (rows[0].seq, rows[-1].seq) if rows else (0, 0)
    lease = Lease(wish.name, first, last, len(rows), deadline)
    copies = [
        Copy(seq, ident, subscriber, attempts, sealed, language, wish.issue_id, lease)
        for seq, ident, subscriber, attempts, sealed, language in rows
        if sealed is not None and language is not None
    ]
    gone = [Row(row.seq, lease) for row in rows if row.sealed is None]
    return Claimed(copies, gone, lease)


async def reserve(session: AsyncSession, issue_id: UUID, count: int, pace: int) -> float:
    """Reserve sending time for `count` messages; returns in how many seconds the first may leave.

    The pace is kept in the rows of the newsletter's issues that go out, so all of them and all workers
    share it, and a restart does not reset it. A clock that is set back does.
    """
    letter = select(Issue.newsletter_id).where(Issue.id == issue_id).scalar_subquery()
    going_out = select(Issue.paced_at).where(Issue.newsletter_id == letter, Issue.state == State.SENDING)
    used_up = await session.scalars(going_out.order_by(Issue.id).with_for_update())
    now = (await session.scalars(select(from_now()))).one()
    begin = max([now, *(each for each in used_up if each is not None and each <= now + AHEAD_MOST)])
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
