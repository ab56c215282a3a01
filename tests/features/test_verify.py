"""Trail and ledger are looked at every day by a worker, and a change is told to who must know, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.domain import audit, ledger, wholeness
from app.domain.audit import Event, Record
from app.domain.outbox import Mail
from app.domain.service import Job
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import JOBS, Worker
from tests.cast import Stage
from tests.conftest import Clock
from tests.sending import until

WHO_MUST_KNOW = ["ada@example.org", "fatima@example.org", "joost@example.org"]
SUBJECT = "Het logboek of het register is veranderd"


async def looked(cast: Stage, clock: Clock, box: Mailbox) -> str:
    """What a worker finds that runs until it has looked, and has sent what it had to say."""
    house = cast.house
    worker = Worker(house, Courier(house.settings, box), clock=clock)

    async def done() -> bool:
        async with house.database.reading() as session:
            job = await session.get(Job, wholeness.JOB)
            fresh = job is not None and job.finished_at == clock()
            return fresh and not await session.scalar(select(func.count()).select_from(Mail))

    task = asyncio.create_task(worker.run())
    await until(done)
    worker.stopping.set()
    await task
    async with house.database.reading() as session:
        return (await session.get_one(Job, wholeness.JOB)).outcome


def told(box: Mailbox) -> list[str]:
    """Who got that mail."""
    letters = [(each.recipient, message_from_bytes(each.content, policy=default)) for each in box.letters()]
    return sorted(recipient for recipient, letter in letters if letter["subject"] == SUBJECT)


async def test_a_changed_line_is_found_within_a_day_and_told_once(cast: Stage, clock: Clock) -> None:
    box = Mailbox()
    assert await looked(cast, clock, box) == "trail whole, ledger whole"
    async with cast.house.database.unit_of_work() as session:
        await session.execute(update(Record).where(Record.seq == 1).values(actor="nobody"))
    for _ in range(2):
        clock.forward(hours=24)
        assert await looked(cast, clock, box) == "trail broken, ledger whole"
    assert told(box) == WHO_MUST_KNOW


async def test_a_changed_line_of_the_ledger_is_found(cast: Stage, clock: Clock) -> None:
    box = Mailbox()
    async with cast.house.book.database.unit_of_work() as session:
        await session.execute(update(ledger.Entry).values(subject=b"x" * 32))
    assert await looked(cast, clock, box) == "trail whole, ledger broken"
    assert told(box) == WHO_MUST_KNOW


async def test_what_is_recorded_while_somebody_looks_is_no_change(cast: Stage, clock: Clock) -> None:
    """A line comes in after the head was read, and before the lines are."""
    house = cast.house

    async def another(*_: object) -> None:
        async with house.database.unit_of_work() as session:
            await audit.record(session, "dana", Event.ISSUE_WRITTEN, about="issue 1", now=clock())

    async with house.database.reading() as session:
        asked = session.stream_scalars

        async def stream(*words: Any, **more: Any) -> Any:
            await another()
            return await asked(*words, **more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(session, "stream_scalars", stream)
            assert await audit.verify(session, house.ring, None) == []


async def test_a_line_after_the_head_is_found(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        await session.execute(update(audit.Head).values(seq=audit.Head.seq - 1))
        faults = await audit.verify(session, cast.house.ring, None)
    assert any("not known" in each for each in faults)


def test_it_is_looked_at_every_day() -> None:
    assert [each.every for each in JOBS if each.name == wholeness.JOB] == [timedelta(days=1)]
