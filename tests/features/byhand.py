"""A worker's steps one by one, for tests of what happens between two of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from app.domain import house as houses
from app.domain.house import House
from app.features.send import postgres, sqlite
from app.features.send.freeze import freeze
from app.features.send.start import start
from tests.sending import send

Hand = postgres.Hand | sqlite.Hand
Pen = postgres.Pen | sqlite.Pen


@asynccontextmanager
async def in_hand(house: House, issue_id: UUID) -> AsyncIterator[tuple[Hand, Pen]]:
    """The issue has begun and its audience is frozen; who takes copies of it, and who marks them."""
    tool = postgres if house.database.postgres else sqlite
    hand, pen = tool.Hand(house.database), tool.Pen(house.database)
    await send(house, issue_id)
    async with house.database.unit_of_work() as session:
        await start(session, ring=house.ring, now=houses.now())
    more = True
    while more:
        async with house.database.unit_of_work() as session:
            more = await freeze(session, issue_id, now=houses.now())
    async with AsyncExitStack() as closing:
        for each in (hand, pen):
            await each.open()
            closing.push_async_callback(each.close)
        yield hand, pen
