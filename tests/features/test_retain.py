"""What has been kept long enough is deleted: on the moment that the register says, and not before."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.core.address import parse
from app.core.database import Base, Database
from app.core.errors import BookClosed
from app.core.register import entries
from app.domain import MAIN, block, consent, delivery, invitation, ledger, outbox, service, staff
from app.domain import session as sessions
from app.domain.audit import Event, Record
from app.domain.block import Block, Ground
from app.domain.book import Book, Farewell
from app.domain.consent import Consent
from app.domain.delivery import Delivery
from app.domain.invitation import Invitation
from app.domain.invitation import Purpose as Choice
from app.domain.issue import Issue, State
from app.domain.ledger import Reason
from app.domain.outbox import Mail, Purpose
from app.domain.review import Review
from app.domain.service import UsedLink
from app.domain.session import Stay
from app.features import retain
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import JOBS, Worker
from tests.cast import ALICE, CHRIS, Stage, join
from tests.conftest import Clock

MOMENT = timedelta(microseconds=1000)


async def run(on: Stage, clock: Clock) -> dict[str, int]:
    async with on.house.database.unit_of_work() as session:
        return await retain.retain(session, now=clock())


async def count(on: Stage, table: type[Base]) -> int:
    async with on.house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def add(on: Stage, *rows: Any) -> None:
    async with on.house.database.unit_of_work() as session:
        for row in rows:
            session.add(row)
            await session.flush()


async def until(on: Stage, clock: Clock, length: timedelta, table: type[Base], left: int) -> None:
    """Nothing goes a moment before, and then it does."""
    before = await count(on, table)
    begun = clock()
    clock.time = begun + length - MOMENT
    await run(on, clock)
    assert await count(on, table) == before
    clock.time = begun + length
    await run(on, clock)
    assert await count(on, table) == left


def term(name: str) -> timedelta:
    found: timedelta = MAIN.tables[name].info["kept"].length
    return found


async def test_a_mail_that_nobody_took_goes_after_24_hours(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        content = {"address": ALICE, "newsletter": cast.letter.id.hex}
        outbox.write(session, cast.house.ring, Purpose.ASK, content, clock())
    assert term("outbox") == timedelta(hours=24)
    await until(cast, clock, timedelta(hours=24), Mail, 0)


async def test_the_proof_of_a_yes_goes_two_years_after_the_end_and_not_while_it_lasts(
    cast: Stage, clock: Clock
) -> None:
    assert term("consent") == consent.PROOF_AFTER_END == timedelta(days=730)
    clock.time -= timedelta(days=10)  # when chris left
    await until(cast, clock, timedelta(days=730), Consent, 2)
    clock.forward(days=3650)
    await run(cast, clock)
    async with cast.house.database.reading() as session:
        known = consent.proofs(cast.house.ring, cast.letter.id, parse(ALICE))
        assert [each.event for each in await consent.of(session, known)] == ["requested", "confirmed"]


async def test_who_came_back_keeps_the_new_proof_while_the_old_one_goes(cast: Stage, clock: Clock) -> None:
    await join(cast.house, cast.letter, CHRIS, clock())
    clock.forward(days=730)
    await run(cast, clock)
    async with cast.house.database.reading() as session:
        known = consent.proofs(cast.house.ring, cast.letter.id, parse(CHRIS))
        assert [each.event for each in await consent.of(session, known)] == ["requested", "confirmed"]


async def test_details_of_delivery_go_90_days_after_the_books_are_closed(cast: Stage, clock: Clock) -> None:
    done = Issue(
        newsletter_id=cast.letter.id,
        number=1,
        author="dana",
        state=State.SENT,
        audience=7,
        created_at=clock(),
        closed_at=clock(),
    )
    going = Issue(
        newsletter_id=cast.letter.id, number=2, author="dana", state=State.SENDING, created_at=clock()
    )
    await add(cast, done, going)
    await add(cast, *(Delivery(issue_id=each.id, subscriber_id=uuid4()) for each in (done, done, going)))
    assert term("delivery") == delivery.DETAIL_STAYS == timedelta(days=90)
    await until(cast, clock, timedelta(days=90), Delivery, 1)
    async with cast.house.database.reading() as session:
        assert (await session.get_one(Issue, done.id)).audience == 7


@pytest.mark.parametrize(
    ("ground", "days"), [(Ground.NOT_ME, 90), (Ground.BOUNCE, 365), (Ground.COMPLAINT, 1095)]
)
async def test_a_block_ends_when_its_ground_has_aged(
    cast: Stage, clock: Clock, ground: Ground, days: int
) -> None:
    known = block.subject(cast.house.ring, cast.letter.id, parse(ALICE))
    async with cast.house.database.unit_of_work() as session:
        await block.put(session, cast.letter.id, known, ground, clock())
    await until(cast, clock, timedelta(days=days), Block, 0)


async def test_an_objection_stays_until_it_is_taken_back(cast: Stage, clock: Clock) -> None:
    known = block.subject(cast.house.ring, cast.letter.id, parse(ALICE))
    async with cast.house.database.unit_of_work() as session:
        await block.put(session, cast.letter.id, known, Ground.OBJECTION, clock())
    clock.forward(days=36500)
    await run(cast, clock)
    assert await count(cast, Block) == 1


async def test_a_used_link_is_remembered_for_as_long_as_it_would_have_worked(
    cast: Stage, clock: Clock
) -> None:
    await run(cast, clock)
    assert await count(cast, UsedLink) == 0  # alice's and chris's links are old
    async with cast.house.database.unit_of_work() as session:
        assert await service.use_link(session, "nonce", issued_at=clock())
    await until(cast, clock, service.LINK_LIVES, UsedLink, 0)


async def test_a_run_that_deleted_something_is_on_record_in_numbers(cast: Stage, clock: Clock) -> None:
    assert await run(cast, clock) == {"used_link": 2}
    assert await run(cast, clock) == {}
    async with cast.house.database.reading() as session:
        rows = await session.scalars(select(Record).where(Record.event == Event.RETENTION_RUN))
        assert [each.reason for each in rows] == ["used_link 2"]


def test_a_run_tells_every_table_whatever_there_was_to_remove() -> None:
    terms = [table.name for table, kept, _ in entries(Base.metadata) if kept.length is not None]
    removed = dict.fromkeys([*terms, retain.LEDGER], 1234567)
    lines = retain._lines(removed)
    told = dict(each.split(" ") for line in lines for each in line.split(", "))
    assert told == dict.fromkeys(removed, "1234567")
    assert 1 < len(lines) < len(removed)
    assert max(map(len, lines)) < Record.__table__.c.reason.type.length == 120  # a full one was cut, once


async def test_the_job_tells_what_the_ledger_let_go_and_does_not_wait_for_it(
    cast: Stage, clock: Clock, tmp_path: Path
) -> None:
    house, box = cast.house, Mailbox()
    (job,) = [each for each in JOBS if each.name == "retain"]
    worker = Worker(house, Courier(house.settings, box), clock=clock)
    farewell = Farewell(cast.letter.id, house.ring.active, b"x", Reason.LEFT, clock())
    await house.book.write([farewell])
    await house.book.close_segment(house.ring, now=clock())
    clock.forward(days=house.settings.backup_days, hours=1)
    clock.time += ledger.MARGIN
    book, house.book = house.book, Book(Database(f"sqlite:///{tmp_path}/gone/ledger.db"), None, house.ring)
    with pytest.raises(BookClosed):
        await job.act(worker)
    assert await count(cast, UsedLink) == 0
    house.book = book
    assert re.fullmatch(r"ledger_entry \d+", told := await job.act(worker))
    assert await job.act(worker) == "nothing was too old"
    async with house.database.reading() as session:
        query = select(Record.reason).where(Record.event == Event.RETENTION_RUN).order_by(Record.seq)
        assert [*await session.scalars(query)][-1] == told


async def test_what_has_no_term_is_never_deleted_by_age(cast: Stage, clock: Clock) -> None:
    lasting = [table for table, kept, _ in entries(Base.metadata) if kept.length is None]
    assert "subscriber" in {table.name for table in lasting}
    async with cast.house.database.reading() as session:
        before = [await session.scalar(select(func.count()).select_from(table)) for table in lasting]
    clock.forward(days=36500)
    removed = await run(cast, clock)
    assert not removed.keys() & {table.name for table in lasting}
    async with cast.house.database.reading() as session:
        after = [await session.scalar(select(func.count()).select_from(table)) for table in lasting]
    names = [table.name for table in lasting]
    grown = {"audit", "audit_head"}  # the run itself is on record
    assert {n: a for n, a in zip(names, after, strict=True) if n not in grown} == {
        n: b for n, b in zip(names, before, strict=True) if n not in grown
    }


async def test_the_ledger_outlives_every_backup_and_leaves_an_anchor(cast: Stage, clock: Clock) -> None:
    book, ring = cast.house.book, cast.house.ring
    assert await book.close_segment(ring, now=clock())
    assert timedelta(days=7) == ledger.MARGIN
    clock.forward(days=42)
    assert await book.prune(35, now=clock()) == 0
    clock.forward(seconds=1)
    assert await book.prune(35, now=clock()) == 1
    assert await book.last_end([cast.chris_was.subject]) is None
    assert await book.verify(ring) == []


async def test_a_session_goes_after_12_hours_and_a_link_when_it_is_too_old(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        dana = await staff.named(session, "dana")
        sessions.begin(session, dana, "Firefox", clock())
    assert term("session") == sessions.ABSOLUTE == timedelta(hours=12)
    await until(cast, clock, timedelta(hours=12), Stay, 0)
    async with cast.house.database.unit_of_work() as session:
        await invitation.make(session, dana.id, Choice.INVITED, clock())
    await until(cast, clock, timedelta(days=7), Invitation, 0)


async def test_a_review_of_accounts_stays_three_years(cast: Stage, clock: Clock) -> None:
    await add(cast, Review(at=clock(), by="ada", accounts={"ada": ["administrator"]}))
    await until(cast, clock, timedelta(days=1095), Review, 0)
