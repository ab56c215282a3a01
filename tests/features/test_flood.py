"""Strangers who ask again and again: no mailbox is flooded, and nobody is kept from what is theirs."""

from __future__ import annotations

from datetime import UTC, datetime

from app.features.post.carry import Carrier
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.cast import ALICE, BOB, Stage
from tests.conftest import Clock
from tests.features.test_post import carrier, fill_in, letters, rows, server
from tests.sending import emptied, over
from tests.servers.smtp import Server

__all__ = ["carrier", "server"]


async def test_not_twice_within_a_quarter_and_not_four_times_a_week(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    received = []
    for minutes in (0, 14, 20, 20, 20, 20):
        clock.forward(minutes=minutes)
        await fill_in(cast, clock, BOB)
        await carrier.round()
        received.append(len(letters(server, BOB)))
    assert received == [1, 1, 2, 3, 3, 3]
    clock.forward(days=14)
    await fill_in(cast, clock, BOB)
    await carrier.round()
    assert len(letters(server, BOB)) == 4


async def test_a_mailbox_is_not_flooded_by_putting_something_behind_a_plus(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    typed = [BOB.replace("@", f"{tag}@") for tag in ("", "+1", "+x", "+1+2", "+", "+Nieuws")]
    for address in typed:
        clock.forward(minutes=1)
        await fill_in(cast, clock, address)
    await emptied(carrier)
    assert server.received.counts["letters"] == 1
    for _ in range(5):
        clock.forward(minutes=20)
        for address in typed:
            await fill_in(cast, clock, address)
        await emptied(carrier)
    assert server.received.counts["letters"] == 3


async def test_strangers_who_ask_for_a_readers_link_never_keep_the_reader_out_for_longer_than_a_day(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    clock.time = datetime(2026, 11, 16, 9, tzinfo=UTC)  # a Monday: all of it within one week
    for _ in range(40):
        await fill_in(cast, clock, ALICE, asks=True)
        await carrier.round()
        clock.forward(minutes=2)
    assert len(letters(server, ALICE)) == 7
    clock.forward(hours=23)
    await fill_in(cast, clock, ALICE, asks=True)
    await carrier.round()
    assert len(letters(server, ALICE)) == 8


async def test_one_address_that_asks_too_often_takes_nothing_from_others(
    cast: Stage, clock: Clock, server: Server, carrier: Carrier
) -> None:
    for address in (BOB, BOB, ALICE):
        await fill_in(cast, clock, address)
    await emptied(carrier)
    assert {key: len(copies) for key, copies in server.received.recipients.items()} == {BOB: 1, ALICE: 1}


async def test_one_domain_is_not_flooded_and_who_waits_for_the_next_hour_gets_the_mail_then(
    cast: Stage, clock: Clock, server: Server
) -> None:
    clock.time = datetime(2026, 11, 16, 9, 50, tzinfo=UTC)
    house = over(cast.house, server.url, signups_per_domain=3)
    carrier = Worker(house, Courier(house.settings, Mailbox()), clock=clock).carrier()
    for number in range(5):
        await fill_in(cast, clock, f"raadslid{number}@gemeente.example")
    await fill_in(cast, clock, BOB)
    await emptied(carrier)
    assert len(server.received.recipients) == 4  # three of that domain, and bob
    assert [(each.attempts, each.due_at.hour) for each in await rows(cast)] == [(0, 10), (0, 10)]
    clock.forward(minutes=10)
    await emptied(carrier)
    await carrier._hang_up()
    assert len(server.received.recipients) == 6
    assert await rows(cast) == []
