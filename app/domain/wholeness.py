"""Whether the audit trail and the ledger are still as they were written, and when somebody looked last.

To look is to read both from end to end. The service does so every day by itself, and when the signed file
is made; a page shows what was found last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import faults
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
    UNKEYED = "unkeyed"  # a part cannot be judged: its key is not on this machine
    ABSENT = "absent"  # its copy, or the beginning of it, is not there; no entry lacks or was changed
    LITTERED = "littered"  # in its copy lie lines that are none of ours; no entry lacks or was changed
    AWAY = "away"  # it could not be reached

    @classmethod
    def of(cls, found: Sequence[str]) -> Self:
        """The worst of these faults; what nobody can judge is no change."""
        if faults.changed(found):
            return cls.BROKEN
        if faults.keys(found):
            return cls.UNKEYED
        if faults.absent(found):
            return cls.ABSENT
        return cls.LITTERED if found else cls.WHOLE

    @property
    def verdict(self) -> bool | None:
        """Whole or not; None where nobody can say."""
        return {State.WHOLE: True, State.BROKEN: False}.get(self)


FOUND: Final = re.compile(
    rf"trail ({'|'.join(State)}), ledger ({'|'.join(State)})(?:, keys ((?:[0-9a-f]{{8}} ?)+))?"
)
NAMED: Final = 9  # keys at most that are named: an outcome is short, and the command names them all


@dataclass(frozen=True, slots=True)
class Wholeness:
    """What was found of both."""

    trail: State
    ledger: State
    keys: tuple[str, ...] = ()  # which are not on this machine, and are needed to judge all

    def __str__(self) -> str:
        named = f", keys {' '.join(self.keys)}" if self.keys else ""
        return f"trail {self.trail}, ledger {self.ledger}{named}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `str` wrote; None for anything else."""
        found = FOUND.fullmatch(text)
        return cls(State(found[1]), State(found[2]), tuple((found[3] or "").split())) if found else None

    def found(self, *states: State) -> bool:
        """Whether one of the two is in one of these states."""
        return any(each in states for each in self.both)

    def news(self, before: Self | None) -> bool:
        """Whether something is wrong that was not so found before."""
        if before is None:
            return self.found(*WRONG)
        fresh = [now for now, then in zip(self.both, before.both, strict=True) if now != then]
        return any(each in WRONG for each in fresh) or not set(self.keys) <= set(before.keys)

    @property
    def both(self) -> tuple[State, State]:
        """Trail and ledger."""
        return self.trail, self.ledger


WRONG: Final = (State.BROKEN, State.UNKEYED, State.ABSENT, State.LITTERED)


async def look(session: AsyncSession, ring: KeyRing, book: Book) -> Wholeness:
    """Read both from end to end."""
    seen, found = None, list[str]()
    try:
        found = await book.verify(ring)
        ledger = State.of(found)
        seen = await book.seen()
    except BookClosed:
        ledger = State.AWAY
    trail = await audit.verify(session, ring, seen)
    named = sorted(faults.keys([*trail, *found]))[:NAMED]
    return Wholeness(State.of(trail), ledger, tuple(named))


async def last(session: AsyncSession) -> tuple[Wholeness, datetime] | None:
    """What the service found last by itself, and when; None before the first time."""
    job = await session.get(Job, JOB)
    found = Wholeness.parse(job.outcome) if job else None
    return (found, job.finished_at) if job and found and job.finished_at else None
