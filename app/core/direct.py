"""A bare line to PostgreSQL for the few statements that run thousands of times a second.

Everything else goes through SQLAlchemy. Here a statement is prepared once and then costs one message
out and one back, with its commit: what the sender writes between two letters must cost microseconds.

Easy to get wrong: an answer that does not come is not a refusal. After `Away` nobody knows whether
the statement was carried out, so callers only run what may run twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGresult

ANSWER_WITHIN = 5.0  # seconds for a statement of milliseconds; then the line is given up
FULL_SOCKET = 0.001  # seconds until the rest of a long question is tried
BINARY = pq.Format.BINARY
DONE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)

# Every statement looks rows up by key, and is planned once. What PostgreSQL knows of a table that was
# empty a moment ago would have it read all of a million rows each time.
SETTINGS = """
SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;
SET enable_mergejoin = off; SET enable_bitmapscan = off
"""


class Away(ConnectionError):
    """The line is of no more use; whether the last statement was carried out is not known."""


class Direct:
    """One connection; one statement at a time."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], within: float) -> None:
        self._connection = connection
        self._within = within
        self._pg = connection.pgconn
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[PGresult] | None = None
        self._result: PGresult | None = None
        self._broken = ""  # why nothing more can be asked
        self._watched = self._pg.socket
        self._loop.add_reader(self._watched, self._readable)

    @classmethod
    async def open(cls, words: Mapping[str, Any], statements: Mapping[bytes, str], within: float) -> Direct:
        """Connect and prepare the statements under their names; raises Away.

        `within` is how many seconds each answer may take.
        """
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                connection = await psycopg.AsyncConnection.connect(**words, autocommit=True)
                await connection.execute(SETTINGS)
        except (psycopg.Error, OSError, TimeoutError) as trouble:
            raise Away(type(trouble).__name__) from None
        direct = cls(connection, within)
        try:
            for name, statement in statements.items():
                await direct._asked(partial(direct._pg.send_prepare, name, statement.encode()))
        except BaseException:
            await direct.close()  # it is tried again and again, and nobody else would hang up
            raise
        return direct

    async def run(self, name: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Carry out a prepared statement, with values as text; its rows come back in binary form."""
        return await self._asked(partial(self._pg.send_query_prepared, name, values, result_format=BINARY))

    async def close(self) -> None:
        """Hang up."""
        self._unwatch()
        await self._connection.close()

    async def _asked(self, ask: Callable[[], None]) -> PGresult:
        if self._broken:
            raise Away(self._broken)
        answer: asyncio.Future[PGresult] = self._loop.create_future()
        self._answer = answer
        late = self._loop.call_later(self._within, self._fail, "timeout")
        try:
            ask()
            self._push()
            result = await answer
        except psycopg.Error as trouble:
            self._fail(type(trouble).__name__)
            raise Away(type(trouble).__name__) from None
        finally:
            late.cancel()
            self._answer = None
        if result.status not in DONE:
            state = result.error_field(pq.DiagnosticField.SQLSTATE) or b"?????"
            raise Away(f"PostgreSQL says {state.decode()}")
        return result

    def _push(self) -> None:
        """Send what is left of the question, when the socket took only a part of it."""
        if self._answer is not None and self._pg.flush():
            self._loop.call_later(FULL_SOCKET, self._push)

    def _readable(self) -> None:
        try:
            self._pg.consume_input()
            while not self._pg.is_busy():
                result = self._pg.get_result()
                if result is None:
                    self._settle()
                    return
                self._result = result
        except psycopg.Error as trouble:
            self._fail(type(trouble).__name__)

    def _settle(self) -> None:
        result, self._result = self._result, None
        if result is not None and self._answer is not None and not self._answer.done():
            self._answer.set_result(result)

    def _fail(self, why: str) -> None:
        """Nothing more is read: what comes late belongs to a question that was given up."""
        self._broken = self._broken or why
        self._unwatch()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Away(why))

    def _unwatch(self) -> None:
        if self._watched >= 0:
            self._loop.remove_reader(self._watched)
            self._watched = -1


def numbers(values: Sequence[int]) -> bytes:
    """A PostgreSQL array of whole numbers, as text."""
    return array(map(str, values))


def array(values: Iterable[str]) -> bytes:
    """A PostgreSQL array, as text; words are quoted already."""
    return f"{{{','.join(values)}}}".encode()
