"""A backup is put back: what was taken from staff since lets nobody in, and administrators hear of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core.errors import LinkProblem
from app.core.settings import Settings
from app.domain import invitation, outbox, session, staff
from app.domain.invitation import Purpose
from app.domain.outbox import Mail
from app.features import guard
from tests.backups import Backups, reopen
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.restoring import tick, watching


async def test_a_session_that_was_ended_and_a_link_that_was_used_do_not_come_back(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    async with on.house.database.unit_of_work() as db:
        dana = await staff.named(db, "dana")
        token = session.begin(db, dana, "Firefox", clock())
        link = await invitation.make(db, dana.id, Purpose.PASSWORD, clock())
    backup = backups.take(settings)
    async with on.house.database.unit_of_work() as db:
        await session.end(db, dana.id)
        await invitation.use(db, (await invitation.opened(db, link, clock()))[0])
    await tick(on.house, clock)
    await on.house.close()
    house = await reopen(on.house, backups.put_back(settings, backup, main=True, ledger=False))
    assert await guard.check(watching(house), now=clock())
    async with house.database.reading() as db:
        assert await session.find(db, token, clock()) is None
        with pytest.raises(LinkProblem):
            await invitation.opened(db, link, clock())
        queued = [outbox.opened(house.ring, each) for each in await db.scalars(select(Mail))]
    told = {each["template"]: each["address"] for each in queued}
    assert told["reopened"] == "ada@example.org"
    await house.close()
