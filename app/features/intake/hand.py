"""An officer hands a list in on a page: it is looked through, and kept sealed until a second person decides.

Nothing is looked up: who of the list subscribes already, left or asked for no mail shows only after the
release. The file itself is in memory and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid, Refused
from app.domain import audit, candidate, roster, service
from app.domain.audit import Event
from app.domain.candidate import Candidate
from app.domain.roster import Roster, State
from app.features.intake.lines import Kept, Line
from app.features.intake.take import GAP, SMALL, Desk

MOST_OCTETS = 10_000_000  # of a file on a page: it is in memory while it is read; the command has no limit
MOST_LINES = 100_000  # what is sealed within the minute that a proxy waits for an answer, also on a slow disk
TOLD_MOST = 500  # lines told of one by one: more is a list to mend and hand in again
EVIDENCE_MOST = 20  # texts that the second person sees: who has more knows them by the largest
KINDS_MOST = 1000  # different texts that are counted; a list with more has another one on each line


class TooLong(Invalid):
    """More lines than a page takes: the command takes it."""


@dataclass(slots=True)
class Found:
    """What a list has, as far as the list itself tells."""

    lines: int = 0
    fit: int = 0
    out: Counter[str] = field(default_factory=Counter)
    told: list[tuple[int, str]] = field(default_factory=list)
    evidence: Counter[str] = field(default_factory=Counter)
    first_at: datetime | None = None
    last_at: datetime | None = None

    def keep_out(self, each: Kept) -> None:
        """A line that does not show a yes."""
        code = each.why.name.lower()
        self.out[code] += 1
        if len(self.told) < TOLD_MOST:
            self.told.append((each.number, code))

    def take(self, line: Line) -> None:
        """A line that does."""
        self.fit += 1
        self.first_at = min(self.first_at or line.at, line.at)
        self.last_at = max(self.last_at or line.at, line.at)
        if line.evidence in self.evidence or len(self.evidence) < KINDS_MOST:
            self.evidence[line.evidence] += 1


def look(entries: Iterable[Line | Kept]) -> Found:
    """Go through all of it and keep nothing; raises NoList and TooLong."""
    found = Found()
    for each in entries:
        found.lines += 1
        if found.lines > MOST_LINES:
            raise TooLong(f"a page takes {MOST_LINES} lines")
        if isinstance(each, Kept):
            found.keep_out(each)
        else:
            found.take(each)
    return found


async def hand_in(
    desk: Desk, found: Found, entries: Iterable[Line | Kept], *, officer: str, now: datetime
) -> UUID:
    """Seal the lines that show a yes, some hundreds in a transaction; only a whole list can be released."""
    row = _begun(desk, found, officer, now)
    async with desk.database.unit_of_work() as session:
        session.add(row)
    lines = (each for each in entries if isinstance(each, Line))
    while some := list(islice(lines, SMALL)):  # small on PostgreSQL too: this process answers others
        async with desk.database.unit_of_work() as session:
            await service.hold_key(session, desk.ring)
            await _still(session, row.id)
            people = [
                candidate.values(desk.ring, row, each.number, each.address, each.at, each.evidence)
                for each in some
            ]
            await session.execute(insert(Candidate), people)
        await asyncio.sleep(GAP)
    async with desk.database.unit_of_work() as session:
        whole = await _still(session, row.id)
        whole.move_to(State.WAITING)
        whole.gone_at = now + roster.WAITS
        words = {"about": f"newsletter {desk.letter.slug}", "reason": f"{found.lines} lines"}
        await audit.record(session, officer, Event.INTAKE_BEGUN, **words, now=now)
    return row.id


async def _still(session: AsyncSession, roster_id: UUID) -> Roster:
    """The list, held; raises Refused when a backup was put back meanwhile."""
    row = await roster.by_id(session, roster_id, lock=True)
    if row.state != State.RECEIVING:
        raise Refused("this list was dropped while it came in; hand it in again")
    return row


def _begun(desk: Desk, found: Found, officer: str, now: datetime) -> Roster:
    return Roster(
        newsletter_id=desk.letter.id,
        state=State.RECEIVING,
        officer=officer,
        created_at=now,
        gone_at=now + roster.BROKEN,
        lines=found.lines,
        fit=found.fit,
        added=0,
        already=0,
        out=dict(found.out),
        told=found.told,
        evidence=found.evidence.most_common(EVIDENCE_MOST),
        first_at=found.first_at,
        last_at=found.last_at,
    )
