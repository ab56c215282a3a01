"""Chains: no record can be changed, taken out or put elsewhere without anybody noticing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.core import chain
from app.core.crypto import KeyRing, new_key
from app.core.faults import Unkeyed
from app.domain import audit
from app.domain.audit import CHAIN, Checkpoint, Event, Head, Record
from app.domain.house import House
from tests.conftest import Clock


@pytest.fixture
async def house(house: House) -> House:
    """An open service whose trail has not begun."""
    await harm(house, delete(Record), delete(Head), delete(Checkpoint))
    return house


async def write(house: House, clock: Clock, count: int, *, sign: bool = True) -> None:
    """Some records, and a signed point after them."""
    async with house.database.unit_of_work() as session:
        for number in range(count):
            await audit.record(session, "dana", Event.ISSUE_SENT, about=f"issue {number}", now=clock())
    if sign:
        await close(house, clock())


async def close(house: House, now: datetime) -> bool:
    async with house.database.unit_of_work() as session:
        return await chain.close_segment(session, CHAIN, house.ring, now=now)


async def faults(house: House, ring: KeyRing | None = None) -> list[str]:
    async with house.database.reading() as session:
        return await chain.verify(session, CHAIN, ring or house.ring)


async def harm(house: House, *acts: Any) -> None:
    """What somebody with the database's password could do."""
    async with house.database.unit_of_work() as session:
        for act in acts:
            await session.execute(act.execution_options(synchronize_session=False))


async def test_a_chain_that_was_left_alone_is_whole(house: House, clock: Clock) -> None:
    assert await faults(house) == []
    await write(house, clock, 3)
    await write(house, clock, 2)
    await write(house, clock, 2, sign=False)
    assert await faults(house) == []


async def test_places_have_no_gaps_and_hashes_differ(house: House, clock: Clock) -> None:
    await write(house, clock, 5)
    async with house.database.reading() as session:
        rows = list(await session.scalars(select(Record).order_by(Record.seq)))
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert len({row.hash for row in rows}) == 5


@pytest.mark.parametrize("field", ["actor", "about", "reason"])
async def test_a_changed_field_is_found(house: House, clock: Clock, field: str) -> None:
    await write(house, clock, 5)
    await harm(house, update(Record).where(Record.seq == 3).values({field: "somebody else"}))
    assert await faults(house) == ["record 3 was changed, or its order was"]


async def test_another_moment_is_found(house: House, clock: Clock) -> None:
    await write(house, clock, 5)
    await harm(house, update(Record).where(Record.seq == 3).values(at=clock.forward(seconds=1)))
    assert await faults(house) == ["record 3 was changed, or its order was"]


async def test_a_record_that_was_taken_out_is_found(house: House, clock: Clock) -> None:
    await write(house, clock, 5)
    await harm(house, delete(Record).where(Record.seq == 3))
    assert await faults(house) == ["record 3 is missing"]


async def test_two_records_that_changed_places_are_found(house: House, clock: Clock) -> None:
    await write(house, clock, 5)
    for old, new in ((2, 99), (3, 2), (99, 3)):
        await harm(house, update(Record).where(Record.seq == old).values(seq=new))
    assert await faults(house) == ["record 2 was changed, or its order was"]


async def test_a_cut_off_end_is_found(house: House, clock: Clock) -> None:
    await write(house, clock, 5, sign=False)
    await harm(house, delete(Record).where(Record.seq > 3))
    assert await faults(house) == ["records after 3 are missing; the chain goes to 5"]


async def test_a_cut_off_end_with_a_forged_head_contradicts_the_signed_point(
    house: House, clock: Clock
) -> None:
    await write(house, clock, 5)
    async with house.database.reading() as session:
        third = await session.get_one(Record, 3)
    await harm(
        house,
        delete(Record).where(Record.seq > 3),
        update(Head).values(seq=third.seq, hash=third.hash),
    )
    assert await faults(house) == ["records after the head were signed and are missing"]


async def test_a_missing_head_is_found(house: House, clock: Clock) -> None:
    await write(house, clock, 2)
    await harm(house, delete(Head))
    assert await faults(house) == ["the head of the chain is missing"]


async def test_a_chain_written_anew_does_not_fit_what_was_signed(house: House, clock: Clock) -> None:
    """Whoever can compute hashes but has no key cannot sign the new past."""
    await write(house, clock, 3)
    async with house.database.unit_of_work() as session:
        before = chain.START
        for row in await session.scalars(select(Record).order_by(Record.seq)):
            row.actor = "emre"
            row.hash = before = chain.next_hash(before, row)
        head = await session.get_one(Head, "audit")
        head.hash = before
    assert await faults(house) == ["record 3 differs from its signed checkpoint"]


async def test_a_forged_point_is_found(house: House, clock: Clock) -> None:
    await write(house, clock, 3)
    await harm(house, update(Checkpoint).values(count=2))
    assert "checkpoint 3: the signature is wrong" in await faults(house)


async def test_a_point_signed_by_a_key_that_is_not_here_is_found_and_names_it(
    house: House, clock: Clock
) -> None:
    await write(house, clock, 3)
    stranger = KeyRing([new_key(clock())])
    (fault,) = await faults(house, stranger)
    assert isinstance(fault, Unkeyed)
    assert fault.key == house.ring.active
    await harm(house, update(Checkpoint).values(key_id="no key"))
    assert await faults(house) == ["checkpoint 3: the signature is wrong"]


async def test_points_signed_by_an_older_key_still_hold(house: House, clock: Clock) -> None:
    await write(house, clock, 3)
    old = house.ring._keys[house.ring.active]
    house.ring = KeyRing([old, new_key(clock())])
    await write(house, clock, 2)
    assert await faults(house) == []


async def test_a_pruned_segment_leaves_an_anchor_and_the_rest_stays_whole(house: House, clock: Clock) -> None:
    await write(house, clock, 3)
    await write(house, clock, 2)
    await harm(house, delete(Record).where(Record.seq <= 3))
    assert await faults(house) == []
    await write(house, clock, 1)
    assert await faults(house) == []
    await harm(house, delete(Record))
    assert await faults(house) == []


async def test_a_segment_that_went_without_its_anchor_is_found(house: House, clock: Clock) -> None:
    await write(house, clock, 3)
    await write(house, clock, 2)
    await harm(house, delete(Record).where(Record.seq <= 2))
    assert await faults(house) == ["record 3: what came before it was removed without an anchor"]


async def test_a_missing_point_between_two_is_found(house: House, clock: Clock) -> None:
    for _ in range(3):
        await write(house, clock, 2)
    await harm(house, delete(Checkpoint).where(Checkpoint.seq == 4))
    assert await faults(house) == ["checkpoint 6: segments before it are missing"]


async def test_nothing_new_is_not_signed(house: House, clock: Clock) -> None:
    assert not await close(house, clock())
    await write(house, clock, 1, sign=False)
    assert await close(house, clock())
    assert not await close(house, clock())
