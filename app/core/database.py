"""One way to the database, for PostgreSQL and SQLite alike, and the only place that commits.

`unit_of_work()` is one request or one job: everything in it is saved, or nothing. On SQLite writers
take their turn at BEGIN (IMMEDIATE), so that none fails half-way; readers never wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Executable,
    Integer,
    MetaData,
    TypeDecorator,
    event,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL, CursorResult, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.util import await_only

from app.core.bare import Bare
from app.core.direct import ANSWER_WITHIN, Direct
from app.core.errors import BookClosed

# What says that a database or the ledger cannot be had now; OSError is also a TimeoutError.
AWAY = (DBAPIError, PoolTimeout, OSError, BookClosed)

PATIENCE = 30.0  # seconds; longer than any write of ours, so that waiting is never an error
BUSY_TIMEOUT_MS = 3  # SQLite's own waiting grows to 100 ms a step and misses its turn; ours does not
SPIN = 0.002  # seconds between two tries to write, so that a gap of the sender is never missed
PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
)  # fmt: skip
STATEMENT_TIMEOUT_MS = 60_000  # a statement this old is a fault, not work
IDLE_TIMEOUT_MS = 15_000  # a transaction whose client has gone frees its rows after this
POOL_SIZE = 10
CONNECT_SECONDS = 5  # a server on the same network answers in milliseconds
# A host that vanished without a word is noticed after some 15 seconds, not after two hours.
GONE = {
    "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 15_000,
}  # fmt: skip
PARAMETERS_AT_ONCE = 500  # SQLite allows 32,766 parameters in a statement; stay far below

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


# A number that never runs out, and that SQLite can still count up by itself.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Every table of the main database."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {int: NUMBER}


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC on every database; a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Towards the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def normal(url: str) -> URL:
    """The URL with the drivers that are used here, whatever spelling it came in."""
    parsed = make_url(url)
    name = parsed.get_backend_name()
    drivers = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite+aiosqlite"}
    if name == "postgres" or name not in drivers:
        raise ValueError("a database URL starts with postgresql:// or sqlite:///")
    return parsed.set(drivername=drivers[name])


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any, patience: float, door: asyncio.Lock) -> None:
    """Begin; who is going to write waits for the writer, and of this process one at a time, in order.

    Each asking by itself, many would keep the writer from its work: then the queue only grows.
    """
    if not connection.get_execution_options().get("writing", False):
        connection.exec_driver_sql("BEGIN")
        return
    until = time.monotonic() + patience
    await_only(door.acquire())
    try:
        while not _may_write(connection, until):
            await_only(asyncio.sleep(SPIN))
    finally:
        door.release()


def _may_write(connection: Any, until: float) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as trouble:
        if "locked" not in str(trouble.orig) or time.monotonic() > until:
            raise
        return False
    return True


def _engine(url: URL, patience: float) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_async_engine(url, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _tune_sqlite)
        event.listen(engine.sync_engine, "begin", partial(_begin, patience=patience, door=asyncio.Lock()))
        return engine
    return create_async_engine(
        url,
        hide_parameters=True,  # an error text never shows a value
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_pre_ping=True,
        connect_args=_manners(patience),
    )


def _manners(patience: float) -> dict[str, Any]:
    """How every connection to PostgreSQL behaves when something takes too long."""
    options = (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={int(patience * 1000)}"
        f" -c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS} -c timezone=UTC"
    )
    return {"options": options, "connect_timeout": CONNECT_SECONDS, **GONE}


class Database:
    """One database and the ways to use it."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        """`patience` is how long a writer waits for its turn, in seconds."""
        self.url = normal(url)
        self._patience = patience
        self.engine = _engine(self.url, patience)
        self._writer = self.engine.execution_options(writing=True)
        self._told: list[Callable[[], None]] = []

    @property
    def missing(self) -> bool:
        """Whether this is an SQLite file that is not there (any more); opening would make an empty one."""
        return not self.postgres and not Path(str(self.url.database)).exists()

    @property
    def postgres(self) -> bool:
        """Whether this is PostgreSQL, where many workers share the work."""
        return self.url.get_backend_name() == "postgresql"

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        """One request or job: committed at its end, rolled back on any error."""
        async with (
            AsyncSession(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Look: nothing is ever saved, and what was read stays readable afterwards."""
        async with AsyncSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    def on_connect(self, told: Callable[[], None]) -> None:
        """Call `told` at every new connection: a database that comes back may be another one."""
        event.listen(self.engine.sync_engine, "connect", lambda *_: told())
        self._told.append(told)

    async def direct(self, statements: Mapping[bytes, str], within: float = ANSWER_WITHIN) -> Direct:
        """A connection apart from the pool for statements that run thousands of times a second.

        PostgreSQL only; raises Away, also when no connection can be made.
        """
        _, words = self.engine.dialect.create_connect_args(self.url)
        line = await Direct.open({**words, **_manners(self._patience)}, statements, within)
        for told in self._told:
            told()
        return line

    async def bare(self) -> Bare:
        """The same for SQLite; raises Away, also when there is no file."""
        line = Bare(Path(str(self.url.database)), PRAGMAS, self._patience, SPIN)
        await line.open()
        for told in self._told:
            told()
        return line

    async def close(self) -> None:
        """Return every connection; an event loop that ends without this may hang."""
        await self.engine.dispose()


async def changed(session: AsyncSession | AsyncConnection, statement: Executable) -> int:
    """Run an update or delete and say how many rows it touched."""
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount


def dialect_of(session: AsyncSession | AsyncConnection) -> str:
    """`postgresql` or `sqlite`."""
    bind = session.bind if isinstance(session, AsyncSession) else session
    assert bind is not None
    return bind.dialect.name


def inserting(session: AsyncSession, table: Any) -> Any:
    """An insert that knows ON CONFLICT, in the words of the database at hand."""
    insert = postgres_insert if dialect_of(session) == "postgresql" else sqlite_insert
    # Not the mapped class, and told to keep it: else nobody says how many rows went in.
    return insert(table.__table__).execution_options(preserve_rowcount=True)


def insert_or_skip(session: AsyncSession, table: Any) -> Any:
    """An insert that leaves a row alone that is already there."""
    return inserting(session, table).on_conflict_do_nothing()
