"""The table of what happens by itself: what, how often, and why.

Every job may run twice, on any worker, at any time: each looks at the database and changes only what
still needs it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.core import chain
from app.domain.audit import CHAIN
from app.domain.house import House
from app.features import guard, remind, retain
from app.features.guard import Watch
from app.features.send import breaker
from app.features.send.start import due, start


class Worker(Protocol):
    """What a job needs of the worker it runs on."""

    @property
    def house(self) -> House: ...

    @property
    def clock(self) -> Callable[[], datetime]: ...

    @property
    def moved(self) -> asyncio.Event: ...

    @property
    def watch(self) -> Watch: ...


@dataclass(frozen=True, slots=True)
class Chore:
    """A line of the table: what, how often, why, and the act."""

    name: str
    every: timedelta
    why: str
    act: Callable[[Worker], Awaitable[str]]
    quiet: bool = False  # looks so often that only what it does is written down, not that it looked


async def _count(worker: Worker) -> str:
    return f"counter {await guard.raise_counter(worker.watch, now=worker.clock())}"


async def _replay(worker: Worker) -> str:
    flushed = await guard.flush_pending(worker.watch)
    ended = await guard.replay(worker.watch, now=worker.clock())
    return f"{flushed} written, {ended} ended again"


async def _start(worker: Worker) -> str:
    async with worker.house.database.reading() as session:
        if not await due(session, worker.clock()):
            return "nothing is due"
    async with worker.house.database.unit_of_work() as session:
        moved = await start(session, ring=worker.house.ring, now=worker.clock())
    if moved:
        worker.moved.set()
    return f"{len(moved)} begun or held"


async def _refusals(worker: Worker) -> str:
    database, ring, now = worker.house.database, worker.house.ring, worker.clock()
    async with database.reading() as session:
        found = await breaker.alarming(session)
    for issue_id, reason, since in found:
        await breaker.pause(database, issue_id, reason, since=since, ring=ring, now=now)
        worker.moved.set()
    return f"{len(found)} paused"


async def _preview(worker: Worker) -> str:
    async with worker.house.database.unit_of_work() as session:
        ring = worker.house.ring
        return f"{await remind.preview(session, ring=ring, now=worker.clock())} mails"


async def _slots(worker: Worker) -> str:
    async with worker.house.database.unit_of_work() as session:
        ring, now = worker.house.ring, worker.clock()
        missed = await remind.missed(session, ring=ring, now=now)
        return f"{missed} missed, {await remind.remind(session, ring=ring, now=now)} reminders"


async def _retain(worker: Worker) -> str:
    async with worker.house.database.unit_of_work() as session:
        removed = await retain.retain(session, now=worker.clock())
    days = worker.house.settings.backup_days
    gone = await worker.house.book.prune(days, now=worker.clock())
    return ", ".join(f"{name} {count}" for name, count in {**removed, "ledger": gone}.items())


async def _sign(worker: Worker) -> str:
    now, ring = worker.clock(), worker.house.ring
    async with worker.house.database.unit_of_work() as session:
        trail = await chain.close_segment(session, CHAIN, ring, now=now)
    ledger = await worker.house.book.close_segment(ring, now=now)
    return f"trail {'signed' if trail else 'same'}, ledger {'signed' if ledger else 'same'}"


JOBS = (
    Chore("counter", timedelta(seconds=10), "notice a restored backup", _count),
    Chore("start", timedelta(seconds=0.5), "begin issues whose moment has come", _start, quiet=True),
    Chore("refusals", timedelta(seconds=5), "pause an issue that too many refuse", _refusals),
    Chore("replay", timedelta(minutes=1), "who has gone stays gone", _replay),
    Chore("preview", timedelta(seconds=15), "the final mail, ten minutes ahead", _preview),
    Chore("slots", timedelta(minutes=1), "remind editors, record missed slots", _slots),
    Chore("retain", timedelta(hours=1), "delete what has been kept long enough", _retain),
    Chore("sign", timedelta(days=1), "close a segment of trail and ledger", _sign),
)
