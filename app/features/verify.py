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
    return found, found.news(before[0] if before else None)


async def warn(session: AsyncSession, found: Wholeness, *, ring: KeyRing, now: datetime) -> int:
    """Tell who must know what was found; returns how many mails.

    What cannot be judged has a mail of its own, which accuses nobody.
    """
    mails = 0
    if found.found(State.BROKEN):
        words = {"trail": found.trail == State.BROKEN, "ledger": found.ledger == State.BROKEN}
        mails += await notice.everybody(session, "broken", words, *TOLD, ring=ring, now=now)
    if found.found(State.UNKEYED, State.ABSENT, State.LITTERED):
        beside = {"litter": found.ledger == State.LITTERED, "absent": found.ledger == State.ABSENT}
        doubt = {"keys": list(found.keys), **beside}
        mails += await notice.everybody(session, "unchecked", doubt, *TOLD, ring=ring, now=now)
    return mails
