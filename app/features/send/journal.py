"""What is on disk before bytes leave, and right after: marks and fates, committed together.

All connections hand their marks and fates to one journal, which writes whatever has gathered in one
transaction (group commit). A commit whose outcome is unknown is simply done again: every statement
says what must be true before, so doing it twice does what doing it once does.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from uuid import UUID

from app.core import logs
from app.core.database import AWAY, Database
from app.features.send import postgres, sqlite
from app.features.send.fate import Fate
from app.features.send.lease import Copy, Held, Lease

PAUSES = (0.05, 0.1, 0.25, 0.5, 1.0)  # seconds between tries while the database is away
RENEWALS = 3  # a span: two may fail
SQLITE_GAP = 0.01  # seconds: between two commits others can write too, the web above all
# Seconds for what is left when the worker is told to stop and the database is away. Then it ends: what
# could not be written is in doubt, as after a crash.
LAST_WORDS = 5.0

log = logs.get("send.journal")


class Pen(Protocol):
    """Who writes, in the words of the database at hand."""

    async def open(self) -> None: ...

    async def write(self, fates: Sequence[tuple[Held, Fate]], marks: Sequence[Copy]) -> set[int]: ...

    async def renew(self, lease: Lease, seconds: float) -> None: ...

    async def close(self) -> None: ...


Told = Callable[[bool], None]


@dataclass(eq=False, slots=True)
class Mark:
    """Asks whether these bytes may leave; answered once."""

    copy: Copy
    told: Told
    open: bool = True

    def answer(self, *, may: bool) -> None:
        """Say so, unless it was said before."""
        if self.open:
            self.open = False
            self.told(may)


class Term(NamedTuple):
    """How long a lease holds in the database, and how long the worker trusts it (seconds)."""

    lease: float
    span: float


@dataclass(slots=True)
class _Group:
    marks: list[Mark] = field(default_factory=list)
    fates: list[tuple[Held, Fate]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.marks or self.fates)


class Journal:
    """The one writer of a worker process.

    `fresh` says whether a connection was made since the counters were last compared; `compare`
    compares them and recovers from a restore before anything is written.
    """

    def __init__(
        self,
        database: Database,
        term: Term,
        fresh: Callable[[], bool],
        compare: Callable[[], Awaitable[None]],
        dead: Callable[[UUID], None],
    ) -> None:
        self._pen: Pen = (postgres.Pen if database.postgres else sqlite.Pen)(database)
        self._gap = 0.0 if database.postgres else SQLITE_GAP
        self._fresh = fresh
        self._compare = compare
        self._dead = dead
        self._term = term
        self._leases: set[Lease] = set()
        self._renewal = False  # whether it is time to renew them
        self._group = _Group()
        self._more = asyncio.Event()
        self._closed_at = math.inf  # on the steady clock

    def mark(self, copy: Copy, told: Told) -> None:
        """Say on disk that these bytes are about to leave, and tell whether they may."""
        self._group.marks.append(Mark(copy, told))
        self._more.set()

    def settle(self, held: Held, fate: Fate) -> None:
        """Write down what became of a copy, before or with the next mark of its connection."""
        self._group.fates.append((held, fate))
        self._more.set()

    def hold(self, lease: Lease) -> None:
        """Renew this lease in time, as long as any of its copies has no fate."""
        self._leases.add(lease)

    def close(self) -> None:
        """Write what is left and end, within LAST_WORDS."""
        self._closed_at = time.monotonic()
        self._more.set()

    async def run(self) -> None:
        """Write group after group until closed."""
        remembering = asyncio.create_task(self._remember())
        loop = asyncio.get_running_loop()
        try:
            while self._closed_at == math.inf or self._group:
                await self._more.wait()
                self._more.clear()
                group, self._group = self._group, _Group()
                if self._renewal:
                    await self._renew()
                if group and (marked := await self._until_written(group)) is not None:
                    if self._group:  # goes to the database first, which works while letters leave
                        loop.call_soon(self._answer, group, marked)
                    else:
                        self._answer(group, marked)
                    if self._gap:
                        await asyncio.sleep(self._gap)
        finally:
            remembering.cancel()
            await self._pen.close()

    async def _remember(self) -> None:
        """A reply may take longer than a lease (RFC 5321 allows ten minutes), so leases are renewed."""
        while True:
            await asyncio.sleep(self._term.span / RENEWALS)
            self._renewal = bool(self._leases)
            self._more.set()

    async def _renew(self) -> None:
        """What cannot be renewed in time is over, and others may have it: it is not sent any more."""
        self._renewal = False
        with contextlib.suppress(*AWAY):
            await self._pen.open()
            for lease in [each for each in self._leases if not each.over and _used(each)]:
                begun = time.monotonic()
                await self._pen.renew(lease, self._term.lease)
                if not lease.over:  # the answer came in time, so nobody else came in between
                    lease.deadline = begun + self._term.span
        self._leases = {each for each in self._leases if not each.over}

    async def _until_written(self, group: _Group) -> set[int] | None:
        """Which marks hold, once it is on disk; None when that cannot be waited for."""
        attempt = 0
        while True:
            try:
                await self._pen.open()
                if self._fresh():
                    await self._compare()
                marks = [mark.copy for mark in group.marks if mark.open]
                return await self._pen.write(group.fates, marks)
            except AWAY as trouble:
                log.warning("journal.retry", attempt=attempt, trouble=type(trouble).__name__)
                if time.monotonic() > self._closed_at + LAST_WORDS:
                    log.warning("journal.unwritten", fates=len(group.fates))
                    return None
                self._refuse_late(group)
                self._refuse_late(self._group)  # what has gathered meanwhile does not wait either
                await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
                attempt += 1

    def _answer(self, group: _Group, marked: set[int]) -> None:
        for mark in group.marks:
            copy, may = mark.copy, mark.copy.seq in marked
            if may:
                copy.lease.under_way.add(copy.seq)
            else:
                self._done_with(copy)
            mark.answer(may=may)
        for held, fate in group.fates:
            self._done_with(held)
            if fate.ends is not None:
                self._dead(fate.ends)

    def _done_with(self, held: Held) -> None:
        held.lease.left -= 1
        held.lease.under_way.discard(held.seq)
        if held.lease.left <= 0:
            self._leases.discard(held.lease)

    def _refuse_late(self, group: _Group) -> None:
        """A connection does not wait for a mark whose lease has run out meanwhile."""
        for mark in group.marks:
            if mark.copy.lease.over:
                mark.answer(may=False)


def _used(lease: Lease) -> bool:
    """Whether anything comes of it: who cannot reach a relay must not keep its readers from others."""
    moved, lease.seen = lease.left != lease.seen, lease.left
    return moved or bool(lease.under_way)
