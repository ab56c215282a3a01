"""An issue goes out over a real mail server: everyone once, whatever the server says."""

from __future__ import annotations

import time
from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core import tokens
from app.core.address import parse
from app.domain import house as houses
from app.domain.delivery import Delivery
from app.domain.house import House
from app.domain.issue import State
from app.domain.outbox import Mail
from app.domain.subscriber import Subscriber
from app.features import erase, schedule, unsubscribe
from app.features.send.claim import Wish, claim
from app.features.send.close import close
from app.features.send.fate import Fate, Outcome
from tests import cast as people
from tests.cast import ALICE, Stage
from tests.conftest import Clock
from tests.features.byhand import in_hand
from tests.sending import approved, books, change, let_go, look, over, reached, readers, send, until, working
from tests.servers.smtp import Server

READERS = 60


async def crowded(cast: Stage, clock: Clock, count: int = READERS) -> UUID:
    """An approved issue and a crowd that waits for it, alice among them."""
    await people.crowd(cast.house, cast.letter, count - 1, clock())
    return await approved(cast, clock())


def once_each(server: Server, count: int = READERS) -> None:
    copies = readers(server)
    assert len(copies) == count
    assert {len(each) for each in copies.values()} == {1}
    assert server.received.counts["empty"] == 0


async def test_everyone_gets_it_once_and_the_books_balance(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    once_each(server)
    assert (issue.audience, issue.accepted, issue.in_doubt) == (READERS, READERS, 0)
    assert issue.closed_at is not None


async def test_a_reader_gets_their_own_link_and_the_approved_bytes(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    async with Server(keep=True) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    (copy,) = server.received.recipients[ALICE]
    mail = message_from_bytes(copy.letter, policy=policy.default)
    token = cast.link(cast.alice)
    assert mail["List-Unsubscribe"] == f"<https://bode.example.org/afmelden/{token}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["To"] == ALICE
    assert mail["Subject"] == "Nieuws van de maand: zó doet u dat"
    body = mail.get_body(("plain",))
    assert body is not None
    assert token in body.get_content()


async def test_who_leaves_before_their_turn_gets_nothing(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(body_delay=0.05) as server:
        house = over(cast.house, server.url, smtp_connections=1)
        async with working(house):
            await send(house, issue_id)

            async def begun() -> bool:
                return server.received.counts["letters"] > 0

            await until(begun)
            last = await cast.find(f"reader{READERS - 2}@example.net")
            assert last is not None
            async with house.database.unit_of_work() as session:
                await unsubscribe.leave(
                    session, cast.link(last), ring=house.ring, book=house.book, now=houses.now()
                )
            issue = await reached(house, issue_id, State.SENT)
    assert f"reader{READERS - 2}@example.net" not in server.received.recipients
    assert (issue.accepted, issue.left, issue.audience) == (READERS - 1, 1, READERS)


async def test_who_is_erased_while_it_goes_out_leaves_balanced_books(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(body_delay=0.05) as server:
        house = over(cast.house, server.url, smtp_connections=1)
        async with working(house):
            await send(house, issue_id)

            async def begun() -> bool:
                return server.received.counts["letters"] > 0

            await until(begun)
            gone = await cast.find(f"reader{READERS - 2}@example.net")
            assert gone is not None
            async with house.database.unit_of_work() as session:
                await erase.erase(
                    session,
                    parse(f"reader{READERS - 2}@example.net"),
                    ring=house.ring,
                    book=house.book,
                    actor="test",
                    now=houses.now(),
                )
            issue = await reached(house, issue_id, State.SENT)
            async with house.database.reading() as session:
                mine = select(Delivery).where(Delivery.subscriber_id == gone.id)
                assert (await session.scalars(mine)).first() is None
    assert f"reader{READERS - 2}@example.net" not in server.received.recipients
    assert issue.accepted + issue.left == issue.audience == READERS


async def test_paused_nothing_leaves_and_resumed_everyone_gets_it_once(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(body_delay=0.02) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)

        async def begun() -> bool:
            return server.received.counts["letters"] > 5

        await until(begun)
        await change(cast.house, issue_id, schedule.pause)
        await let_go(cast.house)
        sent = server.received.counts["letters"]
        assert sent < READERS
        assert (await books(cast.house, issue_id))["accepted"] == sent
        await change(cast.house, issue_id, schedule.resume)
        await reached(cast.house, issue_id, State.SENT)
    once_each(server)


async def test_cancelled_the_books_say_who_has_it(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(body_delay=0.02) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)

        async def begun() -> bool:
            return server.received.counts["letters"] > 5

        await until(begun)
        await change(cast.house, issue_id, schedule.cancel)

        async def closed() -> bool:
            return (await look(cast.house, issue_id)).closed_at is not None

        await until(closed)
        issue = await look(cast.house, issue_id)
    assert issue.accepted == server.received.counts["letters"]
    assert issue.accepted + issue.given_up == issue.audience


async def test_a_worker_that_stops_leaves_no_lease_and_the_next_one_finishes(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(body_delay=0.02) as server:
        house = over(cast.house, server.url)
        async with working(house):
            await send(house, issue_id)

            async def begun() -> bool:
                return server.received.counts["letters"] > 5

            await until(begun)
        async with house.database.reading() as session:
            held = select(Delivery).where(Delivery.lease_owner.is_not(None))
            assert (await session.scalars(held)).first() is None
        async with working(house):
            await reached(house, issue_id, State.SENT)
    once_each(server)


async def test_a_paused_or_restricted_reader_is_not_in_the_audience(cast: Stage, clock: Clock) -> None:
    paused = await people.join(cast.house, cast.letter, "p@example.org", clock())
    restricted = await people.join(cast.house, cast.letter, "r@example.org", clock())
    async with cast.house.database.unit_of_work() as session:
        session.add_all([paused, restricted])
        paused.paused_until = houses.now().replace(year=2099)
        restricted.restricted_at = clock()
    issue_id = await approved(cast, clock())
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    assert set(server.received.recipients) == {ALICE}
    assert issue.audience == 1


async def test_who_pauses_or_is_restricted_after_the_claim_is_refused_at_the_mark(
    cast: Stage, clock: Clock
) -> None:
    """As a worker does it, step by step: in a running one the moment between claim and mark is too short."""
    issue_id, house = await crowded(cast, clock, 4), cast.house
    async with in_hand(house, issue_id) as (hand, pen):
        copies = (await claim(hand, Wish(issue_id, 0, 10, "w.1", 60.0), time.monotonic() + 60)).copies
        pauses, restricted = (UUID(bytes=copy.subscriber) for copy in copies[:2])
        async with house.database.unit_of_work() as session:
            in_a_month = houses.now() + timedelta(days=30)
            await session.execute(
                update(Subscriber).where(Subscriber.id == pauses).values(paused_until=in_a_month)
            )
            await session.execute(
                update(Subscriber).where(Subscriber.id == restricted).values(restricted_at=houses.now())
            )
        assert await pen.write([], copies) == {copy.seq for copy in copies[2:]}
        await pen.write([(copy, Fate(Outcome.ACCEPTED, "250")) for copy in copies[2:]], [])
    async with house.database.unit_of_work() as session:
        assert await close(session, issue_id, now=houses.now())
    issue = await look(house, issue_id)
    assert (issue.state, issue.audience, issue.accepted, issue.left) == (State.SENT, 4, 2, 2)


async def test_a_pace_is_kept(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock, 12)
    async with cast.house.database.unit_of_work() as session:
        letter = await session.merge(cast.letter)
        letter.pace = 10
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    assert issue.started_at is not None
    assert issue.closed_at is not None
    once_each(server, 12)
    assert (issue.closed_at - issue.started_at).total_seconds() >= 1.0


async def test_the_token_in_a_mail_opens_nothing_else(cast: Stage) -> None:
    token = cast.link(cast.alice)
    mark = tokens.read_mark(cast.house.ring, "leave", token)
    assert mark.subscriber_id == cast.alice.id
    with pytest.raises(Exception, match="not a link"):
        tokens.read_mark(cast.house.ring, "manage", token)


async def test_outbox_is_empty_when_nothing_waits(house: House) -> None:
    async with house.database.reading() as session:
        assert (await session.scalars(select(Mail))).first() is None


async def test_a_connection_carries_so_many_letters_and_leaves_politely(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server() as server, working(over(cast.house, server.url, smtp_connections=1, smtp_letters=25)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    once_each(server)
    assert issue.in_doubt == 0
    assert server.received.counts["connections"] == -(-READERS // 25)
    assert server.received.counts["unfinished"] == 0
