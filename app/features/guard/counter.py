"""Ledger and database keep step: a counter that only rises, and ends that wait until the ledger has them.

The counter is how a restored backup shows itself; see `restore`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from app.core import logs
from app.core.errors import BookClosed, NotReady
from app.domain import audit, service
from app.domain.book import Farewell
from app.domain.ledger import Reason
from app.domain.service import PendingEnd
from app.features.guard.restore import check
from app.features.guard.watch import Watch

CHUNK = 500  # ends written to the ledger in one transaction

log = logs.get("guard")


async def raise_counter(watch: Watch, *, now: datetime) -> int:
    """Every ten seconds and at every issue transition: the ledger first, then the database.

    A restore is looked for first: raising would hide it.
    """
    await check(watch, now=now)
    before = await watch.book.seen()
    async with watch.database.reading() as session:
        own = (await service.state(session)).counter
        trail = await audit.see(session, watch.ring, before)
    if before is not None and trail is None:
        # what the ledger saw stays, as evidence, or until its key is back
        log.error("trail.differs", after=before.seq, key=before.key)
    value = await watch.book.announce(own, now, trail)
    async with watch.database.unit_of_work() as session:
        state = await service.state(session, lock=True)
        state.counter = max(state.counter, value)
        state.raised_at = now
    await watch.book.settle(value)
    return value


async def flush_pending(watch: Watch) -> int:
    """Write ends to the ledger that could not be written when they happened."""
    async with watch.database.unit_of_work() as session:
        query = select(PendingEnd).order_by(PendingEnd.seq).limit(CHUNK).with_for_update()
        rows = list(await session.scalars(query))
        if not rows:
            return 0
        await watch.book.write(
            [Farewell(r.newsletter_id, r.key_id, r.subject, Reason(r.reason), r.at) for r in rows]
        )
        for row in rows:
            await session.delete(row)
    return len(rows)


async def reasons(watch: Watch) -> list[str]:
    """Why the service must not serve and send now; an empty list when it may."""
    found = []
    try:
        await watch.book.counter()
    except BookClosed:
        found.append("the ledger cannot be reached")
    try:
        async with watch.database.reading() as session:
            watch.ring.use((await service.state(session)).active_key)
    except NotReady as missing:
        found += missing.reasons
    async with watch.database.reading() as session:
        pending = await session.scalar(select(func.count()).select_from(PendingEnd)) or 0
    if pending:
        found.append(f"{pending} ends wait for the ledger")
    return found
