"""A reader answers the newsletter with "please sign me off": an editor types the address, and it is done.

The editor hears the same whoever it was, so that nobody finds out here who is on the list. It is on record
that an answer was carried out, and not whose.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import throttle
from app.core.address import Address
from app.core.crypto import KeyRing
from app.core.errors import TooMany
from app.core.throttle import Meter
from app.domain import audit, farewell, subscriber
from app.domain.audit import Event
from app.domain.book import Book
from app.domain.ledger import Reason
from app.domain.newsletter import Newsletter

A_DAY, MOST = Meter("reply", timedelta(days=1)), 30  # more answers in a day are no longer typed one by one


class TooOften(TooMany):
    """Somebody signed off more readers than answers come in on a day."""


async def sign_off(
    session: AsyncSession,
    letter: Newsletter,
    address: Address,
    *,
    by: tuple[UUID, str],
    ring: KeyRing,
    book: Book,
    now: datetime,
) -> None:
    """End the subscription of an address, as its own button would; raises TooOften.

    Where there is none, the ledger gets a line all the same: links that were mailed to the address open
    nothing any more, and it takes about as long.
    """
    staff_id, name = by
    if (await throttle.so_far(session, A_DAY, staff_id.bytes, ring=ring, now=now)).count >= MOST:
        raise TooOften("replies", A_DAY.starts(now) + A_DAY.window - now)
    await throttle.hit(session, A_DAY, staff_id.bytes, ring=ring, now=now)
    await audit.record(
        session, name, Event.REPLY_CARRIED_OUT, about=f"newsletter {letter.slug}", reason="left", now=now
    )
    row = await subscriber.find(session, ring, letter.id, address)
    if row is not None:
        await farewell.end(session, row, Reason.LEFT, ring=ring, book=book, now=now, known=address)
    else:
        await farewell.note(session, letter.id, address, Reason.LEFT, ring=ring, book=book, now=now)
