"""Mail that comes back: a reader is found by what we put on the letter, and is left alone from then on."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from app.core import tokens
from app.core.address import parse
from app.domain import block, silence
from app.domain import house as houses
from app.domain.audit import Event, Record
from app.domain.block import Block, Ground
from app.domain.delivery import Delivery
from app.domain.issue import State
from app.domain.ledger import Reason
from app.domain.outbox import Mail
from app.domain.subscriber import Subscriber
from app.features import returned
from app.features.returned import Outcome
from app.features.send import breaker
from tests.cast import ALICE, BOB, Stage, join
from tests.conftest import Clock
from tests.features.test_report import frozen
from tests.returns import bounced, complained, letter
from tests.sending import approved, over, reached, send, sent, working
from tests.servers.smtp import Server


@pytest.fixture
async def number(cast: Stage, clock: Clock) -> str:
    """The random number on alice's copy of an issue that went out."""
    await sent(cast, clock())
    async with cast.house.database.reading() as session:
        found = await session.scalar(select(Delivery.id).where(Delivery.subscriber_id == cast.alice.id))
    assert found is not None
    return found.hex


async def take_in(on: Stage, raw: bytes, clock: Clock) -> Outcome:
    house = on.house
    async with house.database.unit_of_work() as session:
        return await returned.take_in(session, raw, ring=house.ring, book=house.book, now=clock())


async def blocks(on: Stage) -> list[tuple[Ground, int]]:
    """The grounds of the blocks on alice's address, and for how many days."""
    known = block.subjects(on.house.ring, on.letter.id, parse(ALICE))
    async with on.house.database.reading() as session:
        rows = await session.scalars(select(Block).where(Block.subject.in_(known)))
        return [(Ground(each.ground), (each.ends_at - each.at).days) for each in rows if each.ends_at]


async def held(on: Stage) -> tuple[int, int, int, int]:
    """How many readers, blocks, waiting mails and lines of the trail there are."""
    async with on.house.database.reading() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(each))
            for each in (Subscriber, Block, Mail, Record)
        ]
    readers, blocked, mails, lines = (each or 0 for each in counts)
    return readers, blocked, mails, lines


@pytest.mark.parametrize("by", ["Message-ID", "ENVID"])
async def test_a_mailbox_that_is_gone_ends_it_and_blocks_for_a_year(
    cast: Stage, clock: Clock, number: str, by: str
) -> None:
    raw = bounced(
        ALICE.upper(), letter(number if by == "Message-ID" else ""), envid=number if by == "ENVID" else ""
    )
    assert await take_in(cast, raw, clock) is Outcome.BLOCKED
    assert await cast.find(ALICE) is None
    assert await blocks(cast) == [(Ground.BOUNCE, 365)]
    known = block.subjects(cast.house.ring, cast.letter.id, parse(ALICE))
    assert [each.reason for each in await cast.house.book.of(known)] == [Reason.BOUNCE]
    assert [each.reason for each in await cast.house.book.of([cast.alice.subject])] == [Reason.BOUNCED]
    before = await held(cast)
    assert await take_in(cast, raw, clock) is Outcome.ENDED
    assert await held(cast) == before


async def test_a_complaint_ends_it_blocks_for_three_years_and_mails_nobody(
    cast: Stage, clock: Clock, number: str
) -> None:
    before = await held(cast)
    assert await take_in(cast, complained(letter(number, cast.link(cast.alice))), clock) is Outcome.BLOCKED
    assert await cast.find(ALICE) is None
    assert await blocks(cast) == [(Ground.COMPLAINT, 1095)]
    readers, blocked, mails, lines = await held(cast)
    assert (readers, blocked, mails, lines) == (before[0] - 1, 1, before[2], before[3] + 1)
    async with cast.house.database.reading() as session:
        (line,) = await session.scalars(select(Record).where(Record.event == Event.COMPLAINT_RECORDED))
    assert (line.actor, line.about, line.reason) == ("service", "newsletter weerbaar-bestuur", "mail")
    assert [each.reason for each in await cast.house.book.of([cast.alice.subject])] == [Reason.COMPLAINED]


@pytest.mark.parametrize(
    ("status", "action"),
    [("4.2.2", "failed"), ("5.2.2", "failed"), ("5.7.1", "failed"), ("5.1.1", "delayed")],
)
async def test_trouble_that_passes_or_is_ours_changes_nothing(
    cast: Stage, clock: Clock, number: str, status: str, action: str
) -> None:
    before = await held(cast)
    raw = bounced(ALICE, letter(number), status=status, action=action)
    assert await take_in(cast, raw, clock) is Outcome.PASSING
    assert await held(cast) == before


async def test_a_mailbox_that_the_readers_mail_is_passed_on_to_is_not_theirs(
    cast: Stage, clock: Clock, number: str
) -> None:
    before = await held(cast)
    for to in ("former@example.net", "nobody", BOB):
        raw = bounced(to, letter(number), first=ALICE)
        assert await take_in(cast, raw, clock) is Outcome.ELSEWHERE
    assert await held(cast) == before


async def test_what_is_forged_or_about_another_senders_mail_changes_nothing(
    cast: Stage, clock: Clock, number: str
) -> None:
    before, dora = await held(cast), await join(cast.house, cast.letter, "dora@example.org", clock())
    stranger, mark = uuid4().hex, cast.link(cast.alice)
    other = tokens.mark(cast.house.ring, "manage", cast.letter.tag, cast.alice.id)
    for raw in (
        complained(letter(stranger, to=ALICE)),
        complained(letter(to=ALICE)),
        complained(letter(stranger, mark[:-2] + ("A" if mark[-2] != "A" else "B") + "e")),
        complained(letter(stranger, other)),
        complained(letter(number, cast.link(dora))),  # ours, and of two readers
        bounced(ALICE, letter(stranger)),
        bounced(ALICE, letter(number), path="Return-Path: <mallory@example.net>\n"),
        bounced(ALICE, letter(number), path=""),
        b"Return-Path: <>\n" + letter(number, mark, ALICE).encode(),
        b"",
    ):
        assert await take_in(cast, raw, clock) is Outcome.FOREIGN
    assert await held(cast) == (before[0] + 1, *before[1:])


async def test_the_link_to_leave_alone_ends_and_blocks_nobody(cast: Stage, clock: Clock) -> None:
    """It stands in every forwarded text, and opens nothing else."""
    assert await take_in(cast, complained(letter("", cast.link(cast.alice))), clock) is Outcome.LEFT
    assert await cast.find(ALICE) is None
    assert await blocks(cast) == []
    assert await take_in(cast, complained(letter("", cast.link(cast.alice))), clock) is Outcome.ENDED


async def test_a_report_about_a_mail_that_really_went_out_is_understood(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    async with Server(keep=True) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    (copy,) = server.received.recipients[ALICE]
    raw = complained(copy.letter.decode().replace(f"To: {ALICE}", "To: redacted@redacted.invalid"))
    assert await take_in(cast, raw, clock) is Outcome.BLOCKED
    assert await blocks(cast) == [(Ground.COMPLAINT, 1095)]


async def test_each_copy_comes_back_to_an_address_of_its_own_also_from_a_server_that_returns_nothing_else(
    cast: Stage, clock: Clock
) -> None:
    await join(cast.house, cast.letter, BOB, clock())
    issue_id = await approved(cast, clock())
    words = {"bounce_domain": "bounce.example.org", "smtp_connections": 1}
    async with (
        Server(keep=True, offers=("PIPELINING",)) as server,
        working(over(cast.house, server.url, **words)),
    ):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    said = iter(server.received.commands)
    paths = {next(said)[9:-1]: each[11:-1] for each in said if each.startswith("MAIL FROM:<bounce+")}
    assert paths.keys() == {f"RCPT TO:<{each}>"[9:-1] for each in (ALICE, BOB)}
    assert all(re.fullmatch(r"bounce\+[0-9a-f]{32}@bounce\.example\.org", each) for each in paths.values())

    def back_to(path: str) -> bytes:
        return bounced(ALICE, letter()).replace(b"To: nieuwsbrief@example.org", f"To: <{path}>".encode())

    assert await take_in(cast, back_to(paths[BOB]), clock) is Outcome.ELSEWHERE
    assert (
        await take_in(cast, back_to("bounce+" + "0" * 32 + "@bounce.example.org"), clock) is Outcome.FOREIGN
    )
    assert await take_in(cast, back_to(paths[ALICE]), clock) is Outcome.BLOCKED
    assert await cast.find(ALICE) is None
    assert await cast.find(BOB) is not None


async def test_the_breaker_counts_complaints_that_come_back(cast: Stage, clock: Clock) -> None:
    going: UUID = await frozen(cast, clock, 20)
    clock.time = houses.now() + timedelta(minutes=1)
    async with cast.house.database.reading() as session:
        numbers = list(await session.scalars(select(Delivery.id).where(Delivery.issue_id == going).limit(5)))
    for each in numbers:
        async with cast.house.database.reading() as session:
            assert await breaker.alarming(session) == []
        assert await take_in(cast, complained(letter(each.hex)), clock) is Outcome.BLOCKED
    async with cast.house.database.reading() as session:
        (alarm,) = await breaker.alarming(session)
    assert (alarm.issue_id, alarm.reason) == (going, "5 of 20 readers complained")


async def test_who_objected_is_not_made_a_mailbox_that_is_gone(
    cast: Stage, clock: Clock, number: str
) -> None:
    house = cast.house
    async with house.database.unit_of_work() as session:
        words = {"ring": house.ring, "book": house.book, "now": clock()}
        await silence.begin(session, cast.letter.id, parse(ALICE), Ground.NOT_ME, **words)
    clock.forward(days=1)
    assert await take_in(cast, bounced(ALICE, letter(number)), clock) is Outcome.ENDED
    assert await blocks(cast) == [(Ground.NOT_ME, 90)]


async def test_whose_stored_address_is_damaged_is_let_go_too(cast: Stage, clock: Clock, number: str) -> None:
    async with cast.house.database.unit_of_work() as session:
        await session.execute(update(Subscriber).where(Subscriber.id == cast.alice.id).values(address=b"?"))
    assert await take_in(cast, bounced(ALICE, letter(number)), clock) is Outcome.ELSEWHERE
    assert await take_in(cast, complained(letter(number)), clock) is Outcome.UNREAD
    assert (await cast.find(ALICE), await blocks(cast)) == (None, [])
    assert [each.reason for each in await cast.house.book.of([cast.alice.subject])] == [Reason.COMPLAINED]
