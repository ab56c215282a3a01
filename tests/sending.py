"""Sending as it really happens, in one process: an approved issue, a worker and a real mail server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.core.settings import Environment
from app.domain import delivery, link
from app.domain import house as houses
from app.domain import issue as issues
from app.domain.delivery import Delivery
from app.domain.house import House
from app.domain.issue import Issue, State
from app.domain.manuscript import read
from app.domain.newsletter import Newsletter
from app.domain.sight import Hindrance, Verdict
from app.features import approve, compose, schedule
from app.features.approve import following, seeing
from app.features.post.carry import Carrier
from app.features.send.close import close
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests import cast as people
from tests.cast import Stage
from tests.servers.received import Copy
from tests.servers.smtp import Server

TEXT = """---
subject: "Nieuws van de maand: zó doet u dat"
preheader: Kort en goed.
---
Beste lezer,

## Dit stuk gaat over iets

Een alinea met een [verwijzing naar meer uitleg](https://example.org/uitleg).
"""
PATIENCE = 20.0  # seconds a test waits for something that should come at once


def readers(server: Server) -> dict[str, list[Copy]]:
    """What came for each reader; people of the staff get mail of their own."""
    staff = {f"{name}@example.org" for name in people.PEOPLE}
    return {name: copies for name, copies in server.received.recipients.items() if name not in staff}


async def until(met: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition, looking often; fail when it does not come."""
    async with asyncio.timeout(PATIENCE):
        while not await met():  # noqa: ASYNC110  (what is waited for is in another process or table)
            await asyncio.sleep(0.02)


def over(house: House, url: str, **more: Any) -> House:
    """The house with real mail: to this server, with pauses that a test can wait for."""
    changes = {
        "environment": Environment.PRODUCTION,
        "smtp_url": url,
        "retry_first_seconds": 0.2,
        "retry_longest_seconds": 0.5,
        "smtp_connections": 4,
        **more,
    }
    house.settings = house.settings.model_copy(update=changes)
    return house


async def approved(stage: Stage, now: datetime, *texts: str, files: dict[str, bytes] | None = None) -> UUID:
    """An issue that dana wrote, in one language or two, and emre approved."""
    house = stage.house
    first, *further = texts or (TEXT,)
    async with house.database.unit_of_work() as session:
        issue = await compose.begin(session, stage.letter, read(first), files or {}, author="dana", now=now)
        for text in further:
            await compose.write(session, issue, read(text), files or {}, author="dana", now=now)
        await approve.approve(
            session,
            issue,
            approver="emre",
            base_url=house.settings.base_url,
            ring=house.ring,
            now=now,
        )
        await schedule.plan(session, issue, now)
    return issue.id


async def looked_at(stage: Stage, issue_id: UUID, now: datetime, *found: Hindrance) -> None:
    """A colleague's browser lets axe look at each mail, which finds this; and each link works."""
    house = stage.house
    desk = approve.Desk("dana", house.settings.base_url, house.ring, now)
    async with house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        unseen = await seeing.unseen(session, issue, base_url=desk.base_url)
        for language, digest in unseen.items():
            await seeing.see(session, issue, language, digest, Verdict(found=list(found)), desk)
        await following.ask(session, issue, actor="dana", now=now)
        works = {"looked_at": now, "verdict": link.Verdict.WORKS}
        await session.execute(update(link.Look).where(link.Look.issue_id == issue_id).values(**works))


async def sent(stage: Stage, now: datetime, *texts: str, files: dict[str, bytes] | None = None) -> UUID:
    """The same, and alice is the one reader whose copy arrived: for tests of what comes afterwards."""
    issue_id = await approved(stage, now, *texts, files=files)
    async with stage.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        issue.state, issue.started_at, issue.frozen_at, issue.audience = State.SENDING, now, now, 1
        words = {"subscriber_id": stage.alice.id, "state": delivery.State.ACCEPTED}
        session.add(Delivery(issue_id=issue_id, **words))
        await session.flush()
        assert await close(session, issue_id, now=now)
    return issue_id


async def send(house: House, issue_id: UUID) -> None:
    """Make it due now."""
    async with house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        await schedule.send_now(session, issue, actor="dana", now=houses.now())
        letter = await session.get_one(Newsletter, issue.newsletter_id)
        letter.cadence = ""  # no further month, so nobody is reminded of it while this one goes out


async def change(house: House, issue_id: UUID, act: Callable[..., Awaitable[None]]) -> None:
    """Pause, resume or cancel."""
    async with house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        await act(session, issue, actor="dana", now=houses.now())


async def look(house: House, issue_id: UUID) -> Issue:
    """The issue as it is now."""
    async with house.database.reading() as session:
        return await issues.get(session, issue_id)


async def books(house: House, issue_id: UUID) -> dict[str, int]:
    """The books as they are now."""
    async with house.database.reading() as session:
        return await delivery.books(session, issue_id)


async def reached(house: House, issue_id: UUID, state: State) -> Issue:
    """Wait until the issue is there."""

    async def met() -> bool:
        return (await look(house, issue_id)).state == state

    await until(met)
    return await look(house, issue_id)


async def let_go(house: House) -> None:
    """Wait until no worker holds a copy any more."""

    async def settled() -> bool:
        async with house.database.reading() as session:
            held = select(Delivery).where(Delivery.lease_owner.is_not(None))
            return (await session.scalars(held)).first() is None

    await until(settled)


@asynccontextmanager
async def working(house: House, mailbox: Mailbox | None = None, **courier: Any) -> AsyncIterator[Worker]:
    """A worker beside the test; it ends as at SIGTERM."""
    worker = Worker(house, Courier(house.settings, mailbox or Mailbox(), **courier))
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stopping.set()
        async with asyncio.timeout(PATIENCE):
            await task


async def emptied(carrier: Carrier) -> None:
    """Round after round, until nothing is due: on SQLite a round is one mail."""
    while await carrier.round():
        pass
