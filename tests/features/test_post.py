"""Mail to one person: what a form turns out to mean, and a sealed row that goes when its mail has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.core.address import parse
from app.core.crypto import Unreadable
from app.domain import block, notice, outbox
from app.domain.block import Ground
from app.domain.outbox import Mail, Purpose
from app.features import manage, move, subscribe
from app.features.post import decide
from app.features.post.carry import Carrier
from app.features.subscribe import Form, Limits
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.cast import ALICE, BOB, Stage
from tests.conftest import Clock
from tests.sending import emptied, over
from tests.servers.mischief import Mischief
from tests.servers.smtp import Server

LIMITS = Limits(1000, 1000)
PAUSES = {"retry_first_seconds": 1800, "retry_longest_seconds": 14_400}  # as in production
CONFIRM, ALREADY, MYDATA = "Bevestig", "U bent al", "Uw link"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(keep=True) as up:
        yield up


@pytest.fixture
async def carrier(cast: Stage, clock: Clock, server: Server) -> AsyncIterator[Carrier]:
    """The outbox's own sender, which works when a test says so."""
    house = over(cast.house, server.url, **PAUSES)
    made = Worker(house, Courier(house.settings, Mailbox()), clock=clock).carrier()
    yield made
    await made._hang_up()


async def fill_in(on: Stage, clock: Clock, address: str, *, asks: bool = False) -> None:
    """Somebody sends a form."""
    form = Form(on.letter, parse(address), "nl", "192.0.2.0/24")
    async with on.house.database.unit_of_work() as session:
        words: dict[str, Any] = {"limits": LIMITS, "ring": on.house.ring, "now": clock()}
        if asks:
            await subscribe.ask(session, form, **words)
        else:
            await subscribe.subscribe(session, form, shown="the words beside the button", **words)


async def rows(on: Stage) -> list[Mail]:
    async with on.house.database.reading() as session:
        return list(await session.scalars(select(Mail).order_by(Mail.seq)))


def letters(server: Server, address: str) -> list[EmailMessage]:
    copies = server.received.recipients.get(address, [])
    return [message_from_bytes(copy.letter, policy=policy.default) for copy in copies]


def subjects(server: Server, address: str) -> list[str]:
    return [str(each["Subject"]) for each in letters(server, address)]


async def test_a_new_address_gets_the_mail_to_confirm(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    await fill_in(cast, clock, BOB)
    assert await carrier.round()
    (letter,) = letters(server, BOB)
    assert str(letter["Subject"]).startswith(CONFIRM)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] is None
    assert await rows(cast) == []
    assert not await carrier.round()


async def test_who_is_subscribed_already_is_told_so_in_their_own_mailbox(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    await fill_in(cast, clock, ALICE.upper())
    await carrier.round()
    assert set(server.received.recipients) == {ALICE}  # the mailbox on record, not the one typed
    (subject,) = subjects(server, ALICE)
    assert subject.startswith(ALREADY)


async def test_the_link_to_ones_data_goes_to_who_is_there_and_to_nobody_else(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    for address in (ALICE.upper(), BOB):
        await fill_in(cast, clock, address, asks=True)
    await emptied(carrier)
    assert set(server.received.recipients) == {ALICE}
    assert subjects(server, ALICE)[0].startswith(MYDATA)
    assert await rows(cast) == []


@pytest.mark.parametrize("ground", list(Ground))
async def test_a_blocked_address_gets_nothing_but_a_new_sign_up_where_the_mailbox_was_gone(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier, ground: Ground
) -> None:
    async with cast.house.database.unit_of_work() as session:
        known = block.subject(cast.house.ring, cast.letter.id, parse(BOB))
        await block.put(session, cast.letter.id, known, ground, clock())
    await fill_in(cast, clock, BOB)
    await fill_in(cast, clock, BOB, asks=True)
    await emptied(carrier)
    # Who has a mailbox again that was gone has no other way back than a sign-up (ER-05).
    assert server.received.counts["letters"] == (1 if ground is Ground.BOUNCE else 0)
    assert await rows(cast) == []


async def test_rows_look_the_same_whoever_they_are_for(cast: Stage, clock: Clock) -> None:
    for address in (ALICE, BOB, "a@b.example", "somebody.with.a.much.longer.name@department.example.org"):
        await fill_in(cast, clock, address)
        await fill_in(cast, clock, address, asks=True)
    found = await rows(cast)
    assert len({len(each.content) for each in found}) == 1
    assert {(each.form, each.attempts) for each in found} == {(True, 0)}
    assert not [each for each in found if b"example" in each.content]


async def test_a_row_opens_only_in_its_own_place(cast: Stage, clock: Clock) -> None:
    await fill_in(cast, clock, ALICE)
    await fill_in(cast, clock, BOB)
    one, other = await rows(cast)
    assert outbox.opened(cast.house.ring, one)["address"] == ALICE
    one.content = other.content
    with pytest.raises(Unreadable):
        outbox.opened(cast.house.ring, one)


async def test_a_mail_that_its_mailbox_refused_for_good_is_gone(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    server.mischief = Mischief(refuse=(BOB,))
    await fill_in(cast, clock, BOB)
    await carrier.round()
    assert server.received.counts["letters"] == 0
    assert await rows(cast) == []


REFUSALS = ("rcpt 451 4.3.0 later", "body 452 4.2.2 full", "mail 550 5.7.1 not you", "body 554 5.7.1 spam")


@pytest.mark.parametrize("said", [*REFUSALS, ""])
async def test_trouble_that_is_passing_or_ours_is_tried_again_after_growing_pauses(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier, said: str
) -> None:
    step, _, words = said.partition(" ")
    server.mischief = Mischief(say={step: words}) if said else Mischief(drop="before")
    await fill_in(cast, clock, BOB)
    pauses = []
    for _ in range(4):
        await carrier.round()
        assert not await carrier.round()
        (row,) = await rows(cast)
        pauses.append((row.due_at - clock()).total_seconds())
        clock.time = row.due_at
    assert pauses == [30, 60, 120, 240]
    server.mischief = Mischief()
    await carrier.round()
    assert len(letters(server, BOB)) == 1
    assert await rows(cast) == []


async def test_every_try_is_the_same_mail(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    server.mischief = Mischief(drop="after", times=2)
    await fill_in(cast, clock, BOB)
    for _ in range(3):
        await carrier.round()
        clock.forward(minutes=15)
    copies = server.received.recipients[BOB]
    assert len(copies) == 3
    assert len({copy.message_id for copy in copies}) == 1
    assert copies[0].message_id


async def test_trying_again_does_not_count_as_asking_again(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    server.mischief = Mischief(say={"rcpt": "451 4.3.0 later"}, times=6)
    await fill_in(cast, clock, BOB)
    for _ in range(7):
        await carrier.round()
        clock.forward(minutes=15)
    assert len(letters(server, BOB)) == 1


async def test_after_24_hours_the_row_goes_unsent(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    server.mischief = Mischief(say={"rcpt": "451 4.3.0 later"})
    await fill_in(cast, clock, BOB)
    await carrier.round()
    server.mischief = Mischief()
    clock.forward(hours=24, seconds=1)
    await carrier.round()
    assert server.received.counts["letters"] == 0
    assert await rows(cast) == []


MISSED: dict[str, Any] = {"template": "missed", "words": {}}
POISON: dict[str, dict[str, Any]] = {
    "a template that is gone": {"template": "gone", "words": {}},
    "words that are missing": MISSED,
    "a word that clashes": {"template": "missed", "words": {"name": "x"}},
    "no address": {**MISSED, "address": "nobody"},
    "a newsletter that is gone": {**MISSED, "newsletter": uuid4().hex},
    "damage": {},
}


@pytest.mark.parametrize("kind", POISON)
async def test_a_row_that_can_never_be_sent_stops_no_other(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier, kind: str
) -> None:
    content = {"address": BOB, "newsletter": cast.letter.id.hex, "language": "nl", **POISON[kind]}
    async with cast.house.database.unit_of_work() as session:
        mail = outbox.write(session, cast.house.ring, Purpose.STAFF, content, clock())
        mail.content = mail.content[:-1] if kind == "damage" else mail.content
    await fill_in(cast, clock, BOB)
    await emptied(carrier)
    assert subjects(server, BOB)[0].startswith(CONFIRM)
    assert await rows(cast) == []


@pytest.mark.parametrize("why", ["restored", "silence", "late"])
async def test_staff_get_word_in_their_own_language(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier, why: str
) -> None:
    async with cast.house.database.unit_of_work() as session:
        words = {"subjects": ["Editie 12"], "why": why}
        told = await notice.tell(session, cast.letter, "held", words, ring=cast.house.ring, now=clock())
    await emptied(carrier)
    assert told == len(server.received.recipients) == 2
    part = letters(server, "dana@example.org")[0].get_body(("plain",))
    assert part is not None
    assert "Editie 12" in part.get_content()


async def test_two_carriers_at_once_send_each_mail_once(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    for number in range(6):
        await fill_in(cast, clock, f"reader{number}@example.net")
    house = cast.house
    other = Worker(house, Courier(house.settings, Mailbox()), clock=clock).carrier()
    while any(await asyncio.gather(carrier.round(), other.round())):
        pass
    await other._hang_up()
    assert {len(copies) for copies in server.received.recipients.values()} == {1}
    assert len(server.received.recipients) == 6


def test_the_mail_says_how_long_its_link_really_works() -> None:
    assert timedelta(hours=decide.MYDATA_HOURS) == manage.OPENS_FOR
    assert timedelta(hours=decide.MOVE_HOURS) == move.MOVES_FOR
