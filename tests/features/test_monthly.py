"""The month's draft stands ready on the first working day, once, and not when it is not wanted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.domain import edition, outbox, staff, typed
from app.domain.audit import Event, Record
from app.domain.issue import Issue, State
from app.domain.outbox import Mail
from app.features import compose, schedule
from app.features.schedule import Why
from tests.cast import Stage
from tests.conftest import Clock
from tests.sending import approved
from tests.tray import came_in

NEW_YEAR = datetime(2027, 1, 1, 9, tzinfo=UTC)  # a Friday on which nobody works
MONDAY = datetime(2027, 1, 3, 23, 5, tzinfo=UTC)  # the fourth has begun in Amsterdam
MONTHLY = """---
subject: De maand
---
Inleiding.

## Agenda

```event
title: Voorbij
starts_on: 2026-12-10
place: Utrecht
```

```event
title: Komt nog
starts_on: 2027-01-20
place: Utrecht
```
"""


async def made(on: Stage, now: datetime) -> int:
    async with on.house.database.unit_of_work() as session:
        return await compose.ready(session, ring=on.house.ring, base_url="https://bode.example.org", now=now)


async def finish(on: Stage) -> None:
    """Every issue that there is has gone out."""
    async with on.house.database.unit_of_work() as session:
        for issue in await session.scalars(select(Issue)):
            issue.state = State.SENT


async def test_the_draft_has_the_sections_of_last_time_without_what_is_past(
    cast: Stage, clock: Clock
) -> None:
    await approved(cast, clock(), MONTHLY)
    assert await made(cast, MONDAY) == 0  # something is under way
    await finish(cast)
    assert await made(cast, NEW_YEAR) == 0
    await came_in(cast, clock())
    assert await made(cast, MONDAY) == 1
    async with cast.house.database.reading() as session:
        draft = (await session.scalars(select(Issue).where(Issue.state == State.DRAFT))).one()
        written = (await edition.typed(session, draft.id))["nl"]
        mails = [outbox.opened(cast.house.ring, each) for each in await session.scalars(select(Mail))]
        trail = await session.scalars(select(Record).where(Record.event == Event.ISSUE_BEGUN))
        assert [(each.actor, each.about) for each in trail] == [(staff.BY_ITSELF, f"issue {draft.id}")]
    assert [piece.kind for piece in written.pieces] == ["heading", "event"]
    assert written.pieces[-1].values["title"] == "Komt nog"
    assert not any(written.top.values())
    assert [(each["address"], each["template"]) for each in mails] == [("dana@example.org", "ready")]
    assert mails[0]["words"]["copy"] == 1  # a text of a partner waits beside it
    assert mails[0]["words"]["issue_url"].endswith(f"/staff/issues/{draft.id}")


async def test_an_issue_that_somebody_stopped_half_way_keeps_no_month_waiting(
    cast: Stage, clock: Clock
) -> None:
    await approved(cast, clock(), MONTHLY)
    await finish(cast)
    stopped = await approved(cast, clock(), MONTHLY)
    async with cast.house.database.unit_of_work() as session:
        issue = await session.get_one(Issue, stopped)
        issue.state, issue.started_at = State.PAUSED, clock()
    assert await made(cast, MONDAY) == 1


async def test_a_draft_that_was_thrown_away_is_no_example(cast: Stage, clock: Clock) -> None:
    await approved(cast, clock(), MONTHLY)
    await finish(cast)
    async with cast.house.database.unit_of_work() as session:
        mistake = await compose.start(session, cast.letter, author="dana", now=clock())
        await compose.save(session, mistake, typed.blank("nl"), author="dana", now=clock())
        await schedule.cancel(session, mistake, actor="dana", now=clock())
    assert await made(cast, MONDAY) == 1
    async with cast.house.database.reading() as session:
        draft = (await session.scalars(select(Issue).where(Issue.state == State.DRAFT))).one()
        pieces = (await edition.typed(session, draft.id))["nl"].pieces
    assert [piece.kind for piece in pieces] == ["heading", "event"]


async def test_the_notice_of_a_data_breach_keeps_no_month_waiting(cast: Stage, clock: Clock) -> None:
    await approved(cast, clock(), MONTHLY)
    await finish(cast)
    stopped = await approved(cast, clock())
    async with cast.house.database.unit_of_work() as session:
        issue = await session.get_one(Issue, stopped)
        issue.notice, issue.state = True, State.APPROVED
    assert await made(cast, MONDAY) == 1


async def test_many_workers_make_it_once_a_month_whatever_became_of_it(cast: Stage, clock: Clock) -> None:
    await approved(cast, clock())
    await finish(cast)
    assert sum(await asyncio.gather(*(made(cast, MONDAY) for _ in range(5)))) == 1
    await finish(cast)
    assert await made(cast, MONDAY + timedelta(days=20)) == 0
    assert await made(cast, MONDAY + timedelta(days=28)) == 1  # February begins on a Monday


async def test_neither_in_a_month_that_is_left_out_nor_before_the_first_issue_of_all(
    cast: Stage, clock: Clock
) -> None:
    assert await made(cast, MONDAY) == 0
    await approved(cast, clock())
    await finish(cast)
    async with cast.house.database.unit_of_work() as session:
        await schedule.skip(session, cast.letter, "2027-01", Why.RECESS, actor="dana", now=clock())
    assert await made(cast, MONDAY) == 0
    assert await made(cast, MONDAY + timedelta(days=28)) == 1
