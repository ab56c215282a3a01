"""Looks every day whether trail and ledger are as they were written, and warns who must know.

Whoever changes a record has a day at most until officers, supervisor and administrators hear of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.domain import notice, wholeness
from app.domain.book import Book
from app.domain.staff import Role
from app.domain.wholeness import State, Wholeness

TOLD = (Role.OFFICER, Role.SUPERVISOR, Role.ADMINISTRATOR)


async def verify(session: AsyncSession, ring: KeyRing, book: Book) -> tuple[Wholeness, bool]:
    """What is found now, and whether that is worse than, or other than, what was found before."""
    found = await wholeness.look(session, ring, book)  # first: it must not look at an older moment
    before = await wholeness.last(session)
    return found, found.broken and (before is None or before[0] != found)


async def warn(session: AsyncSession, found: Wholeness, *, ring: KeyRing, now: datetime) -> int:
    """Tell who must know what was found; returns how many mails."""
    words = {"trail": found.trail == State.BROKEN, "ledger": found.ledger == State.BROKEN}
    return await notice.everybody(session, "broken", words, *TOLD, ring=ring, now=now)
