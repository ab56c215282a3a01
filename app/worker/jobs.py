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
from app.core.crypto import Unreadable
from app.core.errors import BookClosed
from app.domain.audit import CHAIN
from app.domain.house import House
from app.domain.service import Job
from app.domain.wholeness import JOB, State
from app.features import bounce, compose, guard, remind, retain, verify
from app.features.breach import remind as hours
from app.features.guard import Watch
from app.features.post import tell
from app.features.request import remind as terms
from app.features.send import breaker
from app.features.send.start import due, start
from app.worker import owed

AGAIN = timedelta(minutes=5)  # after a try that failed: soon, and not so often that it is in the way
LOST = timedelta(hours=1)  # a start of which no end is known by then counts for nothing: that worker died


class Unfinished(Exception):
    """A job did what it could now, which the message tells, and must do the rest soon."""


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
    apart: bool = False  # takes so long that no other may wait for it

    def due(self, last: Job, now: datetime) -> bool:
        """Whether it is time again."""
        ended = last.finished_at is not None and last.finished_at >= last.started_at
        return last.started_at <= now - (self.every if ended else min(self.every, LOST))


async def _count(worker: Worker) -> str:
    value = await guard.raise_counter(worker.watch, now=worker.clock())
    await guard.flush_pending(worker.watch)  # who waits for the ledger is written as soon as it is back
    return f"counter {value}"


async def _replay(worker: Worker) -> str:
    flushed = await guard.flush_pending(worker.watch)
    ended = await guard.replay(worker.watch, now=worker.clock())
    return f"{flushed} written, {ended} ended again"


async def _start(worker: Worker) -> str:
    async with worker.house.database.reading() as session:
        if not await due(session, worker.clock()):
            return "nothing is due"
    try:  # a restore is seen before an issue begins, and without the ledger nothing does (design, section 5)
        await guard.raise_counter(worker.watch, now=worker.clock())
    except BookClosed:
        return "waits for the ledger"
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
        alone = await remind.alone(session, ring=ring, now=now)
        return f"{missed} missed, {await remind.remind(session, ring=ring, now=now)} reminders, {alone} alone"


async def _ready(worker: Worker) -> str:
    base_url, ring = worker.house.settings.base_url, worker.house.ring
    async with worker.house.database.unit_of_work() as session:
        begun = await compose.ready(session, ring=ring, base_url=base_url, now=worker.clock())
    return f"{begun} begun"


async def _terms(worker: Worker) -> str:
    base_url, ring = worker.house.settings.base_url, worker.house.ring
    async with worker.house.database.unit_of_work() as session:
        return f"{await terms.remind(session, ring=ring, base_url=base_url, now=worker.clock())} mails"


async def _certificates(worker: Worker) -> str:
    return await owed.certificates(worker.house, now=worker.clock())


async def _mailboxes(worker: Worker) -> str:
    house, now = worker.house, worker.clock()
    async with house.database.reading() as session:
        found = await bounce.unheard(session, now=now)
    unread = 0
    for each in found:
        try:
            async with house.database.unit_of_work() as session:
                await bounce.bounce(session, each, ring=house.ring, book=house.book, now=now)
        except Unreadable:  # its key is away, or it was damaged; the others do not wait for it
            unread += 1
    return f"{len(found) - unread} ended" + (f"; {unread} cannot be read" if unread else "")


async def _hours(worker: Worker) -> str:
    base_url, ring = worker.house.settings.base_url, worker.house.ring
    async with worker.house.database.unit_of_work() as session:
        return f"{await hours.remind(session, ring=ring, base_url=base_url, now=worker.clock())} mails"


async def _retain(worker: Worker) -> str:
    house, away = worker.house, None
    desk = tell.Desk(house.ring, house.settings.base_url, worker.clock())
    async with house.database.unit_of_work() as session:
        mails = await tell.too_old(session, desk)
    try:
        pruned = await house.book.prune(house.settings.backup_days, now=worker.clock())
    except BookClosed as closed:  # what the database has to delete does not wait for the ledger
        pruned, away = 0, closed
    async with house.database.unit_of_work() as session:
        removed = await retain.retain(session, ledger=pruned, mails=mails, now=worker.clock())
    if away is not None:
        raise away
    return ", ".join(f"{name} {count}" for name, count in removed.items()) or "nothing was too old"


async def _sign(worker: Worker) -> str:
    now, ring = worker.clock(), worker.house.ring
    async with worker.house.database.unit_of_work() as session:
        trail = await chain.close_segment(session, CHAIN, ring, now=now)
    ledger = await worker.house.book.close_segment(ring, now=now)
    return f"trail {'signed' if trail else 'same'}, ledger {'signed' if ledger else 'same'}"


async def _whole(worker: Worker) -> str:
    house = worker.house
    async with house.database.reading() as session:
        found, news = await verify.verify(session, house.ring, house.book)
    if news:
        async with house.database.unit_of_work() as session:
            await verify.warn(session, found, ring=house.ring, now=worker.clock())
    if found.found(State.AWAY):
        raise Unfinished(str(found))
    return str(found)


JOBS = (
    Chore("counter", timedelta(seconds=10), "notice a restored backup", _count),
    Chore("start", timedelta(seconds=0.5), "begin issues whose moment has come", _start, quiet=True),
    Chore("refusals", timedelta(seconds=5), "pause an issue that too many refuse", _refusals),
    Chore("replay", timedelta(minutes=1), "who has gone stays gone", _replay),
    Chore("preview", timedelta(seconds=15), "the final mail, ten minutes ahead", _preview),
    Chore("slots", timedelta(minutes=1), "remind editors, record missed slots", _slots),
    Chore("ready", timedelta(hours=1), "the month's draft, from the first working day", _ready),
    Chore("terms", timedelta(minutes=10), "warn of privacy requests whose term ends", _terms),
    Chore("certificates", timedelta(minutes=1), "of who was erased while the ledger was away", _certificates),
    Chore("breaches", timedelta(minutes=10), "warn that a data breach must be reported", _hours),
    Chore(
        "mailboxes", timedelta(hours=1), "end whose mailbox is gone, heard by a worker that died", _mailboxes
    ),
    Chore("retain", timedelta(hours=1), "delete what has been kept long enough", _retain),
    Chore("sign", timedelta(days=1), "close a segment of trail and ledger", _sign),
    Chore(JOB, timedelta(days=1), "see that nobody changed trail or ledger", _whole, apart=True),
)
