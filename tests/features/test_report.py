"""The report of an issue: its books, its speed, who refused it by domain, and what is in doubt."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from app.domain import house as houses
from app.domain import issue as issues
from app.domain.delivery import Delivery
from app.domain.issue import State
from app.features import report, schedule, unsubscribe
from app.features.report import Cause, Details, Progress
from app.features.send.freeze import freeze
from app.features.send.start import start
from tests import cast as people
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_send import READERS, crowded
from tests.sending import approved, books, change, let_go, look, over, reached, send, until, working
from tests.servers.smtp import Server


async def details(cast: Stage, issue_id: UUID) -> Details:
    async with cast.house.database.reading() as session:
        issue = await look(cast.house, issue_id)
        found = await report.progress(session, issue, now=houses.now())
        return await report.details(session, issue, found, ring=cast.house.ring)


async def progress(cast: Stage, issue_id: UUID, clock: Clock) -> Progress:
    async with cast.house.database.reading() as session:
        return await report.progress(session, await look(cast.house, issue_id), now=clock())


async def frozen(cast: Stage, clock: Clock, count: int) -> UUID:
    """An issue that has begun, with everybody counted and nothing sent."""
    await people.crowd(cast.house, cast.letter, count - 1, clock())
    issue_id = await approved(cast, clock())
    await change(cast.house, issue_id, schedule.send_now)
    now = houses.now() + timedelta(seconds=1)
    async with cast.house.database.unit_of_work() as session:
        assert await start(session, ring=cast.house.ring, now=now) == [issue_id]
    more = True
    while more:
        async with cast.house.database.unit_of_work() as session:
            more = await freeze(session, issue_id, now=now)
    return issue_id


async def refused(cast: Stage, clock: Clock, readers: int, refusals: int) -> UUID:
    """Alice, alone at her domain, and the first of the crowd have a full mailbox."""
    issue_id = await crowded(cast, clock, readers)
    async with Server(say={"rcpt": "552 5.2.2 full"}, times=refusals) as server:
        house = over(cast.house, server.url, smtp_connections=1)
        async with working(house):
            await send(house, issue_id)
            await reached(house, issue_id, State.SENT)
    return issue_id


async def test_refusals_are_told_by_code_and_by_domain_and_one_reader_is_never_named(
    cast: Stage, clock: Clock
) -> None:
    found = await details(cast, await refused(cast, clock, readers=1 + 10, refusals=3))
    assert found.refusals == {"5.2.2": 3}
    assert found.domains == {"example.net": 2, "other": 1}


async def test_why_it_was_refused_is_known_when_the_rows_per_reader_are_gone(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await refused(cast, clock, readers=1 + 10, refusals=3)
    async with cast.house.database.unit_of_work() as session:
        await session.execute(delete(Delivery).where(Delivery.issue_id == issue_id))
    assert report.causes((await progress(cast, issue_id, clock)).answers) == {Cause.MAILBOX: 3}
    found = await details(cast, issue_id)
    assert (found.refusals, found.domains, found.doubt) == ({"5.2.2": 3}, {"other": 3}, [])


async def test_a_domain_of_nine_readers_is_not_named(cast: Stage, clock: Clock) -> None:
    found = await details(cast, await refused(cast, clock, readers=1 + 9, refusals=3))
    assert found.domains == {"other": 3}


async def test_of_readers_who_are_gone_nobody_knows_the_domain(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(refuse=("reader7@example.net",)) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)

        async def ended() -> bool:
            return await cast.find("reader7@example.net") is None

        await until(ended)
    found = await details(cast, issue_id)
    assert (found.refusals, found.domains) == ({"5.1.1": 1}, {"other": 1})


async def test_doubt_is_named_by_what_stands_in_the_message_id(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(drop="after", times=3) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    twice = [each[0].message_id for each in server.received.recipients.values() if len(each) > 1]
    doubt = (await details(cast, issue_id)).doubt
    assert sorted(twice) == sorted(f"<{each.hex}@bode.example.org>" for each in doubt)


async def test_the_speed_of_what_was_sent_is_that_of_its_whole_way(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    found = await progress(cast, issue_id, clock)
    assert issue.closed_at is not None
    assert issue.started_at is not None
    took = (issue.closed_at - issue.started_at).total_seconds()
    assert found.rate == pytest.approx(READERS / took)
    assert found.seconds_left is None


async def test_a_pause_does_not_count_as_slowness(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(body_delay=0.02) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)

        async def begun() -> bool:
            return server.received.counts["letters"] > 5

        await until(begun)
        await change(cast.house, issue_id, schedule.pause)
        assert (await progress(cast, issue_id, clock)).rate is None
        await let_go(cast.house)
        sent = server.received.counts["letters"]
        await change(cast.house, issue_id, schedule.resume)
        issue = await reached(cast.house, issue_id, State.SENT)
    assert issue.tried_before == sent
    assert issue.closed_at is not None
    assert issue.resumed_at is not None
    took = (issue.closed_at - issue.resumed_at).total_seconds()
    assert (await progress(cast, issue_id, clock)).rate == pytest.approx((READERS - sent) / took)


async def test_time_left_is_told_from_the_pace_before_anything_was_sent(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        (await session.merge(cast.letter)).pace = 20
    issue_id = await frozen(cast, clock, 100)
    clock.time = houses.now() + timedelta(seconds=10)
    found = await progress(cast, issue_id, clock)
    assert (found.books["audience"], found.books["waiting"]) == (100, 100)
    assert (found.rate, found.seconds_left) == (0, 5)


async def test_time_left_is_told_from_the_measured_rate_and_waits_for_the_last_retry(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await frozen(cast, clock, 100)
    issue = await look(cast.house, issue_id)
    assert issue.started_at is not None
    async with cast.house.database.unit_of_work() as session:
        some = select(Delivery.seq).where(Delivery.issue_id == issue_id).order_by(Delivery.seq).limit(40)
        mine = update(Delivery).where(Delivery.seq.in_(some.scalar_subquery()))
        await session.execute(mine.values(state="accepted"))
    clock.time = issue.started_at + timedelta(seconds=20)
    found = await progress(cast, issue_id, clock)
    assert (found.rate, found.seconds_left) == (2, 30)
    async with cast.house.database.unit_of_work() as session:
        later = update(Delivery).where(Delivery.issue_id == issue_id, Delivery.state == "waiting")
        await session.execute(later.values(due_at=clock() + timedelta(hours=1)))
    assert (await progress(cast, issue_id, clock)).seconds_left == 3600


async def test_leaving_takes_the_copy_back_at_once(cast: Stage, clock: Clock) -> None:
    issue_id = await frozen(cast, clock, 100)
    await change(cast.house, issue_id, schedule.pause)
    before = await books(cast.house, issue_id)
    async with cast.house.database.unit_of_work() as session:
        await unsubscribe.leave(
            session, cast.link(cast.alice), ring=cast.house.ring, book=cast.house.book, now=clock()
        )
    after = await books(cast.house, issue_id)
    assert (before["left"], after["left"]) == (0, 1)
    assert after["waiting"] == before["waiting"] - 1


async def test_who_takes_a_slip_back_while_the_issue_is_held_gets_it_after_all(
    cast: Stage, clock: Clock
) -> None:
    house, issue_id = cast.house, await frozen(cast, clock, 2)
    async with house.database.unit_of_work() as session:
        (await issues.get(session, issue_id, lock=True)).move_to(State.HELD)
    async with house.database.unit_of_work() as session:
        _, slip = await unsubscribe.leave(
            session, cast.link(cast.alice), ring=house.ring, book=house.book, now=clock()
        )
    assert slip is not None
    assert (await books(house, issue_id))["left"] == 1
    async with house.database.unit_of_work() as session:
        await unsubscribe.undo(session, slip, ring=house.ring, now=clock())
    found = await books(house, issue_id)
    assert (found["left"], found["waiting"]) == (0, 2)
