"""What the one worker takes and writes while it sends, on SQLite: a transaction for each claim or group.

Each statement says what must be true before, so that doing it twice does what doing it once does.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import PARAMETERS_AT_ONCE, Database
from app.core.sqltime import from_now
from app.domain.delivery import OPEN, Delivery, State, wanted
from app.domain.issue import Issue
from app.domain.issue import State as IssueState
from app.domain.subscriber import Subscriber
from app.features.send.claim import Wish
from app.features.send.fate import UNTRIED, Fate
from app.features.send.lease import Copy, Held, Lease, Taken

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


class Hand:
    """Takes rows for the one worker: whoever writes has the file to itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self) -> None:
        """Nothing is kept open: others want to write too."""

    async def close(self) -> None:
        """Nothing is kept open."""

    async def take(self, wish: Wish) -> list[Taken]:
        """Lease the next rows in the order of the audience."""
        async with self._database.unit_of_work() as session:
            rows = sorted((await session.execute(_taking(wish))).all(), key=attrgetter("seq"))
            ids = [row.subscriber_id for row in rows]
            query = select(Subscriber.id, Subscriber.address, Subscriber.language)
            found = await session.execute(query.where(Subscriber.id.in_(ids)))
            readers = {row.id: (row.address, row.language) for row in found}
        return [
            Taken(
                row.seq,
                row.id.bytes,
                row.subscriber_id.bytes,
                row.attempts,
                *readers.get(row.subscriber_id, (None, None)),
            )
            for row in rows
        ]


def _taking(wish: Wish) -> Any:
    due = or_(Delivery.due_at.is_(None), Delivery.due_at <= from_now())
    free = or_(Delivery.lease_until.is_(None), Delivery.lease_until < from_now())
    chosen = (
        select(Delivery.seq)
        .where(Delivery.issue_id == wish.issue_id, Delivery.seq > wish.after)
        .where(Delivery.state.in_(OPEN), free, due)
        .order_by(Delivery.seq)
        .limit(wish.limit)
        .cte("picked")
    )
    doubted = case((Delivery.state == State.SENDING, 1), else_=0)
    return (
        update(Delivery)
        .where(Delivery.seq == chosen.c.seq)
        .values(
            lease_owner=wish.name,
            lease_until=from_now(wish.seconds),
            in_doubt=Delivery.in_doubt + doubted,
            state=State.WAITING,
        )
        .returning(Delivery.seq, Delivery.id, Delivery.subscriber_id, Delivery.attempts)
        .execution_options(synchronize_session=False)
    )


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
