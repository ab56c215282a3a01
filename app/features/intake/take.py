"""Takes the lines of a list in: a subscription for each that is new, and the proof of its yes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.core.database import Database
from app.domain import consent, service, subscriber
from app.domain.book import Book
from app.domain.consent import Consent
from app.domain.newsletter import Newsletter
from app.domain.subscriber import Subscriber
from app.features.intake.known import known as look
from app.features.intake.lines import Kept, Line, Why

BATCH = 1000  # lines in a transaction: on PostgreSQL it keeps nobody waiting
SMALL = 250  # on SQLite, where everybody who writes waits for it: some 50 ms
GAP = 0.01  # seconds between two transactions on SQLite, so that others can write too
TRIES = 5  # of a batch in which somebody signed up at that very moment
LISTED = 10_000  # lines told of one by one; more are counted


@dataclass(slots=True)
class Tally:
    """What became of the lines so far."""

    lines: int = 0
    added: int = 0
    already: int = 0
    out: Counter[Why] = field(default_factory=Counter)
    told: list[Kept] = field(default_factory=list)

    def keep_out(self, each: Kept) -> None:
        """Count a line that stays out, and tell of it while there is room."""
        self.out[each.why] += 1
        if len(self.told) < LISTED:
            self.told.append(each)


@dataclass(frozen=True, slots=True)
class Desk:
    """What an intake works with; `dry` looks and changes nothing."""

    database: Database
    book: Book
    ring: KeyRing
    letter: Newsletter
    dry: bool = False


async def bring_in(
    desk: Desk, entries: Iterable[Line | Kept], told: Callable[[Tally], None], *, now: datetime
) -> Tally:
    """Take the lines in, some hundreds in a transaction; `told` hears how far it is."""
    tally, waiting = Tally(), iter(entries)
    size = BATCH if desk.database.postgres else SMALL
    while some := list(islice(waiting, size)):
        lines = [each for each in some if isinstance(each, Line)]
        for each in some:
            if isinstance(each, Kept):
                tally.keep_out(each)
        if lines:
            await _take(desk, lines, tally, now)
        tally.lines += len(some)
        told(tally)
        await asyncio.sleep(0 if desk.database.postgres or desk.dry else GAP)
    return tally


async def _take(desk: Desk, lines: list[Line], tally: Tally, now: datetime) -> None:
    """Once more when somebody signed up in that very moment: then they are there already."""
    for left in reversed(range(TRIES)):
        try:
            async with desk.database.unit_of_work() as session:
                new, out = await sort(session, desk, lines, now)
                if not desk.dry:
                    await add(session, desk, new, now)
        except IntegrityError:
            if not left:
                raise
            continue
        for each in out:
            tally.keep_out(each)
        tally.added += len(new)
        tally.already += len(lines) - len(new) - len(out)
        return


async def sort(
    session: AsyncSession, desk: Desk, lines: list[Line], now: datetime
) -> tuple[list[Line], list[Kept]]:
    """Who is new, and who stays out; the rest is there already."""
    await service.hold_key(session, desk.ring)
    known = await look(session, lines, desk.letter.id, ring=desk.ring, book=desk.book, now=now)
    new: dict[str, Line] = {}
    out = []
    for line in lines:
        if why := known.keeps_out(line):
            out.append(Kept(line.number, why))
        elif line.address.canonical not in known.there:
            new.setdefault(line.address.canonical, line)
    return list(new.values()), out


async def add(session: AsyncSession, desk: Desk, lines: list[Line], now: datetime) -> None:
    """The subscriptions, and the proof of each with the version of its evidence."""
    if not lines:
        return
    ring, letter = desk.ring, desk.letter
    texts = await consent.worded_many(session, {line.evidence for line in lines}, now)
    rows = [
        subscriber.values(ring, letter.id, line.address, language=letter.language, confirmed_at=line.at)
        for line in lines
    ]
    proofs = [
        consent.values(
            ring, letter.id, line.address, consent.Event.IMPORTED, at=line.at, wording_id=texts[line.evidence]
        )
        for line in lines
    ]
    await session.execute(insert(Subscriber), rows)
    await session.execute(insert(Consent), proofs)
