"""A second person releases a list, or refuses it; what was released is brought in by itself.

Some hundreds of lines in a transaction: they become subscriptions, and are gone from the list. So it goes on
where it was after a crash, and how far it is stands in the rows.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import BadAddress
from app.core.crypto import KeyRing, Unreadable
from app.core.database import Database
from app.core.errors import Refused
from app.domain import audit, candidate, roster, service
from app.domain.audit import Event
from app.domain.book import Book
from app.domain.candidate import Candidate
from app.domain.newsletter import Newsletter
from app.domain.roster import Roster, State
from app.features.intake.hand import TOLD_MOST
from app.features.intake.lines import Kept, Line, Why
from app.features.intake.take import GAP, SMALL, Desk, add, sort


class Alone(Refused):
    """Who handed a list in does not release it."""


async def release(session: AsyncSession, roster_id: UUID, *, actor: str, now: datetime) -> None:
    """A second person agrees; raises Alone, and IllegalMove when somebody decided already."""
    row = await roster.by_id(session, roster_id, lock=True)
    if actor == row.officer:
        raise Alone("a list is released by somebody else than who handed it in")
    row.move_to(State.RELEASED)
    row.decider, row.decided_at, row.gone_at = actor, now, now + roster.WAITS
    await _note(session, row, Event.INTAKE_RELEASED, actor, f"{row.lines} lines", now)


async def refuse(session: AsyncSession, roster_id: UUID, *, actor: str, now: datetime) -> None:
    """A second person does not agree, or who handed it in takes it back: its lines go at once."""
    row = await roster.by_id(session, roster_id, lock=True)
    row.close(State.REFUSED, now)
    row.decider, row.decided_at = actor, now
    await candidate.empty(session, row)
    reason = "taken back" if actor == row.officer else "refused"
    await _note(session, row, Event.INTAKE_REFUSED, actor, f"{row.lines} lines, {reason}", now)


async def carry_on(database: Database, book: Book, ring: KeyRing, *, now: datetime) -> bool:
    """Bring in the next lines of a released list; False when there is none."""
    async with database.reading() as session:  # on SQLite a look keeps no writer waiting
        if await roster.released(session) is None:
            return False
    async with database.unit_of_work() as session:
        row = await roster.released(session, hold=True)
        if row is None:
            return False  # another worker has it
        letter = await session.get_one(Newsletter, row.newsletter_id)
        await _next(session, Desk(database, book, ring, letter), row, now)
    await asyncio.sleep(GAP)
    return True


async def _next(session: AsyncSession, desk: Desk, row: Roster, now: datetime) -> None:
    await service.hold_key(session, desk.ring)  # before any line is held: a change of keys waits for lines
    people = await candidate.first(session, row, SMALL)  # on PostgreSQL too: this process also sends
    if not people:
        row.close(State.DONE, now)
        reason = f"added {row.added}, already {row.already}, kept out {row.left_out}"
        await _note(session, row, Event.INTAKE_ENDED, "service", reason, now)
        return
    lines, out = _opened(desk.ring, people)
    new, others = await sort(session, desk, lines, now)
    await add(session, desk, new, now)
    await candidate.remove(session, people)
    row.added += len(new)
    row.already += len(lines) - len(new) - len(others)
    for each in [*out, *others]:
        _keep_out(row, each)


def _opened(ring: KeyRing, people: list[Candidate]) -> tuple[list[Line], list[Kept]]:
    lines: list[Line] = []
    out: list[Kept] = []
    for each in people:
        try:
            address, evidence = candidate.opened(ring, each)
        except Unreadable:
            out.append(Kept(each.number, Why.SEALED))
        except BadAddress:  # a newer version may be stricter than the one that took it
            out.append(Kept(each.number, Why.ADDRESS))
        else:
            lines.append(Line(each.number, address, each.at, evidence))
    return lines, out


def _keep_out(row: Roster, each: Kept) -> None:
    """Count a line that stays out; told of one by one by its place in the list, while there is room."""
    code = each.why.name.lower()
    row.out = {**row.out, code: row.out.get(code, 0) + 1}
    row.told = sorted([*row.told, (each.number, code)], key=lambda line: line[0])[:TOLD_MOST]


async def _note(
    session: AsyncSession, row: Roster, event: Event, actor: str, reason: str, now: datetime
) -> None:
    letter = await session.get_one(Newsletter, row.newsletter_id)
    await audit.record(session, actor, event, about=f"newsletter {letter.slug}", reason=reason, now=now)
