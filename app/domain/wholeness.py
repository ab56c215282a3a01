"""Whether the audit trail and the ledger are still as they were written, and when somebody looked last.

To look is to read both from end to end. The service does so every day by itself, and when the signed file
is made; a page shows what was found last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.core.errors import BookClosed
from app.domain import audit
from app.domain.book import Book
from app.domain.service import Job

JOB: Final = "whole"  # what happens by itself under this name


class State(StrEnum):
    """What was found of one of the two."""

    WHOLE = "whole"
    BROKEN = "broken"  # something was changed or removed
    AWAY = "away"  # it could not be reached


FOUND: Final = re.compile(rf"trail ({'|'.join(State)}), ledger ({'|'.join(State)})")


@dataclass(frozen=True, slots=True)
class Wholeness:
    """What was found of both."""

    trail: State
    ledger: State

    def __str__(self) -> str:
        return f"trail {self.trail}, ledger {self.ledger}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `str` wrote; None for anything else."""
        found = FOUND.fullmatch(text)
        return cls(State(found[1]), State(found[2])) if found else None

    @property
    def broken(self) -> bool:
        """Whether something was changed or removed, as far as could be seen."""
        return State.BROKEN in (self.trail, self.ledger)


async def look(session: AsyncSession, ring: KeyRing, book: Book) -> Wholeness:
    """Read both from end to end."""
    seen = None
    try:
        ledger = State.BROKEN if await book.verify(ring) else State.WHOLE
        seen = await book.seen()
    except BookClosed:
        ledger = State.AWAY
    trail = State.BROKEN if await audit.verify(session, ring, seen) else State.WHOLE
    return Wholeness(trail, ledger)


async def last(session: AsyncSession) -> tuple[Wholeness, datetime] | None:
    """What the service found last by itself, and when; None before the first time."""
    job = await session.get(Job, JOB)
    found = Wholeness.parse(job.outcome) if job else None
    return (found, job.finished_at) if job and found and job.finished_at else None
