"""Every save is a version; whoever was slower overwrites nothing unseen, and nobody's words are lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domain import edition, version
from app.domain import issue as issues
from app.domain.audit import Event, Record
from app.domain.issue import State
from app.domain.typed import Typed
from app.domain.version import Version
from app.features import compose, retain
from tests.cast import Stage
from tests.conftest import Clock


async def begun(on: Stage, clock: Clock) -> UUID:
    async with on.house.database.unit_of_work() as session:
        return (await compose.start(session, on.letter, author="dana", now=clock())).id


async def save(on: Stage, clock: Clock, issue_id: UUID, subject: str, **more: object) -> int:
    """Dana saves another subject, on top of what is there unless a test says otherwise."""
    async with on.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        written = (await edition.typed(session, issue_id))["nl"]
        written = replace(written, top={**written.top, "subject": subject})
        rest: dict[str, object] = {"author": "dana", "now": clock(), **more}
        return await compose.save(session, issue, written, **rest)


async def subjects(on: Stage, issue_id: UUID) -> list[str]:
    """Of every version, newest first."""
    async with on.house.database.reading() as session:
        mine = select(Version.content).where(Version.issue_id == issue_id, Version.language == "nl")
        rows = await session.scalars(mine.order_by(Version.number.desc()))
        return [str(content["subject"]) for content in rows]


async def test_who_was_slower_is_told_and_both_texts_stay(cast: Stage, clock: Clock) -> None:
    issue_id = await begun(cast, clock)
    first = await save(cast, clock, issue_id, "one", begun_on=1)
    assert first == 2
    with pytest.raises(compose.Meanwhile) as told:
        await save(cast, clock, issue_id, "two", begun_on=1)
    assert told.value.number == 2
    assert await save(cast, clock, issue_id, "one", begun_on=1) == 2  # the same words are no quarrel
    async with cast.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        mine = replace((await edition.typed(session, issue_id))["nl"], top={"subject": "two"})
        await compose.give_way(session, issue, mine, author="dana", now=clock())
    assert await subjects(cast, issue_id) == ["one", "two", "one", ""]


async def test_what_is_saved_while_typing_is_one_version_for_ten_minutes(cast: Stage, clock: Clock) -> None:
    issue_id = await begun(cast, clock)
    for minute in range(12):
        await save(cast, clock, issue_id, f"minute {minute}", by_itself=True)
        clock.forward(minutes=1)
    await save(cast, clock, issue_id, "by hand")
    assert await subjects(cast, issue_id) == ["by hand", "minute 11", "minute 9", ""]
    async with cast.house.database.reading() as session:
        noted = await session.scalars(select(Record).where(Record.event == Event.ISSUE_WRITTEN))
        assert len(noted.all()) == 3


async def test_versions_have_an_end_in_number_and_in_time(cast: Stage, clock: Clock) -> None:
    issue_id = await begun(cast, clock)
    async with cast.house.database.unit_of_work() as session:
        for number in range(version.MOST + 5):
            written = Typed("nl", {"subject": str(number)})
            await version.keep(session, issue_id, written, author="dana", now=clock())
    assert len(await subjects(cast, issue_id)) == version.MOST
    async with cast.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        issue.state, issue.closed_at = State.SENT, clock()
    for days, left in ((179, version.MOST), (1, 0)):
        now = clock.forward(days=days)
        async with cast.house.database.unit_of_work() as session:
            await retain.retain(session, now=now)
        assert len(await subjects(cast, issue_id)) == left
    async with cast.house.database.reading() as session:
        assert (await edition.subjects(session, issue_id))[issue_id] == {"nl": str(version.MOST + 4)}


def test_versions_stay_half_a_year() -> None:
    assert timedelta(days=180) == version.STAYS
    assert Version.__table__.info["kept"].length == version.STAYS
