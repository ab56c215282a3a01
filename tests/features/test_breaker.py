"""An issue that too many refuse or complain about pauses once, people are told, and a person decides."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.domain import block, halt
from app.domain import house as houses
from app.domain.audit import Event, Record
from app.domain.block import Ground
from app.domain.delivery import Delivery
from app.domain.delivery import State as Copy
from app.domain.halt import Cause
from app.domain.issue import Issue, State
from app.domain.outbox import Mail
from app.features import schedule
from app.features.send import breaker
from app.features.send.start import start
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import JOBS, Worker
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_report import frozen
from tests.features.test_send import crowded
from tests.sending import books, change, look, over, reached, send, until, working
from tests.servers.smtp import Server

AUDIENCE = 1200


@pytest.fixture
async def going(cast: Stage, clock: Clock) -> UUID:
    """An issue that goes out to many, with nothing sent yet."""
    return await frozen(cast, clock, AUDIENCE)


async def tried(cast: Stage, issue_id: UUID, *, accepted: int, refused: int) -> str | None:
    """What is said of the issue when so many more of those that wait have come to their end."""
    for count, state in ((accepted, Copy.ACCEPTED), (refused, Copy.REFUSED)):
        async with cast.house.database.unit_of_work() as session:
            waiting = (Delivery.issue_id == issue_id, Delivery.state == Copy.WAITING)
            some = select(Delivery.seq).where(*waiting).order_by(Delivery.seq).limit(count).scalar_subquery()
            await session.execute(update(Delivery).where(Delivery.seq.in_(some)).values(state=state))
    return await said(cast, issue_id)


async def said(cast: Stage, issue_id: UUID) -> str | None:
    async with cast.house.database.reading() as session:
        return next(
            (each.reason for each in await breaker.alarming(session) if each.issue_id == issue_id), None
        )


async def complain(cast: Stage, count: int, *, ago: timedelta = timedelta(0), first: int = 0) -> None:
    async with cast.house.database.unit_of_work() as session:
        for number in range(first, first + count):
            known = f"reader{number}".encode(), cast.house.ring.active
            at = houses.now() + timedelta(minutes=1) - ago
            await block.put(session, cast.letter.id, known, Ground.COMPLAINT, at)


async def go_on(cast: Stage, issue_id: UUID) -> None:
    await change(cast.house, issue_id, schedule.pause)
    await change(cast.house, issue_id, schedule.resume)


async def test_one_in_twenty_refused_is_borne_and_one_more_is_not(cast: Stage, going: UUID) -> None:
    assert await tried(cast, going, accepted=950, refused=50) is None
    assert await tried(cast, going, accepted=0, refused=1) == "51 of 1001 were refused for good"


async def test_few_refusals_say_nothing_whatever_their_share(cast: Stage, going: UUID) -> None:
    assert await tried(cast, going, accepted=0, refused=49) is None
    assert await tried(cast, going, accepted=0, refused=1) == "50 of 50 were refused for good"


async def test_who_let_it_go_on_is_not_asked_again_about_the_same(cast: Stage, going: UUID) -> None:
    assert await tried(cast, going, accepted=100, refused=100)
    await go_on(cast, going)
    assert await tried(cast, going, accepted=100, refused=49) is None
    assert await tried(cast, going, accepted=0, refused=1) == "50 of 150 were refused for good"


async def test_trouble_from_before_a_person_let_it_go_on_does_not_stop_it_again(
    cast: Stage, going: UUID
) -> None:
    assert await tried(cast, going, accepted=100, refused=100)
    async with cast.house.database.reading() as session:
        (alarm,) = await breaker.alarming(session)
    words = {"ring": cast.house.ring, "now": houses.now(), "since": alarm.since}
    await go_on(cast, going)
    await breaker.pause(cast.house.database, going, alarm.reason, **words)
    assert (await look(cast.house, going)).state == State.SENDING
    words["since"] = (await look(cast.house, going)).going_since
    await breaker.pause(cast.house.database, going, alarm.reason, **words)
    assert (await look(cast.house, going)).state == State.PAUSED


async def test_complaints_count_from_five_and_since_the_issue_began(cast: Stage, going: UUID) -> None:
    await complain(cast, 50, ago=timedelta(days=1), first=100)
    await complain(cast, 4)
    assert await said(cast, going) is None
    await complain(cast, 1, first=4)
    assert await said(cast, going) == f"5 of {AUDIENCE} readers complained"
    await change(cast.house, going, schedule.pause)
    async with cast.house.database.unit_of_work() as session:
        issue = await session.get_one(Issue, going)
        await schedule.resume(session, issue, actor="dana", now=houses.now() + timedelta(hours=1))
    assert await said(cast, going) is None


async def test_in_a_large_audience_one_complaint_in_a_thousand_is_too_many(cast: Stage, going: UUID) -> None:
    async with cast.house.database.unit_of_work() as session:
        (await session.get_one(Issue, going)).audience = 6000
    await complain(cast, 5)
    assert await said(cast, going) is None
    await complain(cast, 1, first=5)
    assert await said(cast, going) == "6 of 6000 readers complained"


async def test_other_grounds_are_no_complaints(cast: Stage, going: UUID) -> None:
    async with cast.house.database.unit_of_work() as session:
        for number in range(20):
            known = f"reader{number}".encode(), cast.house.ring.active
            await block.put(session, cast.letter.id, known, Ground.NOT_ME, houses.now())
    assert await said(cast, going) is None


async def test_two_workers_at_once_pause_it_once_and_tell_once(cast: Stage, going: UUID) -> None:
    await tried(cast, going, accepted=0, refused=100)
    chore = next(each for each in JOBS if each.name == "refusals")
    workers = [Worker(cast.house, Courier(cast.house.settings, Mailbox())) for _ in range(2)]
    await asyncio.gather(*(chore.act(each) for each in workers))
    issue = await look(cast.house, going)
    assert (issue.state, issue.reason) == (State.PAUSED, "100 of 100 were refused for good")
    async with cast.house.database.reading() as session:
        paused = select(Record.reason).where(Record.event == Event.ISSUE_PAUSED)
        assert list(await session.scalars(paused)) == [issue.reason]
        assert len(list(await session.scalars(select(Mail)))) == len({"dana", "emre"})


async def test_while_it_goes_out_it_pauses_by_itself_and_goes_on_when_a_person_says_so(
    cast: Stage, clock: Clock
) -> None:
    readers, refusals = 160, 60
    issue_id = await crowded(cast, clock, readers)
    slow = Server(say={"rcpt": "552 5.2.2 full"}, times=refusals, body_delay=0.5)
    async with slow as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.PAUSED)
        assert halt.read(issue.reason).cause is Cause.REFUSED
        server.mischief.body_delay = 0

        async def told() -> bool:
            return {"dana@example.org", "emre@example.org"} <= set(server.received.recipients)

        await until(told)
        await change(cast.house, issue_id, schedule.resume)
        issue = await reached(cast.house, issue_id, State.SENT)
    assert (issue.accepted, issue.refused) == (readers - refusals, refusals)


async def test_a_fast_worker_that_hears_of_no_mailbox_at_all_stops_before_the_next_look_at_the_books(
    cast: Stage, clock: Clock
) -> None:
    """Nobody looks at the books here: what pauses it is what the sender hears."""
    issue_id = await crowded(cast, clock, AUDIENCE)
    await send(cast.house, issue_id)
    async with cast.house.database.unit_of_work() as session:
        await start(session, ring=cast.house.ring, now=houses.now())
    async with Server(say={"rcpt": "550 5.1.1 nobody of that name"}, delay=0.01) as server:
        engine = Worker(over(cast.house, server.url), Courier(cast.house.settings, Mailbox())).engine()
        sending = asyncio.create_task(engine.run())
        issue = await reached(cast.house, issue_id, State.PAUSED)
        engine.stop()
        await sending
    assert halt.read(issue.reason).cause is Cause.REFUSED
    assert (await books(cast.house, issue_id))["refused"] < AUDIENCE / 2
