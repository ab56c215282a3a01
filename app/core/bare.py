"""A bare line to the SQLite file for the few transactions that run many times a second.

Everything else goes through SQLAlchemy. Here a transaction is one trip to a thread that has the file
open: others can write again after a millisecond, and the web above all waits for that.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from app.core.direct import Away

T = TypeVar("T")
Work = Callable[[sqlite3.Cursor], T]


class Bare:
    """One connection; one transaction at a time."""

    def __init__(self, path: Path, pragmas: Sequence[str], patience: float, spin: float) -> None:
        """Nothing is opened yet; `patience` and `spin` are seconds to wait for a turn, and between tries."""
        self._path, self._pragmas = path, pragmas
        self._patience, self._spin = patience, spin
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file; one that is not there is not made. Raises Away."""
        try:
            await self._there(self._open)
        except Away:
            await self.close()
            raise

    async def run(self, work: Work[T]) -> T:
        """Do `work` in one transaction. Raises Away: it may be there or not then."""
        return await self._there(partial(self._transaction, work))

    async def close(self) -> None:
        """Close the file."""
        await self._there(self._close)
        self._thread.shutdown(wait=False)

    async def _there(self, act: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, act)
        except sqlite3.Error as trouble:
            raise Away(type(trouble).__name__) from None

    def _open(self) -> None:
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        self._connection = sqlite3.connect(address, uri=True, isolation_level=None)
        for pragma in self._pragmas:
            self._connection.execute(f"PRAGMA {pragma}")

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _transaction(self, work: Work[T]) -> T:
        if self._connection is None:
            raise Away("the file is not open")
        cursor = self._connection.cursor()
        self._begin(cursor)
        try:
            done = work(cursor)
            cursor.execute("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise
        return done

    def _begin(self, cursor: sqlite3.Cursor) -> None:
        until = time.monotonic() + self._patience
        while True:
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as trouble:
                if "locked" not in str(trouble) or time.monotonic() > until:
                    raise
                time.sleep(self._spin)
            else:
                return
