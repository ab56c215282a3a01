"""What every process opens at its start: settings, keys, the main database and the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError

from app.core import crypto, keyfile, migrating
from app.core.crypto import KeyRing
from app.core.database import Database
from app.core.errors import Refused
from app.core.settings import Settings
from app.domain import audit, service
from app.domain.audit import Event
from app.domain.book import Book

LEDGER_PATIENCE = 3.0  # seconds: leaving does not wait longer, it succeeds with a pending row


@dataclass
class House:
    """An open service. A new database connection may be to another database: a backup that was put back."""

    settings: Settings
    ring: KeyRing
    database: Database
    book: Book
    _made: int = field(default=1)  # database connections; the first ones count as one
    _compared: int = field(default=0)  # so many when the counters were last compared to the end
    _comparing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def fresh(self) -> bool:
        """Whether there is a connection over which the counters were not compared yet."""
        return self._made > self._compared

    async def compare(self, check: Callable[[], Awaitable[object]]) -> None:
        """Have it done, by one at a time; until it is done, whoever asks finds the house fresh."""
        async with self._comparing:
            made = self._made
            if made > self._compared:
                await check()
                self._compared = made

    async def close(self) -> None:
        """Return every connection."""
        await self.database.close()
        await self.book.database.close()

    def _note_connection(self) -> None:
        self._made += 1


def now() -> datetime:
    """The time, for the edges: everything inside takes it as an argument."""
    return datetime.now(UTC)


def keys(settings: Settings) -> KeyRing:
    """The key ring; outside production a first one is made."""
    if not settings.production and not settings.keys.exists():
        keyfile.save(settings.keys, [crypto.new_key(now())])
    return keyfile.load(settings.keys)


def migrate(settings: Settings) -> None:
    """Bring both databases to this version."""
    migrating.upgrade(settings.database, migrating.MAIN)
    migrating.upgrade(settings.ledger, migrating.LEDGER)


def refuse_pending(settings: Settings) -> None:
    """Raise Refused while migrations are pending: an old table under new code loses data."""
    if migrating.pending(settings.database, migrating.MAIN) or _ledger_pending(settings):
        raise Refused("the database is not at this version yet; run: bode migrate")


def _ledger_pending(settings: Settings) -> bool:
    """A ledger that is away is not an old one: leaving and erasing go on without it."""
    if Database(settings.ledger).missing:
        return not migrating.started(settings.database)
    try:
        return migrating.pending(settings.ledger, migrating.LEDGER)
    except DBAPIError:
        return False


async def open_house(settings: Settings) -> House:
    """Open everything; raises Refused when the ring lacks the key in use."""
    ring = keys(settings)
    database = Database(settings.database)
    ledger = Database(settings.ledger, LEDGER_PATIENCE)
    house = House(settings, ring, database, Book(ledger, settings.ledger_lines, ring))
    async with database.unit_of_work() as session:
        if await service.ensure(session, ring.active):
            about = f"key {ring.active}"
            await audit.record(session, "service", Event.KEY_ACTIVATED, about=about, now=now())
        active = (await service.state(session)).active_key
    if active not in ring.ids:
        await house.close()
        raise Refused(
            f"the key ring at {settings.keys} lacks key {active}, which the database uses; "
            "put the right key file back"
        )
    ring.active = active
    database.on_connect(house._note_connection)  # noqa: SLF001  (its own house)
    return house
