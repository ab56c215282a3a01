"""The open ledger: adds farewells, answers whether somebody left, and keeps the counter.

Every entry also goes, as a line, to its copy.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import chain
from app.core.crypto import KeyRing
from app.core.database import Database, changed
from app.core.errors import BookClosed
from app.domain import copybook, holes, ledger
from app.domain.audit import Seen
from app.domain.copybook import Copy
from app.domain.ledger import CHAIN, Counter, Entry, Head, Reason

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Farewell:
    """One end, ready for the ledger."""

    newsletter_id: UUID
    key_id: str
    subject: bytes
    reason: Reason
    at: datetime

    def entry(self) -> Entry:
        """The row it becomes."""
        return Entry(
            newsletter=self.newsletter_id.hex,
            key_id=self.key_id,
            subject=self.subject,
            reason=self.reason,
            at=self.at,
        )


class Book:
    """The ledger's database and its copy."""

    def __init__(self, database: Database, copy: Path | None, ring: KeyRing) -> None:
        self.database = database
        self.copy = Copy(copy, ring)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say it in one word when the ledger is away, locked for long, or its file was moved."""
        if self.database.missing:
            raise BookClosed("the ledger is not where it should be")
        try:
            yield
        except (DBAPIError, PoolTimeout, OSError) as trouble:
            raise BookClosed("the ledger cannot be reached") from trouble

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[AsyncSession]:
        with self._told():
            async with self.database.unit_of_work() as session:
                yield session

    @asynccontextmanager
    async def _look(self) -> AsyncIterator[AsyncSession]:
        with self._told():
            async with self.database.reading() as session:
                yield session

    async def write(self, farewells: Sequence[Farewell]) -> None:
        """Add ends and commit; raises BookClosed when they are not surely kept."""
        async with self._open() as session:
            entries = [each.entry() for each in farewells]
            for entry in entries:
                await chain.append(session, Head, "ledger", entry)
            self.copy.add(entries)

    async def look(self, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Read something else of the ledger; raises BookClosed."""
        async with self._look() as session:
            return await act(session)

    async def last_end(self, subjects: Sequence[bytes]) -> datetime | None:
        """When any of these pseudonyms ended last; raises BookClosed."""
        async with self._look() as session:
            return await ledger.last_end(session, subjects)

    async def ends(self, subjects: Sequence[bytes]) -> dict[bytes, datetime]:
        """The last end of each of these pseudonyms that has one; raises BookClosed."""
        async with self._look() as session:
            return await ledger.ends(session, subjects)

    async def of(self, subjects: Sequence[bytes]) -> list[Entry]:
        """Everything on record under these pseudonyms, oldest first; raises BookClosed."""
        async with self._look() as session:
            return await ledger.of(session, subjects)

    async def place(self, seq: int) -> tuple[bytes | None, int | None]:
        """The hash at a place, and the first place that is still kept; raises BookClosed."""
        async with self._look() as session:
            return await ledger.place(session, seq)

    async def moved(self, seq: int, last: bytes) -> bool:
        """Whether this end stood at this place, and was written down once more since; raises BookClosed."""
        with self._told():
            ends = {each.end for each in self.copy.lines().all if (each.seq, each.hash) == (seq, last)}
        subjects = [subject for _, _, subject, _, _ in ends]
        return any(copybook.of(each).end in ends for each in await self.of(subjects))

    async def since(self, seq: int, limit: int) -> list[Entry]:
        """The next entries after a place in the chain; raises BookClosed."""
        async with self._look() as session:
            return await ledger.since(session, seq, limit)

    async def counter(self) -> tuple[int, int, datetime | None]:
        """Announced, settled, and when; zeros for a ledger that is new. Raises BookClosed."""
        async with self._look() as session:
            row = await session.get(Counter, 1)
            return (row.announced, row.settled, row.at) if row else (0, 0, None)

    async def seen(self) -> Seen | None:
        """How far the trail had come when the counter was raised last; raises BookClosed."""
        async with self._look() as session:
            row = await session.get(Counter, 1)
            if row is None or row.trail_seq is None or row.trail_seal is None:
                return None
            return Seen(row.trail_seq, row.trail_seal)

    async def look_anew(self) -> None:
        """A restored trail has another end: it is seen again from there. Raises BookClosed."""
        async with self._open() as session:
            await session.execute(update(Counter).values(trail_seq=None, trail_seal=None))

    async def announce(self, at_least: int, now: datetime, trail: Seen | None = None) -> int:
        """Raise the counter before the main database's; returns the new value."""
        async with self._open() as session:
            row = await session.get(Counter, 1, with_for_update=True)
            if row is None:
                row = Counter(id=1, announced=0, settled=0, at=now)
                session.add(row)
            row.announced = max(row.announced, at_least) + 1
            row.at = now
            if trail is not None:
                row.trail_seq, row.trail_seal = trail.seq, trail.seal
            return row.announced

    async def settle(self, value: int) -> None:
        """Note that the main database has this value: one that lacks it later was restored."""
        async with self._open() as session:
            await session.execute(update(Counter).where(Counter.settled < value).values(settled=value))
        if self.copied_counter() < value:
            self.copy.put_counter(value)

    async def close_segment(self, ring: KeyRing, *, now: datetime) -> bool:
        """Sign what came since the last checkpoint."""
        async with self._open() as session:
            return await chain.close_segment(session, CHAIN, ring, now=now)

    async def prune(self, backup_days: int, *, now: datetime) -> int:
        """Remove whole segments that no backup can need any more; their checkpoints stay."""
        oldest = now - timedelta(days=backup_days) - ledger.MARGIN
        async with self._open() as session:
            query = select(ledger.Checkpoint).where(ledger.Checkpoint.at < oldest)
            point = await session.scalar(query.order_by(ledger.Checkpoint.seq.desc()).limit(1))
            if point is None:
                return 0
            await self._hold(session)
            self.copy.prune(point)
            return await changed(session, delete(Entry).where(Entry.seq <= point.seq))

    async def verify(self, ring: KeyRing) -> list[str]:
        """What is wrong with the ledger or its copy, in words; empty when nothing is."""
        async with self._look() as session:
            faults = await chain.verify(session, CHAIN, ring)
            if not await holes.compare(session, self.copy):
                return faults
        async with self._open() as session:  # what looks wrong is looked at again while nobody writes
            await self._hold(session)
            return faults + await holes.compare(session, self.copy)

    async def catch_up(self, reached: int, last: bytes | None) -> tuple[int, int]:
        """How many ends only the copy had, which are put back, and how many are lost for good.

        The main database has seen the ledger come as far as `reached`, where the hash was `last`.
        """
        async with self._look() as session:
            counter = await session.get(Counter, 1)
            behind = self.copied_counter() > (counter.announced if counter else 0)
            whole = not behind and self.copy.ends_with(await session.get(Head, CHAIN.name))
            if whole and not await holes.lost(session, reached, last):
                return 0, 0
        async with self._open() as session:
            await self._hold(session)
            lines = self.copy.lines()
            placed, again = await holes.take_over(session, lines)
            self.copy.add(again)
            return len(placed + again), await holes.leave_empty(session, reached, last, lines)

    async def fill(self, found: Path | None) -> tuple[int, int]:
        """How many ends the ledger got from a copy (its own, or one that was found), and its own from it.

        Raises Refused when a line is under a key that is not on this machine.
        """
        async with self._open() as session:
            await self._hold(session)
            lines = (Copy(found, self.copy.ring) if found else self.copy).lines()
            lines.must_open()
            placed, again = await holes.take_over(session, lines)
            if self.copy.path is None:
                return len(placed + again), 0
            entries = await session.scalars(select(Entry).order_by(Entry.seq))
            written = self.copy.complete(entries, lines.all, await holes.anchor(session))
            return len(placed + again), written

    async def _hold(self, session: AsyncSession) -> Head | None:
        """Nobody adds a line meanwhile."""
        return await session.get(Head, CHAIN.name, with_for_update=True)

    def copied_counter(self) -> int:
        """The counter as the copy knows it; 0 without a copy."""
        return self.copy.counter()
