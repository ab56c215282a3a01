"""Keys change while people come and go: everything moves, nobody is lost, nobody is there twice."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import LargeBinary, event, func, select, text, update

from app import domain
from app.core import crypto, keyfile, register, throttle
from app.core.address import parse
from app.core.database import Base
from app.domain import block, consent, farewell, outbox, service, staff, subscriber
from app.domain import house as houses
from app.domain.block import Ground
from app.domain.book import Farewell
from app.domain.house import House
from app.domain.ledger import Reason
from app.domain.outbox import Mail
from app.domain.staff import Staff
from app.domain.subscriber import Subscriber
from app.features import guard, rotate, survey, unsubscribe
from app.features.rotate import Desk
from tests import cast as people
from tests.cast import ALICE, BOB, Stage
from tests.conftest import Clock
from tests.features.restoring import mailed, watching
from tests.features.sealing import FACTOR, METER, sealed_everywhere
from tests.sending import until


async def activate(house: House, now: datetime) -> str:
    """A new key comes into the file and into use."""
    keyfile.add(house.settings.keys, now, after=house.ring.active)
    async with house.database.unit_of_work() as session:
        assert await rotate.activate(session, house.ring, actor="cli:ada", now=now)
    return house.ring.active


async def moved(house: House) -> tuple[int, int]:
    """How many values were sealed anew, and how many could not be."""
    counts: list[int] = []
    left = await rotate.rotate(Desk(house.database, house.book, house.ring), counts.append)
    return sum(counts), left


async def under(house: House, key_id: str) -> set[str]:
    """Every column of every table with a value that was sealed under this key, found by its octets."""
    found = set()
    async with house.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.c:
                if isinstance(column.type, LargeBinary):
                    values = await session.scalars(select(column).where(column.is_not(None)))
                    if any(value.startswith(crypto.head(key_id)) for value in values):
                        found.add((table.name, column.name))
    return {f"{table}.{column}" for table, column in found}


async def leave(house: House, token: str, now: datetime) -> None:
    async with house.database.unit_of_work() as session:
        await unsubscribe.leave(session, token, ring=house.ring, book=house.book, now=now)


async def test_everything_sealed_moves_to_the_new_key_and_opens(cast: Stage, clock: Clock) -> None:
    house, old = cast.house, cast.house.ring.active
    await sealed_everywhere(cast, clock())
    sealed = {f"{table.name}.{column}" for table, column, _ in register.sealed(domain.MAIN)}
    assert await under(house, old) == sealed
    new = await activate(house, clock())
    count, left = await moved(house)
    assert (count, left) == (1 + 1 + len(people.PEOPLE) + 1 + 1 + 1 + 1, 0)
    assert await under(house, old) == set()
    assert await under(house, new) == sealed
    assert await moved(house) == (0, 0)
    row = await cast.find(ALICE)
    assert row is not None
    assert (row.id, row.key_id, row.address_index) != (cast.alice.id, old, cast.alice.address_index)
    assert subscriber.opened(house.ring, row).typed == ALICE
    async with house.database.reading() as session:
        dana = await staff.named(session, "dana")
        assert staff.opened(house.ring, dana) == "dana@example.org"
        assert dana.factor is not None
        assert (
            house.ring.open("staff", dana.factor, bound_to=f"staff|factor|{dana.id.hex}") == FACTOR.encode()
        )
        assert outbox.opened(house.ring, (await session.scalars(select(Mail))).one())["address"] == BOB
        assert (await throttle.so_far(session, METER, b"bob", ring=house.ring, now=clock())).count == 1


async def test_a_link_from_before_ends_the_subscription_and_the_ledger_knows(
    cast: Stage, clock: Clock
) -> None:
    house, link = cast.house, cast.link(cast.alice)
    await activate(house, clock())
    await moved(house)
    row = await cast.find(ALICE)
    assert row is not None
    await leave(house, link, clock())
    assert await cast.find(ALICE) is None
    assert [each.key_id for each in await house.book.of([row.subject])] == [house.ring.active]
    async with house.database.reading() as session:  # the proof under the old key counts down as well
        known = await consent.of(session, consent.proofs(house.ring, cast.letter.id, parse(ALICE)))
    assert [str(each.event) for each in known] == ["requested", "confirmed", "withdrawn"]
    assert all(each.ended_at == clock() for each in known)
    assert len({each.key_id for each in known}) == 2


async def test_what_has_no_address_keeps_its_key_and_goes_on_working(cast: Stage, clock: Clock) -> None:
    house, old = cast.house, cast.house.ring.active
    async with house.database.unit_of_work() as session:
        words: dict[str, Any] = {"ring": house.ring, "book": house.book, "now": clock()}
        await farewell.block_address(session, cast.letter.id, parse(BOB), Ground.OBJECTION, **words)
        staff.seal_factor(house.ring, await staff.named(session, "dana"), FACTOR)  # one row, sealed twice
    new = await activate(house, clock())
    await moved(house)
    assert await mailed(house, cast, BOB, clock()) is None
    async with house.database.reading() as session:
        known = block.subjects(house.ring, cast.letter.id, parse(BOB))
        assert await block.active(session, cast.letter.id, known, now=clock())
        main = await survey.uses(session, domain.MAIN)
    ledger = await house.book.look(lambda session: survey.uses(session, domain.LEDGER))
    assert main == {old: {"block": 1, "consent": 5}, new: {"staff": len(people.PEOPLE), "subscriber": 1}}
    assert ledger == {old: {"ledger_entry": 2}}


async def test_who_left_just_before_a_crash_is_not_carried_over(cast: Stage, clock: Clock) -> None:
    """The ledger has the end, the database not yet: the next replay knows the row by its old key."""
    house, row = cast.house, cast.alice
    await house.book.write([Farewell(row.newsletter_id, row.key_id, row.subject, Reason.LEFT, clock())])
    await activate(house, clock())
    assert (await moved(house))[1] == 1
    assert await guard.replay(watching(house), now=clock()) == 1
    assert await cast.find(ALICE) is None
    assert await moved(house) == (0, 0)


async def test_a_restriction_and_an_end_before_a_new_yes_hold_nothing_up(cast: Stage, clock: Clock) -> None:
    house, row = cast.house, cast.alice
    before = row.confirmed_at.replace(year=2020)
    await house.book.write(
        [
            Farewell(row.newsletter_id, row.key_id, row.subject, Reason.LEFT, before),
            Farewell(row.newsletter_id, row.key_id, row.subject, Reason.RESTRICTED, clock()),
        ]
    )
    await guard.replay(watching(house), now=clock())
    await activate(house, clock())
    assert (await moved(house))[1] == 0
    found = await cast.find(ALICE)
    assert found is not None
    assert found.restricted_at is not None


async def test_who_was_read_before_the_change_and_ended_after_it_is_in_the_ledger_as_ended(
    cast: Stage, clock: Clock
) -> None:
    house = cast.house
    await activate(house, clock())
    await moved(house)
    async with house.database.unit_of_work() as session:
        words: dict[str, Any] = {"ring": house.ring, "book": house.book, "now": clock()}
        assert await farewell.end(session, cast.alice, Reason.LEFT, **words)
    pseudonym = subscriber.pseudonym(house.ring, cast.letter.id, ALICE, house.ring.active)
    assert len(await house.book.of([pseudonym])) == 1


async def test_one_address_that_confirms_twice_around_the_change_is_there_once(
    cast: Stage, clock: Clock
) -> None:
    """The unique index is per key, so nobody adds under the new key while another adds under the old."""
    house, other = cast.house, await houses.open_house(cast.house.settings)
    one, two = (people.request(house, cast.letter, BOB, clock()) for _ in range(2))

    async def change_and_confirm() -> bool:
        await activate(other, clock())
        async with other.database.unit_of_work() as session:
            done = await people.press(other, session, two, clock())
        return done.again

    async with house.database.unit_of_work() as session:
        first = await people.press(house, session, one, clock())
        second = asyncio.create_task(change_and_confirm())
        await blocked(other)
    assert not first.again
    assert await second
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Subscriber)) == 2  # alice and bob
    await other.close()


async def blocked(house: House) -> None:
    """Wait until the change of keys waits for whoever is adding; on SQLite every writer waits."""
    if not house.database.postgres:
        return

    async def waiting() -> bool:
        async with house.database.reading() as session:
            query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            return bool(await session.scalar(query))

    await until(waiting)


async def test_a_process_that_missed_the_change_adds_under_the_new_key(cast: Stage, clock: Clock) -> None:
    stale = await houses.open_house(cast.house.settings)
    new = await activate(cast.house, clock())
    assert stale.ring.active != new
    bob = await people.join(stale, cast.letter, BOB, clock())
    assert bob.key_id == new
    await stale.close()


async def test_after_a_restore_from_before_the_change_both_keys_are_used(cast: Stage, clock: Clock) -> None:
    """A backup says that the old key is in use, and the ledger has ends under the new one."""
    house, old = cast.house, cast.house.ring.active
    bob = await people.join(house, cast.letter, BOB, clock())
    new = await activate(house, clock())
    async with house.database.unit_of_work() as session:
        await session.execute(update(service.Service).values(active_key=old))
    ended = subscriber.pseudonym(house.ring, cast.letter.id, BOB, new)
    await house.book.write([Farewell(cast.letter.id, new, ended, Reason.LEFT, clock.forward(minutes=1))])
    await guard.check(watching(house), now=clock())
    assert house.ring.active == old
    assert await guard.replay(watching(house), everything=True, now=clock()) == 1
    assert await cast.find(BOB) is None
    assert bob.key_id == old
    keyfile.add(house.settings.keys, clock(), after=house.ring.active)  # makes no third
    async with house.database.unit_of_work() as session:
        await rotate.activate(session, house.ring, actor="cli:ada", now=clock())
    assert house.ring.active == new
    assert (await moved(house))[1] == 0


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_a_row_that_somebody_is_busy_with_is_passed_over_and_not_waited_for(
    cast: Stage, clock: Clock
) -> None:
    house = cast.house
    await activate(house, clock())
    async with house.database.unit_of_work() as session:
        await session.execute(select(Staff).where(Staff.name == "dana").with_for_update())
        assert (await moved(house))[1] == 1
    assert await moved(house) == (1, 0)


async def test_what_cannot_be_opened_is_counted_and_the_rest_goes_on(cast: Stage, clock: Clock) -> None:
    house = cast.house
    async with house.database.unit_of_work() as session:
        spoilt = update(Staff).where(Staff.name == "dana").values(address=crypto.head("00000000") + b"x" * 40)
        await session.execute(spoilt)
    await activate(house, clock())
    assert await moved(house) == (len(people.PEOPLE), 1)


@pytest.mark.parametrize("batch", [0, 3])
async def test_it_goes_on_where_it_was_stopped(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(rotate, "BATCH", 2)
    house = cast.house
    await people.crowd(house, cast.letter, 9, clock())
    await activate(house, clock())
    counts: list[int] = []

    def stop(count: int) -> None:
        counts.append(count)
        if len(counts) > batch:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rotate.rotate(Desk(house.database, house.book, house.ring), stop)
    count, left = await moved(house)
    assert (sum(counts) + count, left) == (10 + len(people.PEOPLE), 0)


async def test_a_transaction_is_never_longer_than_a_batch(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotate, "BATCH", 4)
    house, commits = cast.house, 0
    await people.crowd(house, cast.letter, 20, clock())
    await activate(house, clock())

    def count(_connection: Any) -> None:
        nonlocal commits
        commits += 1

    event.listen(house.database.engine.sync_engine, "commit", count)
    await moved(house)
    assert commits >= (21 + len(people.PEOPLE)) // 4
