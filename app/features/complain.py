"""Somebody says that our mail is unwanted, by letter or telephone: an officer types the address once.

What a mail program reports comes in by itself (`returned`). The officer hears the same whoever it was, and
the person gets no mail of it. It is on record that a complaint was carried out, and not whose.
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
from app.domain import audit, silence
from app.domain.audit import Event
from app.domain.block import Ground
from app.domain.book import Book
from app.domain.newsletter import Newsletter

A_DAY, MOST = Meter("complaint", timedelta(days=1)), 30  # more in a day are no longer typed one by one


class TooOften(TooMany):
    """An officer typed more complaints than come in on a day."""


async def complain(
    session: AsyncSession,
    letter: Newsletter,
    address: Address,
    *,
    by: tuple[UUID, str],
    ring: KeyRing,
    book: Book,
    now: datetime,
) -> None:
    """End what the address gets of a newsletter, and block it for three years; raises TooOften."""
    staff_id, name = by
    if (await throttle.so_far(session, A_DAY, staff_id.bytes, ring=ring, now=now)).count >= MOST:
        raise TooOften("complaints", A_DAY.starts(now) + A_DAY.window - now)
    await throttle.hit(session, A_DAY, staff_id.bytes, ring=ring, now=now)
    about = f"newsletter {letter.slug}"
    await audit.record(session, name, Event.COMPLAINT_RECORDED, about=about, reason="by hand", now=now)
    await silence.begin(session, letter.id, address, Ground.COMPLAINT, ring=ring, book=book, now=now)
