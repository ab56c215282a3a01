"""What the one worker writes while it sends, on SQLite: a transaction for each group of marks and fates.

Each statement says what must be true before, so that doing it twice does what doing it once does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, exists, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import PARAMETERS_AT_ONCE, Database
from app.core.sqltime import from_now
from app.domain.delivery import OPEN, Delivery, State, wanted
from app.domain.issue import Issue
from app.domain.issue import State as IssueState
from app.features.send.claim import Copy, Held, Lease
from app.features.send.fate import UNTRIED, Fate

T = TypeVar("T")


class Pen:
    """Writes the worker's marks and fates."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: AsyncConnection | None = None

    async def open(self) -> None:
        """Have a connection; a new one may be to another file than the last."""
        if self._connection is None:
            self._connection = await self._database.writer()

    async def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def write(self, fates: Sequence[tuple[Held, Fate]], marks: Sequence[Copy]) -> set[int]:
        """Commit all of it; returns which marks hold."""
        assert self._connection is not None, "open comes first"
        try:
            async with self._connection.begin():
                return await self._write(self._connection, fates, marks)
        except BaseException:
            await self.close()
            raise

    async def _write(
        self, connection: AsyncConnection, fates: Sequence[tuple[Held, Fate]], marks: Sequence[Copy]
    ) -> set[int]:
        await self._settle(connection, fates)
        marked = await self._mark(connection, marks)
        await self._let_go(connection, [copy for copy in marks if copy.seq not in marked])
        return marked

    async def renew(self, lease: Lease, seconds: float) -> None:
        """Hold on to what is still ours."""
        assert self._connection is not None, "open comes first"
        statement = update(Delivery).where(
            Delivery.seq.between(lease.first, lease.last),
            Delivery.lease_owner == lease.name,
            Delivery.lease_until > from_now(),
            Delivery.state.in_(OPEN),
        )
        async with self._connection.begin():
            await self._connection.execute(statement.values(lease_until=from_now(seconds)))

    async def _mark(self, connection: AsyncConnection, marks: Sequence[Copy]) -> set[int]:
        marked: set[int] = set()
        for part in _parts(marks):
            statement = (
                update(Delivery)
                .where(
                    _ours(part),
                    Delivery.lease_until > from_now(),
                    exists().where(Issue.id == Delivery.issue_id, Issue.state == IssueState.SENDING),
                    wanted(from_now()),
                )
                .values(state=State.SENDING)
                .returning(Delivery.seq)
            )
            marked.update(row.seq for row in await connection.execute(statement))
        return marked

    async def _let_go(self, connection: AsyncConnection, held: Sequence[Held]) -> None:
        """Not marked: the reader left (then the row says so), or the issue stopped."""
        for part in _parts(held):
            free: dict[str, Any] = {"lease_owner": None, "lease_until": None}
            left = update(Delivery).where(_ours(part), ~wanted(from_now()))
            await connection.execute(left.values(free | {"state": State.LEFT}))
            await connection.execute(
                update(Delivery).where(_ours(part)).values(free | {"state": State.WAITING})
            )

    async def _settle(self, connection: AsyncConnection, fates: Sequence[tuple[Held, Fate]]) -> None:
        alike: dict[Fate, list[Held]] = {}
        for held, fate in fates:
            alike.setdefault(fate, []).append(held)
        for fate, rows in alike.items():
            for part in _parts(rows):
                await connection.execute(update(Delivery).where(_ours(part)).values(_values(fate)))


def _ours(held: Sequence[Held]) -> ColumnElement[bool]:
    """Rows that are under these leases and not at their end.

    `sending` too: a mark whose commit went unanswered may be there already.
    """
    rows = [(each.seq, each.lease.name) for each in held]
    return and_(tuple_(Delivery.seq, Delivery.lease_owner).in_(rows), Delivery.state.in_(OPEN))


def _values(fate: Fate) -> dict[str, Any]:
    """The columns an outcome sets; giving up the lease makes a second writing change nothing."""
    values: dict[str, Any] = {"state": fate.state, "lease_owner": None, "lease_until": None}
    if fate.doubts:
        values["in_doubt"] = Delivery.in_doubt + fate.doubts
    if fate.outcome not in UNTRIED:
        values["attempts"] = Delivery.attempts + fate.tries
        values["code"] = fate.code
    if fate.again_in:
        values["due_at"] = from_now(fate.again_in)
    return values


def _parts(rows: Sequence[T]) -> list[Sequence[T]]:
    return [rows[at : at + PARAMETERS_AT_ONCE] for at in range(0, len(rows), PARAMETERS_AT_ONCE)]
