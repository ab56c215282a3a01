"""One issue, sent by a real worker to a mail server in a process of its own, and what that took."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app.cli import worker
from app.cli.bar import Shown
from app.cli.bench import place, used
from app.cli.bench.place import Place
from app.cli.door import settings
from app.core import migrating
from app.core.errors import Refused
from app.domain import delivery
from app.domain import house as houses
from app.domain import issue as issues
from app.domain.house import House
from app.domain.issue import Issue, State
from app.domain.service import Job
from app.features import schedule
from app.mail import sink

LOOK = 0.5  # seconds between looks: a person sees it move, and it costs next to nothing
LAST = 10.0  # seconds for a process to end in good order
SOON = 0.05  # seconds between looks whether a worker has started
LOG_MOST = 500  # characters of its last words
STANDARD_ERROR = 2
CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run took; the processor's time and memory are of the worker, where the system tells them."""

    database: str
    dkim: bool
    messages_per_second: float
    cpu_microseconds: float | None  # a message
    memory_mb: int | None  # at most
    bytes: int  # a message
    seconds: float


@contextlib.contextmanager
def sinking() -> Iterator[int]:
    """A mail server in a process of its own; yields its port."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=sink.serve, args=(theirs,))
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        _end(process)


def measure(at: Place, shown: Shown, seconds: float) -> Reading:
    """Furnish the place, send, and read the clocks; what was made in a database is gone afterwards."""
    at.lay_keys()
    with place.apart(at.settings()), _tables(at):
        return asyncio.run(_in_time(at, shown, seconds))


@contextlib.contextmanager
def _tables(at: Place) -> Iterator[None]:
    try:
        houses.migrate(settings())
        yield
    finally:
        if at.database_url:
            migrating.remove(at.database_url, migrating.MAIN)


async def _in_time(at: Place, shown: Shown, seconds: float) -> Reading:
    try:
        async with asyncio.timeout(seconds):
            return await _measure(at, shown)
    except TimeoutError:
        advice = "ask for fewer --readers, or give it more --seconds-most"
        raise Refused(f"not done in time ({_named(at)}); {advice}") from None


async def _measure(at: Place, shown: Shown) -> Reading:
    house = await houses.open_house(settings())
    try:
        shown.tell(0, at.readers, _named(at, "prepared"))
        issue_id, weight = await place.furnish(house, at.readers, at.size)
        with _working(at.folder / "log") as process:
            await _until_ready(house, process, at.folder / "log")
            before = used.processor(process.pid or 0)
            await _send(house, issue_id)
            issue = await _sent(house, issue_id, at, shown)
            return _read(at, issue, process, before, weight)
    finally:
        await house.close()


def _named(at: Place, doing: str = "sent") -> str:
    return f"{doing}, {at.database}, {'with' if at.dkim else 'without'} DKIM"


@contextlib.contextmanager
def _working(log: Path) -> Iterator[SpawnProcess]:
    process = CONTEXT.Process(target=_work, args=(log,))
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        _end(process)


def _work(log: Path) -> None:
    """A worker as `bode worker` starts one of several; what it says goes into a file."""
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT), STANDARD_ERROR)
    worker.one()


def _end(process: SpawnProcess) -> None:
    process.join(LAST)
    if process.is_alive():
        process.kill()
        process.join()
    process.close()


async def _until_ready(house: House, process: SpawnProcess, log: Path) -> None:
    """A worker that is ready has begun with its jobs."""
    while True:
        async with house.database.reading() as session:
            if await session.scalar(select(Job.name).limit(1)) is not None:
                return
        if not process.is_alive():
            raise Refused(f"the worker ended before it was ready: {_last_words(log)}")
        await asyncio.sleep(SOON)


def _last_words(log: Path) -> str:
    return log.read_text()[-LOG_MOST:]


async def _send(house: House, issue_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        await schedule.send_now(session, issue, actor="bench", now=houses.now())


async def _sent(house: House, issue_id: UUID, at: Place, shown: Shown) -> Issue:
    while True:
        async with house.database.reading() as session:
            issue = await issues.get(session, issue_id)
            books = await delivery.books(session, issue_id)
        shown.tell(books["accepted"], at.readers, _named(at))
        if issue.state == State.SENT:
            return issue
        if issue.state not in {State.SCHEDULED, State.SENDING}:
            raise Refused(f"the issue stopped on its way: {issue.reason}")
        await asyncio.sleep(LOOK)


def _read(at: Place, issue: Issue, process: SpawnProcess, before: float | None, weight: int) -> Reading:
    assert issue.closed_at is not None
    assert issue.due_at is not None
    took = (issue.closed_at - issue.due_at).total_seconds()
    after = used.processor(process.pid or 0)
    spent = None if before is None or after is None else after - before
    return Reading(
        database=at.database,
        dkim=at.dkim,
        messages_per_second=round(issue.accepted / took, 1),
        cpu_microseconds=None if spent is None else round(spent / issue.accepted * 1e6),
        memory_mb=used.memory(process.pid or 0),
        bytes=weight,
        seconds=round(took, 2),
    )
