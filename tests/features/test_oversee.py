"""Administrators and accounts: nobody decides about themselves, one is always left, and all is on record."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.errors import Refused
from app.domain import review, session, staff
from app.domain.audit import Event, Record
from app.domain.review import Review
from app.domain.staff import Role, Staff
from app.features import oversee
from app.features.oversee import LastAdministrator, OwnRoles
from tests.cast import Stage
from tests.conftest import Clock


async def give(on: Stage, clock: Clock, by: str, name: str, *roles: Role) -> None:
    async with on.house.database.unit_of_work() as db:
        await oversee.give(db, await staff.named(db, by), name, list(roles), now=clock())


async def close(on: Stage, clock: Clock, by: str, name: str) -> None:
    async with on.house.database.unit_of_work() as db:
        await oversee.close(db, await staff.named(db, by), name, now=clock())


async def person(on: Stage, name: str) -> Staff:
    async with on.house.database.reading() as db:
        return await staff.named(db, name)


async def test_roles_change_for_a_colleague_and_are_on_record(cast: Stage, clock: Clock) -> None:
    await give(cast, clock, "ada", "dana", Role.EDITOR, Role.APPROVER)
    assert (await person(cast, "dana")).roles == ["approver", "editor"]
    async with cast.house.database.reading() as db:
        row = (await db.scalars(select(Record).where(Record.event == Event.STAFF_ROLES_CHANGED))).one()
    assert (row.actor, row.about, row.reason) == ("ada", "staff dana", "approver, editor")


async def test_nobody_changes_their_own_roles_or_closes_their_own_account(cast: Stage, clock: Clock) -> None:
    with pytest.raises(OwnRoles):
        await give(cast, clock, "ada", "ada", Role.ADMINISTRATOR, Role.EDITOR)
    with pytest.raises(OwnRoles):
        await close(cast, clock, "ada", "ada")


async def test_two_administrators_cannot_close_each_other_at_once(cast: Stage, clock: Clock) -> None:
    await give(cast, clock, "ada", "dana", Role.ADMINISTRATOR)
    ended = await asyncio.gather(
        close(cast, clock, "ada", "dana"),
        give(cast, clock, "dana", "ada", Role.EDITOR),
        return_exceptions=True,
    )
    assert [type(each) for each in ended if each is not None] == [LastAdministrator]
    async with cast.house.database.reading() as db:
        assert await oversee.administrators(db) == 1


async def test_closing_ends_every_session_and_is_done_once(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as db:
        dana = await staff.named(db, "dana")
        token = session.begin(db, dana, "Firefox", clock())
    await close(cast, clock, "ada", "dana")
    async with cast.house.database.reading() as db:
        assert await session.find(db, token, clock()) is None
        assert await session.of(db, dana.id, clock()) == []
    with pytest.raises(Refused, match="closed already"):
        await close(cast, clock, "ada", "dana")


async def test_a_review_is_due_once_a_quarter_and_keeps_what_was_seen(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as db:
        assert await review.due(db, clock())
        await oversee.sign_off(db, await staff.named(db, "ada"), now=clock())
    async with cast.house.database.reading() as db:
        row = (await db.scalars(select(Review))).one()
        assert (row.by, row.at) == ("ada", clock())
        assert row.accounts["dana"] == ["editor"]
        assert len(row.accounts) == 5
        assert not await review.due(db, clock() + timedelta(days=90))
        assert await review.due(db, clock() + timedelta(days=91))
