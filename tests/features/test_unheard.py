"""A mail server said that a mailbox is gone, and the worker that heard it was killed: it is known again."""

from __future__ import annotations

from sqlalchemy import update

from app.core.address import parse
from app.domain import block
from app.domain.block import Ground
from app.domain.delivery import Delivery, State
from app.domain.issue import Issue
from app.domain.subscriber import Subscriber
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import JOBS, Worker
from tests.cast import ALICE, BOB, Stage, join
from tests.conftest import Clock
from tests.sending import sent

FULL, OLDER, MOVED = "vol@example.net", "ouder@example.net", "verhuisd@example.net"


async def test_who_was_refused_for_good_in_the_books_is_ended_and_blocked(cast: Stage, clock: Clock) -> None:
    house = cast.house
    rows = {each: await join(house, cast.letter, each, clock()) for each in (BOB, FULL, OLDER, MOVED)}
    older, newer = await sent(cast, clock()), await sent(cast, clock.forward(days=8))
    fates = (
        (newer, BOB, "550 5.1.1"),
        (newer, FULL, "552 5.2.2"),
        (older, OLDER, "550 5.1.1"),
        (newer, MOVED, "550 5.1.1"),  # of the address before this one, which keeps the random number
    )
    async with house.database.unit_of_work() as session:
        for issue, reader, code in fates:
            fate = {"subscriber_id": rows[reader].id, "state": State.REFUSED, "code": code}
            session.add(Delivery(issue_id=issue, **fate))
        await session.execute(update(Issue).where(Issue.id == newer).values(closed_at=None))
        moved = update(Subscriber).where(Subscriber.id == rows[MOVED].id)
        await session.execute(moved.values(confirmed_at=clock.forward(minutes=1)))
    worker = Worker(house, Courier(house.settings, Mailbox()), clock=clock)
    (chore,) = (each for each in JOBS if each.name == "mailboxes")
    assert [await chore.act(worker), await chore.act(worker)] == ["1 ended", "0 ended"]
    there = [each for each in (ALICE, BOB, FULL, OLDER, MOVED) if await cast.find(each) is not None]
    assert there == [ALICE, FULL, OLDER, MOVED]
    async with house.database.reading() as session:
        known = block.subjects(house.ring, cast.letter.id, parse(BOB))
        found = await block.active(session, cast.letter.id, known, now=clock())
    assert found is not None
    assert found.ground == Ground.BOUNCE


async def test_one_address_that_cannot_be_read_stops_neither_the_worker_nor_the_others(
    cast: Stage, clock: Clock
) -> None:
    """Sealed anew under a key that this machine lacks, between the letter and the answer to it."""
    house = cast.house
    rows = [await join(house, cast.letter, each, clock()) for each in (BOB, FULL)]
    issue = await sent(cast, clock())
    async with house.database.unit_of_work() as session:
        for row in rows:
            fate = {"subscriber_id": row.id, "state": State.REFUSED, "code": "550 5.1.1"}
            session.add(Delivery(issue_id=issue, **fate))
        damaged = update(Subscriber).where(Subscriber.id == rows[0].id)
        await session.execute(damaged.values(address=rows[1].address))
    worker = Worker(house, Courier(house.settings, Mailbox()), clock=clock)
    await worker._bounce(rows[0].id)
    (chore,) = (each for each in JOBS if each.name == "mailboxes")
    assert await chore.act(worker) == "1 ended; 1 cannot be read"
    assert await cast.find(FULL) is None
