"""A partner's link works until its day, is counted, and one text comes into one issue once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.core.errors import LinkProblem, TooMany
from app.domain import contributor, edition
from app.domain import issue as issues
from app.domain.audit import Event, Record
from app.domain.contribution import Contribution
from app.domain.contributor import Contributor
from app.features import compose, contribute, retain
from app.features.compose import Meanwhile
from tests.cast import Stage
from tests.conftest import Clock
from tests.tray import came_in, link, send_in, waiting


async def opens(on: Stage, token: str, now: datetime) -> str:
    async with on.house.database.reading() as session:
        try:
            row, _ = await contributor.opened(session, token, now)
        except LinkProblem as trouble:
            return f"{trouble.reason} {trouble.slug}"
        return row.organisation


async def count(on: Stage, table: type[Contribution | Contributor]) -> int:
    async with on.house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def trail(on: Stage) -> list[tuple[str, str]]:
    async with on.house.database.reading() as session:
        rows = await session.scalars(select(Record).where(Record.event.like("copy.%")).order_by(Record.seq))
        return [(each.actor, each.event) for each in rows]


async def begun(on: Stage, now: datetime) -> UUID:
    async with on.house.database.unit_of_work() as session:
        return (await compose.start(session, on.letter, author="dana", now=now)).id


async def take(on: Stage, issue_id: UUID, copy_id: UUID, now: datetime, begun_on: int | None = None) -> bool:
    """Press the button, with the text as it is now."""
    async with on.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        written = (await edition.typed(session, issue_id))["nl"]
        how = {"begun_on": begun_on, "author": "dana", "now": now}
        return await compose.take(session, issue, written, copy_id, **how)


async def test_a_link_works_until_the_end_of_its_last_day(cast: Stage, clock: Clock) -> None:
    token = await link(cast, clock(), until=date(2026, 11, 20))
    end = datetime(2026, 11, 20, 23, tzinfo=UTC)  # midnight in Amsterdam
    assert await opens(cast, token, end - timedelta(seconds=1)) == "Gemeente Oss"
    assert await opens(cast, token, end) == "expired weerbaar-bestuur"
    assert await opens(cast, "x", end) == "void "
    async with cast.house.database.reading() as session:
        (row,) = await session.scalars(select(Contributor))
        assert token.encode() not in row.hash
    async with cast.house.database.unit_of_work() as session:
        for _ in range(2):
            await contribute.withdraw(session, row.id, author="dana", now=clock())
    assert await opens(cast, token, clock()) == "void "
    assert await trail(cast) == [("dana", Event.COPY_LINK_MADE), ("dana", Event.COPY_LINK_WITHDRAWN)]


async def test_a_text_that_is_sent_again_stays_one_and_too_many_are_refused(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await link(cast, clock())
    for _ in range(2):
        await send_in(cast, token, clock())
    assert len(await waiting(cast)) == 1
    for number in range(contribute.A_DAY - 2):
        await send_in(cast, token, clock(), title=f"Nieuws {number}")
    with pytest.raises(TooMany, match="link_limit") as refused:
        await send_in(cast, token, clock(), title="Te veel")
    assert refused.value.wait == timedelta(hours=15)  # it is nine o'clock
    monkeypatch.setattr(contribute, "AN_HOUR", contribute.A_DAY)
    other = await link(cast, clock())
    with pytest.raises(TooMany, match="busy"):
        await send_in(cast, other, clock(), network=None)
    assert len(await waiting(cast)) == contribute.A_DAY - 1


async def test_a_network_is_counted_by_the_hour(cast: Stage, clock: Clock) -> None:
    token = await link(cast, clock())
    send = partial(send_in, cast, token, most=1)
    await send(clock())
    with pytest.raises(TooMany, match="network_limit") as refused:
        await send(clock(), title="Te veel")
    assert refused.value.wait == timedelta(hours=1)
    await send(clock(), network="198.51.100.1/32", title="Van elders")
    await send(clock.forward(hours=1), title="Later")


async def test_there_is_an_end_to_the_number_of_links(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contributor, "MOST", 1)
    await link(cast, clock())
    with pytest.raises(contribute.Full):
        await link(cast, clock())


async def test_many_editors_at_once_take_a_text_once(cast: Stage, clock: Clock) -> None:
    copy_id, issue_id = await came_in(cast, clock()), await begun(cast, clock())
    press = partial(take, cast, issue_id, copy_id, clock())
    assert sorted(await asyncio.gather(*(press() for _ in range(4)))) == [False, False, False, True]
    async with cast.house.database.reading() as session:
        written = (await edition.typed(session, issue_id))["nl"]
        row = await session.get_one(Contribution, copy_id)
    assert [each.kind for each in written.pieces] == ["text", "text"]
    assert written.pieces[1].values["markdown"] == (
        "**Nieuwe handreiking**\n\nEr is een \\*nieuwe\\* handreiking."
    )
    assert (row.issue_id, row.used_by, row.used_at) == (issue_id, "dana", clock())
    assert (await trail(cast))[1:] == [("service", Event.COPY_RECEIVED), ("dana", Event.COPY_USED)]


async def test_who_was_overtaken_takes_nothing_and_what_is_set_aside_is_gone(
    cast: Stage, clock: Clock
) -> None:
    copy_id, issue_id = await came_in(cast, clock()), await begun(cast, clock())
    with pytest.raises(Meanwhile):
        await take(cast, issue_id, copy_id, clock(), begun_on=0)
    assert len(await waiting(cast)) == 1
    async with cast.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        written = (await edition.typed(session, issue_id))["nl"].added("divider", 0)
        how = {"begun_on": 1, "author": "dana", "now": clock()}
        await compose.set_aside(session, issue, written, copy_id, **how)
    assert await count(cast, Contribution) == 0
    assert not await take(cast, issue_id, copy_id, clock())
    assert (await trail(cast))[-1] == ("dana", Event.COPY_REMOVED)


async def test_what_is_not_used_goes_after_90_days_what_is_used_after_30_and_then_the_link(
    cast: Stage, clock: Clock
) -> None:
    start = clock()
    unused = await came_in(cast, start, title="Blijft liggen")
    used = await came_in(cast, start)
    assert await take(cast, await begun(cast, start), used, start)

    async def left(**after: float) -> set[UUID]:
        async with cast.house.database.unit_of_work() as session:
            await retain.retain(session, now=start + timedelta(**after))
        async with cast.house.database.reading() as session:
            return set(await session.scalars(select(Contribution.id)))

    assert await left(days=29, hours=23) == {unused, used}
    assert await left(days=30) == {unused}
    assert await left(days=60) == {unused}
    assert await count(cast, Contributor) == 2  # the last day ended at midnight
    assert await left(days=61) == {unused}
    assert await count(cast, Contributor) == 0
    assert await left(days=90) == set()
