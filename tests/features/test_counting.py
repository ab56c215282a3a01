"""Who is away for a moment while the audience is counted gets the issue all the same, and gets it once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from app.core import tokens
from app.domain import house as houses
from app.domain import issue as issues
from app.domain.delivery import Delivery, State
from app.domain.issue import State as IssueState
from app.domain.subscriber import Subscriber
from app.features import move, schedule, unsubscribe
from app.features.send import freeze
from app.features.send.close import close
from app.features.send.start import start
from tests import cast as people
from tests.cast import Stage
from tests.conftest import Clock
from tests.sending import approved, books, look, send

READERS = 6
NEW = "nieuw@example.net"
SECOND = timedelta(seconds=1)


async def begun(cast: Stage, clock: Clock) -> UUID:
    """An issue that has begun, for whom nobody is counted yet; alice is the first of its readers."""
    await people.crowd(cast.house, cast.letter, READERS - 1, clock())
    issue_id = await approved(cast, clock())
    await send(cast.house, issue_id)
    async with cast.house.database.unit_of_work() as session:
        assert await start(session, ring=cast.house.ring, now=houses.now()) == [issue_id]
    return issue_id


async def count(cast: Stage, issue_id: UUID) -> bool:
    """Count the next readers; True when there are more."""
    async with cast.house.database.unit_of_work() as session:
        return await freeze.freeze(session, issue_id, now=houses.now())


async def moves(cast: Stage, now: datetime) -> None:
    """Alice's new address says yes."""
    house, row = cast.house, cast.alice
    words = {"a": NEW, "s": row.id.hex, "n": cast.letter.id.hex, "l": "nl", "x": uuid4().hex}
    token = tokens.seal(house.ring, "address", {**words, "i": now.isoformat()})
    async with house.database.unit_of_work() as session:
        await move.change_address(
            session, token, shown=lambda _: "Ja", ring=house.ring, book=house.book, now=now
        )


async def leaves(cast: Stage) -> str:
    """Alice ends her subscription; what takes it back."""
    house = cast.house
    async with house.database.unit_of_work() as session:
        _, slip = await unsubscribe.leave(
            session, cast.link(cast.alice), ring=house.ring, book=house.book, now=houses.now()
        )
    assert slip is not None
    return slip


async def takes_back(cast: Stage, slip: str) -> None:
    """It was a slip."""
    async with cast.house.database.unit_of_work() as session:
        await unsubscribe.undo(session, slip, ring=cast.house.ring, now=houses.now())


async def copies(cast: Stage, issue_id: UUID) -> list[State]:
    """Where alice's copies of the issue are."""
    mine = select(Delivery.state).where(
        Delivery.subscriber_id == cast.alice.id, Delivery.issue_id == issue_id
    )
    async with cast.house.database.reading() as session:
        return list(await session.scalars(mine))


async def balanced(cast: Stage, issue_id: UUID, audience: int) -> None:
    """Everybody who was counted has a copy, and no more copies are there."""
    issue, found = await look(cast.house, issue_id), await books(cast.house, issue_id)
    assert issue.frozen_at is not None
    assert (issue.audience, found["waiting"]) == (audience, audience)
    async with cast.house.database.unit_of_work() as session:
        assert not await close(session, issue_id, now=houses.now())


async def test_a_new_address_before_its_reader_is_counted_gets_the_issue(cast: Stage, clock: Clock) -> None:
    issue_id = await begun(cast, clock)
    await moves(cast, houses.now())
    while await count(cast, issue_id):
        pass
    assert await copies(cast, issue_id) == [State.WAITING]
    await balanced(cast, issue_id, READERS)


@pytest.mark.parametrize("behind", [timedelta(0), timedelta(minutes=5)])
async def test_a_new_address_of_who_was_counted_stops_nothing(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch, behind: timedelta
) -> None:
    """Also when the clock of the machine that took it is behind: then it seems to be of before the issue."""
    monkeypatch.setattr(freeze, "FIRST_CHUNK", 2)
    issue_id = await begun(cast, clock)
    assert await count(cast, issue_id)
    await moves(cast, houses.now() - behind)
    while await count(cast, issue_id):
        pass
    assert await copies(cast, issue_id) == [State.WAITING]
    await balanced(cast, issue_id, READERS)


async def test_a_slip_over_the_whole_counting_is_taken_back_with_the_issue(cast: Stage, clock: Clock) -> None:
    issue_id = await begun(cast, clock)
    slip = await leaves(cast)
    while await count(cast, issue_id):
        pass
    assert (await look(cast.house, issue_id)).audience == READERS - 1
    await takes_back(cast, slip)
    assert await copies(cast, issue_id) == [State.WAITING]
    await balanced(cast, issue_id, READERS)


async def test_who_had_left_before_it_began_does_not_get_it_for_taking_that_back(
    cast: Stage, clock: Clock
) -> None:
    await people.crowd(cast.house, cast.letter, READERS - 1, clock())
    issue_id = await approved(cast, clock())
    slip = await leaves(cast)
    await send(cast.house, issue_id)
    async with cast.house.database.unit_of_work() as session:
        await start(session, ring=cast.house.ring, now=houses.now() + SECOND)
    while await count(cast, issue_id):
        pass
    await takes_back(cast, slip)
    assert await copies(cast, issue_id) == []
    await balanced(cast, issue_id, READERS - 1)


async def test_who_wanted_no_mail_when_it_was_counted_does_not_get_it_for_a_new_address(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await begun(cast, clock)
    async with cast.house.database.unit_of_work() as session:
        row = await session.get_one(Subscriber, cast.alice.seq)
        row.paused_until = houses.now() + timedelta(days=30)
    while await count(cast, issue_id):
        pass
    async with cast.house.database.unit_of_work() as session:
        (await session.get_one(Subscriber, cast.alice.seq)).paused_until = None
    await moves(cast, houses.now())
    assert await copies(cast, issue_id) == []
    await balanced(cast, issue_id, READERS - 1)


async def test_a_slip_that_is_taken_back_while_the_books_are_closed_keeps_them_open(
    cast: Stage, clock: Clock
) -> None:
    house, issue_id = cast.house, await begun(cast, clock)
    while await count(cast, issue_id):
        pass
    slip = await leaves(cast)

    async def closed() -> bool:
        async with house.database.unit_of_work() as session:
            return await close(session, issue_id, now=houses.now())

    async with house.database.unit_of_work() as session:
        waiting = Delivery.issue_id == issue_id, Delivery.state == State.WAITING
        await session.execute(update(Delivery).where(*waiting).values(state=State.ACCEPTED))
    async with house.database.unit_of_work() as session:
        await unsubscribe.undo(session, slip, ring=house.ring, now=houses.now())
        closing = asyncio.create_task(closed())
        await asyncio.wait({closing}, timeout=1.0)
    assert not await closing
    assert await copies(cast, issue_id) == [State.WAITING]


async def test_an_issue_can_be_stopped_while_a_new_address_says_yes(cast: Stage, clock: Clock) -> None:
    """Who stops it takes the issue first and its copies after; the other waits, and neither is refused."""
    house, issue_id = cast.house, await begun(cast, clock)
    while await count(cast, issue_id):
        pass
    async with house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        moving = asyncio.create_task(moves(cast, houses.now()))
        await asyncio.wait({moving}, timeout=1.0)
        await schedule.cancel(session, issue, actor="dana", now=houses.now())
    await moving
    assert await cast.find(NEW) is not None
    assert (await look(house, issue_id)).state == IssueState.CANCELLED
