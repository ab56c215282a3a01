"""The mail server refuses, delays, hangs up or is away: everyone once all the same, and doubt is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import exists, select, update

from app.core.crypto import KeyRing, new_key
from app.core.sqltime import from_now
from app.domain import halt
from app.domain import issue as issues
from app.domain.delivery import Delivery
from app.domain.halt import Cause, Halt
from app.domain.house import House
from app.domain.issue import Issue, State
from app.features import schedule
from tests import cast as people
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_report import frozen
from tests.features.test_send import READERS, crowded, once_each
from tests.sending import approved, books, change, look, over, reached, readers, send, until, working
from tests.servers.smtp import Server


async def test_a_passing_refusal_is_tried_again(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(defer_share=0.3, defer_once=True) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    once_each(server)
    assert issue.accepted == READERS


async def test_a_mailbox_that_is_not_there_is_refused_and_its_subscription_ends(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(refuse=("reader7@example.net",)) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)

        async def ended() -> bool:
            return await cast.find("reader7@example.net") is None

        await until(ended)
    assert (issue.accepted, issue.refused) == (READERS - 1, 1)


async def test_a_connection_lost_after_the_dot_leaves_named_doubt_and_nobody_lost(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(drop="after", times=3) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    copies = [len(each) for each in server.received.recipients.values()]
    assert len(copies) == READERS
    assert sum(copies) == READERS + 3
    assert issue.in_doubt == 3
    for again in (each for each in server.received.recipients.values() if len(each) > 1):
        assert len({copy.sha256 for copy in again}) == 1


async def test_trouble_that_is_ours_pauses_the_issue_and_tells_people(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(say={"mail": "550 5.7.1 not you"}) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.PAUSED)
        assert issue.reason == "550 5.7.1 at mail"
        server.mischief.say.clear()

        async def told() -> bool:
            return {"dana@example.org", "emre@example.org"} <= set(server.received.recipients)

        await until(told)
        await change(cast.house, issue_id, schedule.resume)
        issue = await reached(cast.house, issue_id, State.SENT)
    assert issue.accepted == READERS


async def test_a_server_that_is_down_at_the_start_is_waited_for(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server() as server:
        await server.down()
        async with working(over(cast.house, server.url)):
            await send(cast.house, issue_id)
            await reached(cast.house, issue_id, State.SENDING)
            await server.up()
            issue = await reached(cast.house, issue_id, State.SENT)
    once_each(server)
    assert issue.accepted == READERS


async def test_without_pipelining_it_goes_command_by_command(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(offers=("8BITMIME",)) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    once_each(server)


async def test_bytes_that_differ_from_the_approval_are_not_sent(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    async with cast.house.database.unit_of_work() as session:
        frozen = await session.get_one(issues.Frozen, (issue_id, "nl"))
        frozen.compiled = frozen.compiled.replace(b"alinea", b"ALINEA")
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.HELD)
    assert set(server.received.recipients) <= {"dana@example.org", "emre@example.org"}  # who are told of it


async def test_bytes_that_no_worker_can_read_hold_their_issue_and_stop_no_worker(
    cast: Stage, clock: Clock
) -> None:
    """Approved by a later version, perhaps: the digest is right, and this one does not know the form."""
    issue_id = await approved(cast, clock())
    async with cast.house.database.unit_of_work() as session:
        frozen = await session.get_one(issues.Frozen, (issue_id, "nl"))
        frozen.compiled = frozen.compiled.replace(b'"bode-letter":1', b'"bode-letter":2')
        issue = await issues.get(session, issue_id, lock=True)
        await session.flush()
        issue.digest = issues.digest(await issues.frozen(session, issue_id))
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.HELD)
    assert halt.read(issue.reason) == Halt(Cause.UNFIT)


async def test_a_key_that_is_not_on_this_machine_holds_the_issue_and_costs_nobody_a_copy(
    cast: Stage, clock: Clock
) -> None:
    """A list that stands under two keys, and a worker whose key file has one of them."""
    house, fresh = cast.house, new_key(clock())
    issue_id = await approved(cast, clock())
    whole = KeyRing([*house.ring._keys.values(), fresh], active=fresh.id)
    await people.crowd(replace(house, ring=whole), cast.letter, READERS - 1, clock())
    async with Server() as server, working(over(house, server.url)):
        await send(house, issue_id)
        issue = await reached(house, issue_id, State.HELD)
        assert halt.read(issue.reason) == Halt(Cause.KEY, {"key": fresh.id})
        assert (await books(house, issue_id))["given_up"] == 0
        house.ring._keys |= {fresh.id: fresh}
        await change(house, issue_id, schedule.resume)
        issue = await reached(house, issue_id, State.SENT)
    once_each(server)
    assert (issue.accepted, issue.in_doubt) == (READERS, 0)


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [({"say": {"body": "451 4.3.0 later"}, "body_delay": 1.0}, False), ({"body_delay": 10.0}, True)],
    ids=["deferred", "dropped"],
)
async def test_cancelled_the_books_close_also_when_what_was_under_way_comes_back(
    cast: Stage, clock: Clock, answer: dict[str, Any], doubt: bool
) -> None:
    issue_id = await crowded(cast, clock)
    house = cast.house
    async with (
        Server(**answer) as server,
        working(over(house, server.url, smtp_connections=1)),
    ):
        await send(house, issue_id)
        await until(lambda: under_way(house))
        await change(house, issue_id, schedule.cancel)
        if doubt:
            await server.down()  # without a word about what is under way
        issue = await closed(house, issue_id)
    assert (issue.accepted, issue.given_up, issue.in_doubt > 0) == (0, READERS, doubt)


async def test_cancelled_the_books_close_on_what_a_worker_had_that_died(cast: Stage, clock: Clock) -> None:
    issue_id, house = await frozen(cast, clock, 3), cast.house
    async with house.database.unit_of_work() as session:
        first = select(Delivery.seq).where(Delivery.issue_id == issue_id).limit(1).scalar_subquery()
        its = {"state": "sending", "lease_owner": "gone.1", "lease_until": from_now(-1)}
        await session.execute(update(Delivery).where(Delivery.seq == first).values(its))
    await change(house, issue_id, schedule.cancel)
    async with Server() as server, working(over(house, server.url)):
        issue = await closed(house, issue_id)
    assert (issue.audience, issue.given_up, issue.in_doubt) == (3, 3, 1)


async def under_way(house: House) -> bool:
    async with house.database.reading() as session:
        return bool(await session.scalar(select(exists().where(Delivery.state == "sending"))))


async def closed(house: House, issue_id: UUID) -> Issue:
    async def met() -> bool:
        return (await look(house, issue_id)).closed_at is not None

    await until(met)
    return await look(house, issue_id)


@pytest.mark.parametrize("answer", ["421 4.7.0 Not you", "drop"])
async def test_a_server_that_hangs_up_on_one_reader_keeps_nobody_else_waiting(
    cast: Stage, clock: Clock, answer: str
) -> None:
    """Nor does it keep the issue from its end: that reader is put off, given up, and told of to editors."""
    issue_id = await crowded(cast, clock)
    async with (
        Server(to={"reader7@example.net": answer}) as server,
        working(over(cast.house, server.url, give_up_seconds=3.0)),
    ):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)

        async def told() -> bool:
            return {"dana@example.org", "emre@example.org"} <= set(server.received.recipients)

        await until(told)
    assert len(readers(server)) == READERS - 1
    assert issue.accepted + issue.given_up == READERS
