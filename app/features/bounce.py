"""A mailbox does not exist any more: the subscription ends, and the address is blocked for a year.

Only the hard codes of TR-08 lead here, heard while sending; what a worker heard that was killed before it
came to this is found again in the books. Whoever has that mailbox later signs up again; that yes lifts the
block (ER-05). What comes back by mail is read by `returned`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.domain import silence
from app.domain.block import Ground
from app.domain.book import Book
from app.domain.delivery import Delivery, State
from app.domain.issue import Issue
from app.domain.subscriber import Subscriber
from app.mail.judge import HARD

RECENT: Final = timedelta(days=7)  # after the books were closed: a worker that died is back long before


async def bounce(
    session: AsyncSession, subscriber_id: UUID, *, ring: KeyRing, book: Book, now: datetime
) -> bool:
    """End the subscription whose mailbox is gone; False when it had ended already, or has another by now.

    What a worker hears is of the address that it took some time ago. The books know better: of who changed it
    in the meantime they say nothing, or something from before that.
    """
    if not (await session.scalars(_gone(now).where(Delivery.subscriber_id == subscriber_id))).first():
        return False
    return await silence.of_reader(session, subscriber_id, Ground.BOUNCE, ring=ring, book=book, now=now)


async def unheard(session: AsyncSession, *, now: datetime) -> list[UUID]:
    """Whose mailbox is gone by the books, and who is subscribed all the same.

    Who said yes after the issue began has changed their address since: it was not the new one that is gone.
    """
    return list(await session.scalars(_gone(now)))


def _gone(now: datetime) -> Select[UUID]:
    recent = or_(Issue.closed_at.is_(None), Issue.closed_at > now - RECENT)
    gone = or_(*(Delivery.code.endswith(f" {each}") for each in sorted(HARD)))
    return (
        select(Delivery.subscriber_id)
        .distinct()
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .join(Issue, Issue.id == Delivery.issue_id)
        .where(recent, Delivery.state == State.REFUSED, gone, Subscriber.confirmed_at <= Issue.started_at)
    )
