"""An address is left alone from now on: its subscription ends, links of before are void, and it is blocked.

Whatever the ground, it is one act in one transaction, with the ledger first: "this was not me", "never mail
me again", a complaint, and a mailbox that is not there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.crypto import KeyRing
from app.domain import farewell, subscriber
from app.domain.block import Ground
from app.domain.book import Book
from app.domain.ledger import Reason

ENDS: Final = {
    Ground.NOT_ME: Reason.BLOCKED,
    Ground.OBJECTION: Reason.BLOCKED,
    Ground.COMPLAINT: Reason.COMPLAINED,
    Ground.BOUNCE: Reason.BOUNCED,
}


async def begin(
    session: AsyncSession,
    newsletter_id: UUID,
    address: Address,
    ground: Ground,
    *,
    ring: KeyRing,
    book: Book,
    now: datetime,
) -> None:
    """Leave an address of a newsletter alone, subscribed or not.

    Where nothing ends the ledger gets a line all the same: lifting the block must not make links of before
    work again.
    """
    row = await subscriber.find(session, ring, newsletter_id, address)
    if row is not None:
        await farewell.end(session, row, ENDS[ground], ring=ring, book=book, now=now, known=address)
    else:
        await farewell.note(session, newsletter_id, address, ENDS[ground], ring=ring, book=book, now=now)
    await farewell.block_address(session, newsletter_id, address, ground, ring=ring, book=book, now=now)


async def of_reader(
    session: AsyncSession, subscriber_id: UUID, ground: Ground, *, ring: KeyRing, book: Book, now: datetime
) -> bool:
    """The same for who is known by a random number only; False when they had gone already.

    Then nobody knows the address any more, and there is nothing to leave alone.
    """
    row = await subscriber.by_id(session, subscriber_id)
    if row is None:
        return False
    address, newsletter_id = subscriber.opened(ring, row), row.newsletter_id
    if await farewell.end(session, row, ENDS[ground], ring=ring, book=book, now=now) is None:
        return False
    await farewell.block_address(session, newsletter_id, address, ground, ring=ring, book=book, now=now)
    return True
