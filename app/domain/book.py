"""The open ledger: adds farewells, answers whether somebody left, and keeps the counter.

Every entry also goes, as a line, to a copy on another disk or host (BODE_LEDGER_COPY), which shows
it when ledger and database come back together from one snapshot.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import chain
from app.core.crypto import KeyRing
from app.core.database import Database, changed
from app.core.errors import BookClosed
from app.domain import ledger
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

    def __init__(self, database: Database, copy: Path | None) -> None:
        self.database = database
        self.copy = copy

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
            self._copy_lines([_line(entry) for entry in entries])

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

    async def since(self, seq: int, limit: int) -> list[Entry]:
        """The next entries after a place in the chain; raises BookClosed."""
        async with self._look() as session:
            return await ledger.since(session, seq, limit)

    async def counter(self) -> tuple[int, int, datetime | None]:
        """Announced, settled, and when; zeros for a ledger that is new. Raises BookClosed."""
        async with self._look() as session:
            row = await session.get(Counter, 1)
            return (row.announced, row.settled, row.at) if row else (0, 0, None)

    async def announce(self, at_least: int, now: datetime) -> int:
        """Raise the counter before the main database's; returns the new value."""
        async with self._open() as session:
            row = await session.get(Counter, 1, with_for_update=True)
            if row is None:
                row = Counter(id=1, announced=0, settled=0, at=now)
                session.add(row)
            row.announced = max(row.announced, at_least) + 1
            row.at = now
            return row.announced

    async def settle(self, value: int) -> None:
        """Note that the main database has this value: one that lacks it later was restored."""
        async with self._open() as session:
            await session.execute(update(Counter).where(Counter.settled < value).values(settled=value))
        if self.copied_counter() < value:
            self._copy_counter(value)

    async def close_segment(self, ring: KeyRing, *, now: datetime) -> bool:
        """Sign what came since the last checkpoint."""
        async with self._open() as session:
            return await chain.close_segment(session, CHAIN, ring, now=now)

    async def prune(self, backup_days: int, *, now: datetime) -> int:
        """Remove whole segments that no backup can need any more; their checkpoints stay."""
        oldest = now - timedelta(days=backup_days) - ledger.MARGIN
        async with self._open() as session:
            anchor = await session.scalar(
                select(func.max(ledger.Checkpoint.seq)).where(ledger.Checkpoint.at < oldest)
            )
            if anchor is None:
                return 0
            await session.get(Head, "ledger", with_for_update=True)  # nobody adds a line meanwhile
            self._prune_copy(anchor)
            return await changed(session, delete(Entry).where(Entry.seq <= anchor))

    async def verify(self, ring: KeyRing) -> list[str]:
        """What is wrong with the ledger, in words; empty when nothing is."""
        async with self._look() as session:
            return await chain.verify(session, CHAIN, ring)

    async def catch_up(self) -> int:
        """Put entries back that only the copy has; more than 0 means the ledger was restored."""
        if self.copy is None or not self.copy.exists():
            return 0
        added = 0
        async with self._open() as session:
            head = await session.get(Head, "ledger", with_for_update=True)
            known = head.seq if head else 0
            for line in self.copy.read_text().splitlines():
                content = json.loads(line)
                if content["seq"] > known:
                    await chain.append(session, Head, "ledger", _entry(content))
                    added += 1
        return added

    def copied_counter(self) -> int:
        """The counter as the copy knows it; 0 without a copy."""
        if self.copy is None:
            return 0
        try:
            return int(self._counter_path().read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def _counter_path(self) -> Path:
        assert self.copy is not None
        return self.copy.with_name(self.copy.name + ".counter")

    def _copy_lines(self, lines: list[str]) -> None:
        if self.copy is None:
            return
        with self.copy.open("a") as out:
            out.writelines(line + "\n" for line in lines)
            out.flush()
            os.fsync(out.fileno())

    def _prune_copy(self, anchor: int) -> None:
        if self.copy is None or not self.copy.exists():
            return
        lines = self.copy.read_text().splitlines()
        kept = [line for line in lines if json.loads(line)["seq"] > anchor]
        fresh = self.copy.with_name(self.copy.name + ".new")
        fresh.write_text("".join(line + "\n" for line in kept))
        fresh.replace(self.copy)

    def _copy_counter(self, value: int) -> None:
        if self.copy is None:
            return
        path = self._counter_path()
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(str(value))
        fresh.replace(path)


def _line(entry: Entry) -> str:
    return json.dumps({"seq": entry.seq, "hash": entry.hash.hex(), **entry.covered()})


def _entry(content: dict[str, str]) -> Entry:
    return Entry(
        newsletter=content["newsletter"],
        key_id=content["key_id"],
        subject=bytes.fromhex(content["subject"]),
        reason=Reason(content["reason"]),
        at=datetime.fromisoformat(content["at"]),
    )
