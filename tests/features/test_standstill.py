"""A database that stands still costs that moment and no more; a sender that cannot write ends and says so."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.domain import house as houses
from app.domain.delivery import Delivery
from app.domain.house import House
from app.domain.issue import State
from app.features.send.start import start
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.cast import ALICE, Stage
from tests.conftest import Clock
from tests.sending import PATIENCE, approved, look, over, reached, send, until, working
from tests.servers.smtp import Server

STANDSTILL = 2.2  # seconds: multiplied by the sender's own rest it would be longer than a test waits
AGAIN = 3.0  # seconds: the copy is due only after that


@asynccontextmanager
async def standing_still(house: House):
    """Nobody gets at the copies of an issue."""
    async with house.database.unit_of_work() as session:
        if house.database.postgres:
            await session.execute(text("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE"))
        yield


async def test_a_copy_that_was_put_off_does_not_wait_many_times_as_long(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    async with Server(defer_share=1.0) as server:
        house = over(cast.house, server.url, retry_first_seconds=AGAIN, retry_longest_seconds=AGAIN)
        async with working(house):
            await send(house, issue_id)

            async def put_off() -> bool:
                frozen = (await look(house, issue_id)).frozen_at is not None
                async with house.database.reading() as session:
                    again = select(Delivery).where(Delivery.attempts == 1, Delivery.lease_owner.is_(None))
                    return frozen and (await session.scalars(again)).first() is not None

            await until(put_off)
            async with standing_still(house):
                await asyncio.sleep(STANDSTILL)
            await reached(house, issue_id, State.SENT)
    assert len(server.received.recipients[ALICE]) == 1


async def test_a_sender_that_can_write_nothing_down_any_more_ends_and_says_so(
    cast: Stage, clock: Clock
) -> None:
    """Its connections would wait for ever for the word that they may go on."""
    issue_id = await approved(cast, clock())
    full = asyncio.Queue[UUID](maxsize=1)
    full.put_nowait(issue_id)
    async with Server(refuse=(ALICE,)) as server:
        house = over(cast.house, server.url)
        await send(house, issue_id)
        async with house.database.unit_of_work() as session:
            await start(session, ring=house.ring, now=houses.now())
        engine = Worker(house, Courier(house.settings, Mailbox()), dead=full).engine()
        with pytest.raises(asyncio.QueueFull):
            async with asyncio.timeout(PATIENCE):
                await engine.run()
