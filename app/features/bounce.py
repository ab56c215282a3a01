"""A mailbox does not exist any more: the subscription ends, and the address is blocked for a year.

Only the hard codes of TR-08 lead here, heard while sending. Whoever has that mailbox later signs up again;
that yes lifts the block (ER-05). What comes back by mail is read by `returned`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.domain import silence
from app.domain.block import Ground
from app.domain.book import Book


async def bounce(
    session: AsyncSession, subscriber_id: UUID, *, ring: KeyRing, book: Book, now: datetime
) -> bool:
    """End the subscription whose mailbox is gone; False when it had ended already."""
    return await silence.of_reader(session, subscriber_id, Ground.BOUNCE, ring=ring, book=book, now=now)
