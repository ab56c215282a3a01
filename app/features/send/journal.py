"""What is on disk before bytes leave, and right after: marks and fates, committed together.

All connections hand their marks and fates to one journal, which writes whatever has gathered in one
transaction (group commit). A commit whose outcome is unknown is simply done again: every statement
says what must be true before, so doing it twice does what doing it once does.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import logs
from app.core.database import PARAMETERS_AT_ONCE, Database
from app.core.errors import BookClosed
from app.core.sqltime import from_now
from app.domain.delivery import Delivery, State
from app.domain.issue import Issue
from app.domain.issue import State as IssueState
from app.domain.subscriber import Subscriber
from app.features.send.claim import Copy

PAUSES = (0.05, 0.1, 0.25, 0.5, 1.0)  # seconds between tries while the database is away
SQLITE_GAP = 0.01  # seconds: between two commits others can write too, the web above all

log = logs.get("send.journal")


class Outcome(StrEnum):
    """What became of a copy that was tried."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    AGAIN = "again"  # not now; tried later
    GIVEN_UP = "given_up"
    DOUBT = "doubt"  # it may have arrived; sent again with the same bytes
    RELEASED = "released"  # never tried; anyone may take it
    GONE = "gone"  # its reader has left


@dataclass(frozen=True, slots=True)
class Fate:
    """An outcome with what the server said, in numbers, and when to try again (seconds).

    `ends` is a subscriber whose mailbox does not exist: told on once the outcome is on disk.
    """

    outcome: Outcome
    code: str | None = None
    again_in: float = 0.0
    ends: UUID | None = None


@dataclass(slots=True)
class _Group:
    marks: list[tuple[Copy, asyncio.Future[bool]]] = field(default_factory=list)
    fates: list[tuple[int, Fate, asyncio.Future[None]]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.marks or self.fates)


ENDS = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.GIVEN_UP: State.GIVEN_UP,
    Outcome.GONE: State.LEFT,
}


class NewConnection(Exception):
    """The database was reached anew: it may be a restored one, so the counters are compared first."""


class Journal:
    """The one writer of a worker process.

    `fresh` says whether a connection was made since the counters were last compared; `compare`
    compares them and recovers from a restore before anything is written.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        fresh: Callable[[], bool],
        compare: Callable[[], Awaitable[None]],
        dead: Callable[[UUID], None],
    ) -> None:
        self._database = database
        self._owner = owner
        self._fresh = fresh
        self._compare = compare
        self._dead = dead
        self._group = _Group()
        self._more = asyncio.Event()
        self._closing = False

    async def mark(self, copy: Copy) -> bool:
        """Say on disk that these bytes are about to leave; False: they must not."""
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._group.marks.append((copy, told))
        self._more.set()
        return await told

    def settle(self, seq: int, fate: Fate) -> asyncio.Future[None]:
        """Write down what became of a copy; the future is done when it is on disk."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._group.fates.append((seq, fate, told))
        self._more.set()
        return told

    def close(self) -> None:
        """Write what is left and end."""
        self._closing = True
        self._more.set()

    async def run(self) -> None:
        """Write group after group until closed."""
        while True:
            await self._more.wait()
            self._more.clear()
            group, self._group = self._group, _Group()
            if group:
                await self._until_written(group)
                if not self._database.postgres:
                    await asyncio.sleep(SQLITE_GAP)
            if self._closing and not self._group:
                return

    async def _until_written(self, group: _Group) -> None:
        for attempt in range(1_000_000):
            try:
                if self._fresh():
                    await self._compare()
                marked = await self._write(group)
            except NewConnection:
                continue
            except (DBAPIError, PoolTimeout, OSError, BookClosed) as trouble:
                log.warning("journal.retry", attempt=attempt, trouble=type(trouble).__name__)
                self._refuse_late(group)
                await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
                continue
            self._answer(group, marked)
            return

    def _answer(self, group: _Group, marked: set[int]) -> None:
        for copy, told in group.marks:
            if not told.done():
                told.set_result(copy.seq in marked)
        for _, fate, done in group.fates:
            if fate.ends is not None:
                self._dead(fate.ends)
            with contextlib.suppress(asyncio.InvalidStateError):
                done.set_result(None)

    def _refuse_late(self, group: _Group) -> None:
        """A connection does not wait for a mark whose lease has run out meanwhile."""
        for copy, told in group.marks:
            if time.monotonic() >= copy.deadline and not told.done():
                told.set_result(False)

    async def _write(self, group: _Group) -> set[int]:
        async with self._database.connection() as connection:
            if self._fresh():
                raise NewConnection
            await self._settle_all(connection, group.fates)
            wanted = [copy for copy, told in group.marks if not told.done()]
            marked = await self._mark_all(connection, wanted)
            missed = [copy.seq for copy in wanted if copy.seq not in marked]
            await self._let_go(connection, missed)
            return marked

    def _mine(self, seqs: Sequence[int]) -> ColumnElement[bool]:
        return and_(Delivery.seq.in_(seqs), Delivery.lease_owner == self._owner)

    async def _mark_all(self, connection: AsyncConnection, copies: Sequence[Copy]) -> set[int]:
        marked: set[int] = set()
        for part in _parts([copy.seq for copy in copies]):
            statement = (
                update(Delivery)
                .where(
                    self._mine(part),
                    Delivery.lease_until > from_now(),
                    # `sending` too: a mark whose commit went unanswered may be there already
                    Delivery.state.in_([State.WAITING, State.SENDING]),
                    exists().where(Issue.id == Delivery.issue_id, Issue.state == IssueState.SENDING),
                    _reader_wants_it(),
                )
                .values(state=State.SENDING)
                .returning(Delivery.seq)
            )
            marked.update(row.seq for row in await connection.execute(statement))
        return marked

    async def _let_go(self, connection: AsyncConnection, seqs: Sequence[int]) -> None:
        """Not marked: the reader left (then the row says so), or the issue stopped."""
        for part in _parts(seqs):
            gone = and_(self._mine(part), Delivery.state.in_([State.WAITING, State.SENDING]))
            left: dict[str, Any] = {"state": State.LEFT, "lease_owner": None}
            await connection.execute(update(Delivery).where(gone, ~_reader_wants_it()).values(left))
            free = {"state": State.WAITING, "lease_owner": None, "lease_until": None}
            await connection.execute(update(Delivery).where(gone).values(free))

    async def _settle_all(self, connection: AsyncConnection, fates: Sequence[tuple[int, Fate, Any]]) -> None:
        alike: dict[Fate, list[int]] = {}
        for seq, fate, _ in fates:
            alike.setdefault(fate, []).append(seq)
        for fate, seqs in alike.items():
            for part in _parts(seqs):
                open_rows = Delivery.state.in_([State.WAITING, State.SENDING])
                statement = update(Delivery).where(self._mine(part), open_rows)
                await connection.execute(statement.values(_values(fate)))


def _reader_wants_it() -> ColumnElement[bool]:
    return exists().where(
        Subscriber.id == Delivery.subscriber_id,
        Subscriber.restricted_at.is_(None),
        or_(Subscriber.paused_until.is_(None), Subscriber.paused_until <= from_now()),
    )


def _values(fate: Fate) -> dict[str, Any]:
    """The columns an outcome sets; giving up the lease makes a second writing change nothing."""
    values: dict[str, Any] = {
        "state": ENDS.get(fate.outcome, State.WAITING),
        "lease_owner": None,
        "lease_until": None,
    }
    if fate.outcome is Outcome.DOUBT:
        values["in_doubt"] = Delivery.in_doubt + 1
    if fate.outcome not in {Outcome.RELEASED, Outcome.GONE}:
        values["attempts"] = Delivery.attempts + 1
        values["code"] = fate.code
    if fate.again_in:
        values["due_at"] = from_now(fate.again_in)
    return values


def _parts(seqs: Sequence[int]) -> list[Sequence[int]]:
    return [seqs[at : at + PARAMETERS_AT_ONCE] for at in range(0, len(seqs), PARAMETERS_AT_ONCE)]
