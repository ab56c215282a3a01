"""Saying yes: once, in time, and only while nothing ended in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.address import parse
from app.core.errors import LinkProblem
from app.domain import consent
from app.domain.consent import Consent, Event
from app.domain.subscriber import Subscriber
from app.features import confirm, unsubscribe
from tests import cast as people
from tests.cast import BOB, CHRIS, Stage
from tests.conftest import Clock


async def press(stage: Stage, token: str, clock: Clock) -> confirm.Confirmed:
    house = stage.house
    async with house.database.unit_of_work() as session:
        return await people.press(house, session, token, clock())


async def not_me(stage: Stage, clock: Clock) -> None:
    house = stage.house
    token = people.request(house, stage.letter, BOB, clock(), purpose="notme")
    async with house.database.unit_of_work() as session:
        await confirm.decline(session, token, ring=house.ring, book=house.book, now=clock())


async def test_a_yes_makes_one_row_and_its_proof(cast: Stage, clock: Clock) -> None:
    token = people.request(cast.house, cast.letter, BOB, clock())
    clock.forward(minutes=3)
    assert not (await press(cast, token, clock)).again
    row = await cast.find(BOB)
    assert row is not None
    assert row.confirmed_at == clock()
    async with cast.house.database.reading() as session:
        known = consent.proofs(cast.house.ring, cast.letter.id, parse(BOB))
        events = [each.event for each in await consent.of(session, known)]
    assert events == [Event.REQUESTED, Event.CONFIRMED]


async def test_pressing_twice_changes_nothing(cast: Stage, clock: Clock) -> None:
    token = people.request(cast.house, cast.letter, BOB, clock())
    await press(cast, token, clock)
    assert (await press(cast, token, clock)).again
    async with cast.house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Subscriber)) == 2
        assert await session.scalar(select(func.count()).select_from(Consent)) == 7


async def test_a_link_works_for_seven_days_and_not_a_moment_longer(cast: Stage, clock: Clock) -> None:
    token = people.request(cast.house, cast.letter, BOB, clock())
    clock.forward(days=7, seconds=1)
    with pytest.raises(LinkProblem, match="expired"):
        await press(cast, token, clock)
    assert await cast.find(BOB) is None


async def test_a_used_link_does_not_bring_back_who_left(cast: Stage, clock: Clock) -> None:
    token = people.request(cast.house, cast.letter, BOB, clock())
    clock.forward(seconds=1)
    await press(cast, token, clock)
    row = await cast.find(BOB)
    assert row is not None
    clock.forward(seconds=1)
    async with cast.house.database.unit_of_work() as session:
        await unsubscribe.leave(
            session, cast.link(row), ring=cast.house.ring, book=cast.house.book, now=clock()
        )
    with pytest.raises(LinkProblem, match="void"):
        await press(cast, token, clock)
    assert await cast.find(BOB) is None


async def test_a_link_from_before_a_farewell_is_void(cast: Stage, clock: Clock) -> None:
    before = people.request(cast.house, cast.letter, CHRIS, clock() - timedelta(days=11))
    after = people.request(cast.house, cast.letter, CHRIS, clock() - timedelta(days=9))
    with pytest.raises(LinkProblem):
        await press(cast, before, clock)
    assert await cast.find(CHRIS) is None
    clock.time -= timedelta(days=3)
    assert not (await press(cast, after, clock)).again


async def test_not_me_voids_the_link_and_the_next_ones_for_a_while(cast: Stage, clock: Clock) -> None:
    token = people.request(cast.house, cast.letter, BOB, clock())
    await not_me(cast, clock)
    with pytest.raises(LinkProblem, match="void"):
        await press(cast, token, clock)
    clock.forward(days=91)
    later = people.request(cast.house, cast.letter, BOB, clock())
    await press(cast, later, clock)
    assert await cast.find(BOB) is not None


async def test_not_me_after_a_confirmation_ends_what_was_confirmed(cast: Stage, clock: Clock) -> None:
    await press(cast, people.request(cast.house, cast.letter, BOB, clock()), clock)
    await not_me(cast, clock)
    assert await cast.find(BOB) is None


@pytest.mark.parametrize("change", ["", "x", "A" * 300, "é" * 40])
async def test_what_is_not_our_link_is_broken(cast: Stage, clock: Clock, change: str) -> None:
    token = people.request(cast.house, cast.letter, BOB, clock())
    forged = change or token[:-1] + ("A" if token[-1] != "A" else "B")
    with pytest.raises(LinkProblem, match="broken"):
        await press(cast, forged, clock)
