"""What a replay does beyond ending: restrictions stay restrictions, proofs of the erased go, keys differ."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import parse
from app.core.crypto import KeyRing, new_key
from app.core.settings import Settings
from app.domain import block, consent, farewell, subscriber
from app.domain.block import Ground
from app.domain.book import Farewell
from app.domain.house import House
from app.domain.ledger import Reason
from app.domain.subscriber import Subscriber
from app.features import confirm, erase, guard, unsubscribe
from tests import cast as people
from tests.backups import Backups, reopen
from tests.cast import ALICE, BOB, CHRIS, Stage
from tests.conftest import Clock
from tests.features.restoring import mailed, tick, watching

Act = Callable[[AsyncSession], Awaitable[None]]


async def restored(on: Stage, settings: Settings, backups: Backups, clock: Clock, act: Act) -> House:
    """Take a backup, let something happen, put the backup back, and let the service notice."""
    backup = backups.take(settings)
    clock.forward(minutes=1)
    async with on.house.database.unit_of_work() as session:
        await act(session)
    await tick(on.house, clock)
    house = await reopen(on.house, backups.put_back(settings, backup, main=True, ledger=False))
    assert await guard.check(watching(house), now=clock())
    return house


async def find(house: House, on: Stage, address: str) -> Subscriber | None:
    async with house.database.reading() as session:
        return await subscriber.find(session, house.ring, on.letter.id, parse(address))


def restriction(on: Stage, clock: Clock) -> Farewell:
    return Farewell(on.letter.id, on.alice.key_id, on.alice.subject, Reason.RESTRICTED, clock())


async def test_a_restriction_is_put_back_as_a_restriction_and_ends_nothing(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    async def act(_session: AsyncSession) -> None:
        await on.house.book.write([restriction(on, clock)])

    house = await restored(on, settings, backups, clock, act)
    row = await find(house, on, ALICE)
    assert row is not None
    assert row.restricted_at is not None
    await house.close()


async def test_a_slip_that_was_taken_back_ends_no_restriction(on: Stage, clock: Clock) -> None:
    house = on.house
    async with house.database.unit_of_work() as session:
        row = await subscriber.by_id(session, on.alice.id)
        assert row is not None
        await farewell.restrict(session, row, book=house.book, now=clock())
    async with house.database.unit_of_work() as session:
        link = on.link(on.alice)
        _, slip = await unsubscribe.leave(session, link, ring=house.ring, book=house.book, now=clock())
    assert slip is not None
    async with house.database.unit_of_work() as session:
        await unsubscribe.undo(session, slip, ring=house.ring, now=clock())
    row = await on.find(ALICE)
    assert row is not None
    assert row.restricted_at is not None


async def test_after_a_change_of_keys_everyone_is_what_the_ledger_says(on: Stage, clock: Clock) -> None:
    """Rows under a new key, entries under the old: a restriction restricts, an end ends."""
    house, old = on.house, on.house.ring.active
    bob = await people.join(house, on.letter, BOB, clock())
    clock.forward(seconds=1)
    left = Farewell(on.letter.id, old, bob.subject, Reason.LEFT, clock())
    await house.book.write([restriction(on, clock), left])
    fresh = new_key(clock())
    house.ring = KeyRing([house.ring._keys[old], fresh], active=fresh.id)
    for row, address in ((on.alice, ALICE), (bob, BOB)):
        await seal_again(house, row, address)
    assert await guard.replay(watching(house), everything=True, now=clock()) == 1
    assert await find(house, on, BOB) is None
    alice = await find(house, on, ALICE)
    assert alice is not None
    assert alice.restricted_at is not None


async def test_one_row_that_nobody_can_open_keeps_no_other_from_ending(on: Stage, clock: Clock) -> None:
    house, old = on.house, on.house.ring.active
    bob = await people.join(house, on.letter, BOB, clock())
    clock.forward(seconds=1)
    await house.book.write([Farewell(on.letter.id, old, bob.subject, Reason.LEFT, clock())])
    fresh = new_key(clock())
    house.ring = KeyRing([house.ring._keys[old], fresh], active=fresh.id)
    await seal_again(house, bob, BOB)
    async with house.database.unit_of_work() as session:
        damage = update(Subscriber).where(Subscriber.id == on.alice.id).values(address=b"damaged")
        await session.execute(damage)
    assert await guard.replay(watching(house), everything=True, now=clock()) == 1
    assert await find(house, on, BOB) is None


async def seal_again(house: House, row: Subscriber, address: str) -> None:
    """What a change of keys does to a row."""
    words = {"language": row.language, "confirmed_at": row.confirmed_at, "subscriber_id": row.id}
    fresh = subscriber.new(house.ring, row.newsletter_id, parse(address), **words)
    async with house.database.unit_of_work() as session:
        await session.execute(delete(Subscriber).where(Subscriber.id == row.id))
        session.add(fresh)


async def test_a_proof_of_who_had_left_and_was_erased_does_not_come_back(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    async def act(session: AsyncSession) -> None:
        words = {"ring": on.house.ring, "book": on.house.book, "actor": "fatima"}
        await erase.erase(session, parse(CHRIS), **words, now=clock())

    known = consent.proofs(on.house.ring, on.letter.id, parse(CHRIS))
    async with on.house.database.reading() as session:
        assert await consent.of(session, known)
    house = await restored(on, settings, backups, clock, act)
    async with house.database.reading() as session:
        assert await consent.of(session, known) == []
    await house.close()


async def test_a_proof_from_after_an_erasure_stays(on: Stage, clock: Clock) -> None:
    house = on.house
    async with house.database.unit_of_work() as session:
        await erase.erase(session, parse(ALICE), ring=house.ring, book=house.book, actor="x", now=clock())
    await people.join(house, on.letter, ALICE, clock.forward(minutes=10))
    await guard.replay(watching(house), everything=True, now=clock())
    known = consent.proofs(house.ring, on.letter.id, parse(ALICE))
    async with house.database.reading() as session:
        assert len(await consent.of(session, known)) == 2


async def test_every_block_is_put_back_and_a_longer_one_stays(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    async def act(session: AsyncSession) -> None:
        words = {"ring": on.house.ring, "book": on.house.book, "now": clock()}
        for ground in Ground:
            address = parse(f"{ground}@example.net")
            await farewell.block_address(session, on.letter.id, address, ground, **words)

    house = await restored(on, settings, backups, clock, act)
    for ground in Ground:
        known = block.subjects(house.ring, on.letter.id, parse(f"{ground}@example.net"))
        async with house.database.reading() as session:
            found = await block.active(session, on.letter.id, known, now=clock())
        assert found is not None
        assert found.ground == ground
    async with house.database.unit_of_work() as session:
        longer = block.subject(house.ring, on.letter.id, parse("not_me@example.net"))
        await block.put(session, on.letter.id, longer, Ground.OBJECTION, clock())
    await guard.replay(watching(house), everything=True, now=clock())
    assert await mailed(house, on, "not_me@example.net", clock.forward(days=36500)) is None
    await house.close()


async def test_a_block_of_a_newsletter_that_the_backup_does_not_have_is_passed_over(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    async def act(_session: AsyncSession) -> None:
        ring = on.house.ring
        await on.house.book.write([Farewell(uuid4(), ring.active, b"x" * 32, Reason.NOT_ME, clock())])

    house = await restored(on, settings, backups, clock, act)
    assert await mailed(house, on, BOB, clock()) == "confirm"
    await house.close()


async def test_without_the_ledger_a_block_works_and_is_written_when_it_is_back(
    on: Stage, clock: Clock, settings: Settings, tmp_path: Path
) -> None:
    missing = tmp_path / "nowhere" / "copy"
    house = await reopen(on.house, settings.model_copy(update={"ledger_copy": missing}))
    token = people.request(house, on.letter, BOB, clock(), purpose="notme")
    async with house.database.unit_of_work() as session:
        await confirm.decline(session, token, ring=house.ring, book=house.book, now=clock())
    assert await mailed(house, on, BOB, clock()) is None
    missing.parent.mkdir()
    assert await guard.flush_pending(watching(house)) == 2
    known = block.subjects(house.ring, on.letter.id, parse(BOB))
    assert [each.reason for each in await house.book.of(known)] == [Reason.NOT_ME]
    await house.close()
