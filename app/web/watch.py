"""Before a visitor is answered from a database that may be another one, the guard compares (promise 7).

A backup that is put back shows itself as a new connection; nobody is served from it before the
ledger was replayed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core import logs
from app.core.errors import BookClosed
from app.domain.house import House
from app.features import guard
from app.features.guard import Watch

AGAIN_AFTER = 5.0  # seconds: while the ledger is away, not every visitor waits for it

log = logs.get("web")


class Watchman:
    """Compares once after new connections were made, however many visitors come at that moment."""

    def __init__(self, house: House, clock: Callable[[], datetime]) -> None:
        self._house, self._clock = house, clock
        self._lock = asyncio.Lock()
        self._not_before = 0.0

    @property
    def watch(self) -> Watch:
        """What the guard works with."""
        return Watch(self._house.database, self._house.book, self._house.ring)

    @property
    def needed(self) -> bool:
        """Whether a connection was made that nobody has looked at."""
        return self._house.fresh and monotonic() >= self._not_before

    async def look(self) -> None:
        """Compare now if that is needed; a ledger that is away does not keep readers from leaving."""
        async with self._lock:
            if not self.needed:
                return
            try:
                await self._house.compare(lambda: guard.check(self.watch, now=self._clock()))
            except BookClosed:
                self._not_before = monotonic() + AGAIN_AFTER
                log.warning("ledger.away")

    async def reasons(self) -> list[str]:
        """Why the service must not serve now; they name no person and no machine."""
        try:
            await self.look()
            return await guard.reasons(self.watch)
        except BookClosed:
            return ["the ledger cannot be reached"]
        except (DBAPIError, PoolTimeout, OSError):
            return ["the database cannot be reached"]
