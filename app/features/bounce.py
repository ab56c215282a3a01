"""A mailbox does not exist any more: the subscription ends.

Only the hard codes of TR-08 lead here. Nothing is blocked: whoever has that mailbox later may sign
up again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.domain import farewell, subscriber
from app.domain.book import Book
from app.domain.ledger import Reason


async def bounce(
    session: AsyncSession, subscriber_id: UUID, *, ring: KeyRing, book: Book, now: datetime
) -> bool:
    """End the subscription whose mailbox is gone; False when it had ended already."""
    row = await subscriber.by_id(session, subscriber_id)
    if row is None:
        return False
    ended = await farewell.end(session, row, Reason.BOUNCED, ring=ring, book=book, now=now)
    return ended is not None
