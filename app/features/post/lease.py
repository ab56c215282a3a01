"""Which worker has a waiting mail, and until when: no other touches it before that.

A relay may take longer than a lease for its answer (RFC 5321 allows ten minutes), so it is renewed meanwhile.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from app.core.sqltime import from_now
from app.domain.outbox import Mail

LEASE = 120.0  # seconds; long enough for a slow server to take a batch


async def void_leases(session: AsyncSession) -> None:
    """On SQLite there is one worker: at its start every lease is an old one of its own."""
    await session.execute(update(Mail).values(lease_owner=None, lease_until=None))


async def claim(session: AsyncSession, owner: str, most: int, now: datetime) -> list[Mail]:
    """The next mails that are due and that nobody has."""
    free = or_(Mail.lease_until.is_(None), Mail.lease_until < from_now())
    query = (
        select(Mail)
        .where(Mail.due_at <= now, free)
        .order_by(Mail.seq)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    mails = list(await session.scalars(query))
    if not mails:
        return mails
    leased = {"attempts": Mail.attempts + 1, "lease_owner": owner, "lease_until": from_now(LEASE)}
    seqs = [mail.seq for mail in mails]
    await session.execute(
        update(Mail).where(Mail.seq.in_(seqs)).values(leased).execution_options(synchronize_session=False)
    )
    for mail in mails:
        set_committed_value(mail, "attempts", mail.attempts + 1)  # as the row has it now
    return mails


async def renew(session: AsyncSession, owner: str, mail_id: UUID) -> None:
    """Hold on to a mail that is being handed over, unless another worker has it already."""
    mine = update(Mail).where(Mail.id == mail_id, Mail.lease_owner == owner)
    await session.execute(mine.values(lease_until=from_now(LEASE)))


async def leave(session: AsyncSession, mail: Mail, until: datetime) -> None:
    """Nothing was tried: anyone may take it, after a while."""
    untried = {"attempts": Mail.attempts - 1, "lease_owner": None, "lease_until": None, "due_at": until}
    statement = update(Mail).where(Mail.seq == mail.seq).values(untried)
    await session.execute(statement.execution_options(synchronize_session=False))
