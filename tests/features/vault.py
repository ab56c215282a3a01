"""A service whose ledger has a copy, and what can happen to either of the two."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import delete, select

from app.core.settings import Settings
from app.domain.audit import Event, Record
from app.domain.book import Farewell
from app.domain.house import House
from app.domain.ledger import Checkpoint, Counter, Entry, Head, Reason
from app.features import guard, unsubscribe
from tests.backups import Backup, Backups, reopen
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.restoring import watching


@dataclass
class Vault:
    """A service whose ledger has a copy, and what can happen to either."""

    on: Stage
    house: House
    settings: Settings
    clock: Clock
    copy: Path
    backups: Backups

    async def end(self, many: int = 1) -> None:
        """Somebody else goes."""
        for _ in range(many):
            key = self.house.ring.active
            farewell = Farewell(self.on.letter.id, key, uuid4().bytes, Reason.LEFT, self.clock())
            await self.house.book.write([farewell])

    async def leave(self) -> None:
        """Alice goes."""
        words = {"ring": self.house.ring, "book": self.house.book, "now": self.clock()}
        async with self.house.database.unit_of_work() as session:
            await unsubscribe.leave(session, self.on.link(self.on.alice), **words)

    async def begin_anew(self) -> None:
        """The ledger is lost, and an empty one stands in its place."""
        async with self.house.book.database.unit_of_work() as session:
            for table in (Entry, Head, Checkpoint, Counter):
                await session.execute(delete(table))

    async def put_back(self, backup: Backup, *, main: bool, ledger: bool) -> None:
        self.settings = self.backups.put_back(self.settings, backup, main=main, ledger=ledger)
        self.house = await reopen(self.house, self.settings)

    async def check(self) -> bool:
        return await guard.check(watching(self.house), now=self.clock())

    async def faults(self) -> list[str]:
        return await self.house.book.verify(self.house.ring)

    async def alice(self) -> bool:
        stage = Stage(self.house, self.on.letter, self.on.alice, self.on.chris_was)
        return await stage.find("alice@example.org") is not None

    async def entries(self) -> dict[int, bytes]:
        async with self.house.book.database.reading() as session:
            return dict((await session.execute(select(Entry.seq, Entry.hash))).all())

    async def told(self) -> list[str]:
        """What is on record about it."""
        async with self.house.database.reading() as session:
            query = select(Record.about).where(Record.event == Event.LEDGER_CAUGHT_UP)
            return list(await session.scalars(query.order_by(Record.seq)))
