"""A backup is put back: who has gone stays gone, and nothing is sent until a person decided."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.address import parse
from app.core.errors import LinkProblem, Refused
from app.core.settings import Environment, Settings
from app.domain import block, ledger, service
from app.domain import issue as issues
from app.domain.book import Farewell
from app.domain.house import House
from app.domain.issue import State
from app.domain.outbox import Mail
from app.features import confirm, erase, guard, schedule, unsubscribe
from tests import cast as people
from tests.backups import Backups, reopen
from tests.cast import ALICE, BOB, CHRIS, Stage
from tests.conftest import Clock
from tests.features.restoring import mailed, tick, watching
from tests.sending import approved


async def leave(on: Stage, house: House, clock: Clock) -> None:
    async with house.database.unit_of_work() as session:
        await unsubscribe.leave(session, on.link(on.alice), ring=house.ring, book=house.book, now=clock())


async def there(house: House, on: Stage, address: str) -> bool:
    found = Stage(house, on.letter, on.alice, on.chris_was)
    return await found.find(address) is not None


async def test_a_service_that_only_stopped_is_not_taken_for_a_restored_one(
    on: Stage, clock: Clock, settings: Settings
) -> None:
    issue_id = await approved(on, clock())
    house = await reopen(on.house, settings)
    assert not await guard.check(watching(house), now=clock())
    async with house.database.reading() as session:
        assert (await issues.get(session, issue_id)).state == State.SCHEDULED
    await house.close()


async def test_a_crash_between_the_two_counters_is_not_a_restore(on: Stage, clock: Clock) -> None:
    async with on.house.database.reading() as session:
        own = (await service.state(session)).counter
    await on.house.book.announce(own, clock())
    await on.house.book.announce(own, clock())
    assert not await guard.check(watching(on.house), now=clock())


async def test_after_a_restore_who_left_is_gone_and_everything_unfinished_waits(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    issue_id = await approved(on, clock())
    backup = backups.take(settings)
    await leave(on, on.house, clock)
    await tick(on.house, clock)
    await on.house.close()
    house = await reopen(on.house, backups.put_back(settings, backup, main=True, ledger=False))
    assert await there(house, on, ALICE)
    assert await guard.check(watching(house), now=clock())
    assert not await there(house, on, ALICE)
    async with house.database.reading() as session:
        issue = await issues.get(session, issue_id)
        assert (issue.state, issue.reason, issue.digest) == (State.HELD, "restored", None)
        queued = list(await session.scalars(select(Mail)))
        assert len(queued) == 5  # dana, emre, ada, and fatima twice: of her requests; nothing older is left
    assert not await guard.check(watching(house), now=clock())
    await house.close()


async def test_only_what_was_confirmed_before_an_end_is_ended(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    await leave(on, on.house, clock)
    clock.forward(minutes=1)
    await people.join(on.house, on.letter, ALICE, clock.forward(minutes=10))
    backup = backups.take(settings)
    await tick(on.house, clock)
    await on.house.close()
    house = await reopen(on.house, backups.put_back(settings, backup, main=True, ledger=False))
    assert await guard.check(watching(house), now=clock())
    assert await there(house, on, ALICE)
    await house.close()


async def test_a_slip_that_was_undone_is_not_ended_by_a_replay(on: Stage, clock: Clock) -> None:
    house = on.house
    async with house.database.unit_of_work() as session:
        _, value = await unsubscribe.leave(
            session, on.link(on.alice), ring=house.ring, book=house.book, now=clock()
        )
    async with house.database.unit_of_work() as session:
        await unsubscribe.undo(session, value, ring=house.ring, now=clock())
    assert await there(house, on, ALICE)
    assert await guard.replay(watching(house), everything=True, now=clock()) == 0
    back = await on.find(ALICE)
    assert back is not None
    assert back.id == on.alice.id


async def test_links_made_before_a_restore_are_void(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    token = people.request(on.house, on.letter, BOB, clock())
    backup = backups.take(settings)
    await tick(on.house, clock)
    await on.house.close()
    house = await reopen(on.house, backups.put_back(settings, backup, main=True, ledger=False))
    await guard.check(watching(house), now=clock.forward(minutes=1))
    with pytest.raises(LinkProblem, match="void"):
        async with house.database.unit_of_work() as session:
            await people.press(house, session, token, clock())
    await house.close()


async def test_when_the_ledger_alone_is_restored_its_copy_brings_it_up_to_date(
    on: Stage, clock: Clock, settings: Settings, backups: Backups, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"ledger_copy": tmp_path / "elsewhere"})
    house = await reopen(on.house, settings)
    await house.book.fill(None)
    await tick(house, clock)
    backup = backups.take(settings)
    await leave(on, house, clock)
    await tick(house, clock)
    await house.close()
    house = await reopen(house, backups.put_back(settings, backup, main=False, ledger=True))
    subjects = [on.alice.subject]
    assert await house.book.last_end(subjects) is None
    assert not await guard.check(watching(house), now=clock())
    assert await house.book.last_end(subjects) is not None
    assert await house.book.verify(house.ring) == []
    await tick(house, clock)
    await house.close()


async def test_when_both_come_back_from_one_snapshot_the_copy_shows_it(
    on: Stage, clock: Clock, settings: Settings, backups: Backups, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"ledger_copy": tmp_path / "elsewhere"})
    house = await reopen(on.house, settings)
    await tick(house, clock)
    issue_id = await approved(Stage(house, on.letter, on.alice, on.chris_was), clock())
    backup = backups.take(settings)
    async with house.database.unit_of_work() as session:
        done = await erase.erase(
            session, parse(ALICE), ring=house.ring, book=house.book, actor="test", now=clock()
        )
    assert (done.subscriptions, done.final) == (1, True)
    await tick(house, clock)
    await house.close()
    house = await reopen(house, backups.put_back(settings, backup, main=True, ledger=True))
    assert await there(house, on, ALICE)
    assert await guard.check(watching(house), now=clock())
    assert not await there(house, on, ALICE)
    async with house.database.reading() as session:
        assert (await issues.get(session, issue_id)).state == State.HELD
    await house.close()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_in_production_a_ledger_that_is_a_file_has_a_copy_beside_it_unasked(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    settings = settings.model_copy(update={"environment": Environment.PRODUCTION})
    house = await reopen(on.house, settings)
    await tick(house, clock)
    backup = backups.take(settings)
    await leave(on, house, clock)
    await tick(house, clock)
    await house.close()
    house = await reopen(house, backups.put_back(settings, backup, main=True, ledger=True))
    assert await guard.check(watching(house), now=clock())
    assert not await there(house, on, ALICE)
    await house.close()


async def test_after_a_day_of_silence_a_person_is_asked(on: Stage, clock: Clock) -> None:
    issue_id = await approved(on, clock())
    clock.forward(hours=23)
    assert not await guard.silent(watching(on.house), now=clock())
    clock.forward(hours=2)
    assert await guard.silent(watching(on.house), now=clock())
    async with on.house.database.reading() as session:
        issue = await issues.get(session, issue_id)
    assert (issue.state, issue.reason) == (State.HELD, "silence")


async def test_a_held_issue_goes_on_only_by_a_persons_act(on: Stage, clock: Clock) -> None:
    issue_id = await approved(on, clock())
    async with on.house.database.unit_of_work() as session:
        await guard.hold(session, "restored", ring=on.house.ring, now=clock())
    async with on.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        with pytest.raises(Refused):
            await schedule.send_now(session, issue, actor="dana", now=clock())
        await schedule.resume(session, issue, actor="dana", now=clock())
        assert issue.state == State.DRAFT


async def test_without_the_ledger_leaving_works_and_is_written_when_it_is_back(
    on: Stage, clock: Clock, settings: Settings, tmp_path: Path
) -> None:
    missing = tmp_path / "nowhere" / "copy"
    house = await reopen(on.house, settings.model_copy(update={"ledger_copy": missing}))
    await leave(on, house, clock)
    assert not await there(house, on, ALICE)
    assert any("wait for the ledger" in each for each in await guard.reasons(watching(house)))
    missing.parent.mkdir()
    assert await guard.flush_pending(watching(house)) == 1
    assert await guard.reasons(watching(house)) == []
    assert await house.book.last_end([on.alice.subject]) is not None
    await house.close()


async def test_an_end_whose_main_transaction_never_came_is_made_good(on: Stage, clock: Clock) -> None:
    """The crash between the two databases: the ledger has it, the main database does not."""
    entry = ledger.Entry(
        newsletter=on.letter.id.hex,
        key_id=on.alice.key_id,
        subject=on.alice.subject,
        reason=ledger.Reason.LEFT,
        at=ledger.moment(clock()),
    )
    farewell = Farewell(on.letter.id, entry.key_id, entry.subject, entry.reason, entry.at)
    await on.house.book.write([farewell])
    assert await guard.replay(watching(on.house), now=clock()) == 1
    assert not await there(on.house, on, ALICE)
    assert await guard.replay(watching(on.house), now=clock()) == 0


async def test_a_block_that_a_backup_does_not_know_still_protects_for_the_rest_of_its_time(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    backup = backups.take(settings)
    began = clock()
    token = people.request(on.house, on.letter, BOB, began, purpose="notme")
    async with on.house.database.unit_of_work() as session:
        await confirm.decline(session, token, ring=on.house.ring, book=on.house.book, now=began)
    await tick(on.house, clock)
    await on.house.close()
    house = await reopen(on.house, backups.put_back(settings, backup, main=True, ledger=False))
    clock.forward(days=30)
    assert await guard.check(watching(house), now=clock())
    assert await mailed(house, on, BOB, clock()) is None
    clock.time = began + timedelta(days=90, seconds=-1)
    assert await mailed(house, on, BOB, clock()) is None
    await guard.replay(watching(house), everything=True, now=clock.forward(seconds=1))
    assert await mailed(house, on, BOB, clock()) == "confirm"
    await house.close()


async def test_a_changed_ledger_is_found(on: Stage, clock: Clock) -> None:
    await leave(on, on.house, clock)
    assert await on.house.book.verify(on.house.ring) == []
    await on.house.book.close_segment(on.house.ring, now=clock())
    async with on.house.book.database.unit_of_work() as session:
        entry = (await session.scalars(select(ledger.Entry).order_by(ledger.Entry.seq))).first()
        assert entry is not None
        entry.at += timedelta(seconds=1)
    assert await on.house.book.verify(on.house.ring) == ["record 1 was changed, or its order was"]


async def test_blocks_and_gone_people_have_no_value_in_common(on: Stage) -> None:
    address = parse(CHRIS)
    ring = on.house.ring
    known = {
        *block.subjects(ring, on.letter.id, address),
        *(on.chris_was.subject, on.chris_was.address_index),
    }
    assert len(known) == 3
