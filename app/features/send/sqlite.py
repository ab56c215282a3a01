"""What the one worker writes while it sends, on SQLite: a transaction for each group of marks and fates.

Each statement says what must be true before, so that doing it twice does what doing it once does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import PARAMETERS_AT_ONCE, Database
from app.core.sqltime import from_now
from app.domain.delivery import Delivery, State
from app.domain.issue import Issue
from app.domain.issue import State as IssueState
from app.domain.subscriber import Subscriber
from app.features.send.claim import Copy
from app.features.send.fate import UNTRIED, Fate


class Pen:
    """Writes the worker's marks and fates."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
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

    async def write(self, fates: Sequence[tuple[int, Fate]], marks: Sequence[Copy]) -> set[int]:
        """Commit all of it; returns which marks hold."""
        assert self._connection is not None, "open comes first"
        try:
            async with self._connection.begin():
                return await self._write(self._connection, fates, [copy.seq for copy in marks])
        except BaseException:
            await self.close()
            raise

    async def _write(
        self, connection: AsyncConnection, fates: Sequence[tuple[int, Fate]], wanted: Sequence[int]
    ) -> set[int]:
        await self._settle(connection, fates)
        marked = await self._mark(connection, wanted)
        await self._let_go(connection, [seq for seq in wanted if seq not in marked])
        return marked

    def _mine(self, seqs: Sequence[int]) -> ColumnElement[bool]:
        """Rows that this worker has and that are not at their end.

        `sending` too: a mark whose commit went unanswered may be there already.
        """
        still_open = Delivery.state.in_([State.WAITING, State.SENDING])
        return and_(Delivery.seq.in_(seqs), Delivery.lease_owner == self._owner, still_open)

    async def _mark(self, connection: AsyncConnection, seqs: Sequence[int]) -> set[int]:
        marked: set[int] = set()
        for part in _parts(seqs):
            statement = (
                update(Delivery)
                .where(
                    self._mine(part),
                    Delivery.lease_until > from_now(),
                    exists().where(Issue.id == Delivery.issue_id, Issue.state == IssueState.SENDING),
                    _wanted(),
                )
                .values(state=State.SENDING)
                .returning(Delivery.seq)
            )
            marked.update(row.seq for row in await connection.execute(statement))
        return marked

    async def _let_go(self, connection: AsyncConnection, seqs: Sequence[int]) -> None:
        """Not marked: the reader left (then the row says so), or the issue stopped."""
        for part in _parts(seqs):
            free: dict[str, Any] = {"lease_owner": None, "lease_until": None}
            left = update(Delivery).where(self._mine(part), ~_wanted())
            await connection.execute(left.values(free | {"state": State.LEFT}))
            await connection.execute(
                update(Delivery).where(self._mine(part)).values(free | {"state": State.WAITING})
            )

    async def _settle(self, connection: AsyncConnection, fates: Sequence[tuple[int, Fate]]) -> None:
        alike: dict[Fate, list[int]] = {}
        for seq, fate in fates:
            alike.setdefault(fate, []).append(seq)
        for fate, seqs in alike.items():
            for part in _parts(seqs):
                await connection.execute(update(Delivery).where(self._mine(part)).values(_values(fate)))


def _wanted() -> ColumnElement[bool]:
    return exists().where(
        Subscriber.id == Delivery.subscriber_id,
        Subscriber.restricted_at.is_(None),
        or_(Subscriber.paused_until.is_(None), Subscriber.paused_until <= from_now()),
    )


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


def _parts(seqs: Sequence[int]) -> list[Sequence[int]]:
    return [seqs[at : at + PARAMETERS_AT_ONCE] for at in range(0, len(seqs), PARAMETERS_AT_ONCE)]
