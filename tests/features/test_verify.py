"""Trail and ledger are looked at every day by a worker, and a change is told to who must know, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.core import chain
from app.core.crypto import new_key
from app.domain import audit, ledger, wholeness
from app.domain.audit import Event, Record
from app.domain.outbox import Mail
from app.domain.service import Job
from app.domain.wholeness import State, Wholeness
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import JOBS, Worker
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.vault import Vault
from tests.sending import until

WHO_MUST_KNOW = ["ada@example.org", "fatima@example.org", "joost@example.org"]
SUBJECT = "Het logboek of het register is veranderd"
DOUBT = "Niet alles in het logboek en het register kon worden nagekeken"


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


def told(box: Mailbox, subject: str = SUBJECT) -> list[str]:
    """Who got that mail."""
    return sorted(recipient for recipient, letter in letters(box) if letter["subject"] == subject)


def letters(box: Mailbox) -> list[tuple[str, EmailMessage]]:
    return [(each.recipient, message_from_bytes(each.content, policy=default)) for each in box.letters()]


def words(box: Mailbox) -> str:
    """What the last mail says."""
    body = letters(box)[-1][1].get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


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


async def test_a_missing_key_is_told_and_accuses_nobody(cast: Stage, clock: Clock) -> None:
    ring, box = cast.house.ring, Mailbox()
    first, lost = ring.active, new_key(clock())
    ring._keys |= {lost.id: lost}
    ring.use(lost.id)
    async with cast.house.database.unit_of_work() as session:
        assert await chain.close_segment(session, audit.CHAIN, ring, now=clock())
    ring.active = first
    del ring._keys[lost.id]
    for _ in range(2):
        assert await looked(cast, clock, box) == f"trail unkeyed, ledger whole, keys {lost.id}"
        clock.forward(hours=24)
    assert (told(box), told(box, DOUBT)) == ([], WHO_MUST_KNOW)
    assert f"Welke sleutel: {lost.id}" in words(box)
    assert "Niets wijst erop dat het is veranderd" in words(box)
    async with cast.house.database.unit_of_work() as session:
        await session.execute(update(Record).where(Record.seq == 1).values(actor="nobody"))
    await looked(cast, clock, box)
    assert told(box) == WHO_MUST_KNOW  # a missing key hides no change
    ring._keys |= {lost.id: lost}
    async with cast.house.database.reading() as session:
        assert all("checkpoint" not in each for each in await audit.verify(session, ring, None))


async def test_a_stray_line_in_the_copy_is_told_and_accuses_nobody(vault: Vault) -> None:
    await vault.end()
    await vault.house.book.fill(None)
    cast, box = Stage(vault.house, vault.on.letter, vault.on.alice, vault.on.chris_was), Mailbox()
    with vault.copy.open("ab") as out:
        out.write(b'{"seq": 7, "has')  # a disk was full
    assert await looked(cast, vault.clock, box) == "trail whole, ledger littered"
    assert (told(box), told(box, DOUBT)) == ([], WHO_MUST_KNOW)
    assert "ontbreekt niets en er is niets veranderd" in words(box)
    await vault.house.book.fill(None)
    vault.clock.forward(hours=24)
    assert await looked(cast, vault.clock, box) == "trail whole, ledger whole"


async def test_a_copy_that_is_not_there_is_told_and_accuses_nobody(vault: Vault) -> None:
    await vault.end()
    await vault.house.book.fill(None)
    cast, box = Stage(vault.house, vault.on.letter, vault.on.alice, vault.on.chris_was), Mailbox()
    vault.copy.unlink()
    assert await looked(cast, vault.clock, box) == "trail whole, ledger absent"
    assert (told(box), told(box, DOUBT)) == ([], WHO_MUST_KNOW)
    assert "De kopie van het register is er niet" in words(box)


def test_what_was_found_is_read_back_as_it_was_written() -> None:
    for each in (
        Wholeness(State.UNKEYED, State.AWAY, ("0b1f5c2e", "9d0c6f6f")),
        Wholeness(State.WHOLE, State.LITTERED),
    ):
        assert Wholeness.parse(str(each)) == each
    assert Wholeness.parse("tried again later: BookClosed") is None


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
