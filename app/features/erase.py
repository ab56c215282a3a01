"""An address asks to be forgotten: everything that belongs to it goes, at once, in all newsletters.

What stays is said before: the ledger's keyed note that lets a restored backup forget again, and a
block that the person asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.crypto import KeyRing
from app.domain import audit, delivery, farewell, newsletter, subscriber
from app.domain.book import Book
from app.domain.ledger import Reason


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed; `final` is False while the ledger could not be reached."""

    subscriptions: int
    mails: int
    final: bool


async def erase(
    session: AsyncSession,
    address: Address,
    *,
    ring: KeyRing,
    book: Book,
    actor: str,
    now: datetime,
) -> Erased:
    """Remove everything of an address. The answer to the one who asks must not depend on it."""
    subscriptions, final = 0, True
    for letter in await newsletter.every(session):
        row = await subscriber.find(session, ring, letter.id, address)
        if row is not None:
            ended = await farewell.end(session, row, Reason.ERASED, ring=ring, book=book, now=now)
            await delivery.unlink(session, row.id)
            subscriptions += ended is not None
            final = final and (ended is None or ended.final)
        gone = await farewell.forget_proof(session, letter.id, address, ring=ring, book=book, now=now)
        final = final and gone
    mails = await farewell.drop_mail(session, ring, address)
    reason = "final" if final else "accepted, the ledger follows"
    await audit.record(session, actor, audit.Event.SUBSCRIBER_ERASED, reason=reason, now=now)
    return Erased(subscriptions, mails, final)
