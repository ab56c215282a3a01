"""What is done once a day and failed, because something was away for a moment, is done soon after."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core.database import Database
from app.domain import ledger
from app.domain.book import Book, Farewell
from app.domain.ledger import Reason
from app.domain.service import Job
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import JOBS, Chore, Worker
from tests.cast import Stage
from tests.conftest import Clock

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
DAILY = [each for each in JOBS if each.name in {"sign", "whole"}]


@pytest.fixture
async def worker(cast: Stage, clock: Clock) -> Worker:
    """Somebody left, so that there is something to sign."""
    await cast.house.book.write(
        [Farewell(cast.letter.id, cast.house.ring.active, b"x", Reason.LEFT, clock())]
    )
    return Worker(cast.house, Courier(cast.house.settings, Mailbox()), clock=clock)


async def look(worker: Worker) -> list[str]:
    """What a worker does at a look at its table; how these went by then."""
    for chore in DAILY:
        await worker.rota.turn(chore)
    async with worker.house.database.reading() as session:
        return [(await session.get_one(Job, each.name)).outcome for each in DAILY]


async def signed(worker: Worker) -> int:
    async with worker.house.book.database.reading() as session:
        return len((await session.scalars(select(ledger.Checkpoint))).all())


async def test_a_ledger_that_was_away_is_signed_and_looked_at_soon(
    worker: Worker, clock: Clock, tmp_path: Path
) -> None:
    book = worker.house.book
    worker.house.book = Book(Database(f"sqlite:///{tmp_path}/gone/ledger.db"), None, worker.house.ring)
    assert await look(worker) == ["tried again later: BookClosed", "trail whole, ledger away"]
    worker.house.book = book
    assert "trail whole, ledger away" in await look(worker)  # it is not asked all the time
    clock.forward(minutes=5)
    assert await look(worker) == ["trail same, ledger signed", "trail whole, ledger whole"]
    assert await signed(worker) == 1


async def test_a_database_that_was_away_until_the_end_of_a_try_hears_of_it_later(
    worker: Worker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def away() -> None:
        raise OSError

    async def act(_: object) -> str:
        tries.append(clock())
        if len(tries) == 1:
            monkeypatch.setattr(worker.house.database, "unit_of_work", away)
            away()
        return "done"

    async def outcome() -> str:
        await worker.rota.turn(Chore("weekly", timedelta(days=7), "", act))
        async with worker.house.database.reading() as session:
            return (await session.get_one(Job, "weekly")).outcome

    assert [await outcome(), await outcome()] == ["", ""]
    monkeypatch.undo()
    assert await outcome() == "tried again later: OSError"
    clock.forward(minutes=5)
    assert [await outcome(), await outcome()] == ["done", "done"]
    assert len(tries) == 2


async def test_what_a_worker_began_that_died_is_begun_again_within_an_hour(
    worker: Worker, clock: Clock
) -> None:
    await look(worker)
    clock.forward(hours=24)
    async with worker.house.database.unit_of_work() as session:
        await session.execute(update(Job).values(started_at=clock()))
    await worker.house.book.write(
        [Farewell(UUID(int=1), worker.house.ring.active, b"y", Reason.LEFT, clock())]
    )
    clock.forward(minutes=59)
    await look(worker)
    assert await signed(worker) == 1
    clock.forward(minutes=1)
    await look(worker)
    assert await signed(worker) == 2


@pytest.mark.parametrize("quiet", [False, True])
async def test_a_fault_in_one_job_is_told_and_stops_no_other(
    worker: Worker, clock: Clock, *, quiet: bool
) -> None:
    async def act(_: object) -> str:
        raise ZeroDivisionError

    await worker.rota.turn(Chore("odd", timedelta(days=7), "", act, quiet=quiet))
    assert await look(worker)
    if not quiet:
        async with worker.house.database.reading() as session:
            job = await session.get_one(Job, "odd")
        assert job.outcome == "failed: ZeroDivisionError, see the log"
        assert Chore("odd", timedelta(days=7), "", act).due(job, clock.forward(minutes=5))
