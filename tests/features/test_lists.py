"""A list that comes by the page waits sealed for a second person; who asks meanwhile is taken out of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.core.address import parse
from app.core.errors import IllegalMove
from app.core.settings import Settings
from app.domain import candidate, consent, farewell, roster
from app.domain.audit import Record
from app.domain.block import Ground
from app.domain.candidate import Candidate
from app.domain.consent import Consent
from app.domain.ledger import Reason
from app.domain.outbox import Mail
from app.domain.roster import Roster, State
from app.domain.subscriber import Subscriber
from app.features import erase, guard, intake, retain
from app.features.intake import Alone, Desk, TooLong
from tests.backups import Backups, reopen
from tests.cast import ALICE, BOB, CHRIS, Stage
from tests.conftest import Clock
from tests.features.restoring import tick, watching
from tests.features.test_intake import SHEET, bring_in, listed, outcome, read
from tests.features.test_rotate import activate, moved

DORA, ERIK = "dora@example.org", "Erik@Example.org"


async def hand_in(on: Stage, text: str, clock: Clock) -> UUID:
    house, entries = on.house, read(text, clock())
    desk = Desk(house.database, house.book, house.ring, on.letter)
    return await intake.hand_in(desk, intake.look(entries), entries, officer="fatima", now=clock())


async def release(on: Stage, made: UUID, clock: Clock, by: str = "emre") -> None:
    async with on.house.database.unit_of_work() as session:
        await intake.release(session, made, actor=by, now=clock())


async def carry_on(on: Stage, clock: Clock) -> bool:
    house = on.house
    return await intake.carry_on(house.database, house.book, house.ring, now=clock())


async def finish(on: Stage, made: UUID, clock: Clock) -> Roster:
    """Released, and brought in to its end."""
    await release(on, made, clock)
    while await carry_on(on, clock):
        pass
    return await found(on, made)


async def found(on: Stage, made: UUID) -> Roster:
    async with on.house.database.reading() as session:
        return await roster.by_id(session, made)


async def count(on: Stage, what: Any) -> int:
    async with on.house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(what)) or 0


async def forget(on: Stage, address: str, clock: Clock) -> erase.Erased:
    words: dict[str, Any] = {"ring": on.house.ring, "book": on.house.book, "actor": "fatima", "now": clock()}
    async with on.house.database.unit_of_work() as session:
        return await erase.erase(session, parse(address), **words)


async def test_it_comes_in_after_the_release_and_the_report_is_by_line(cast: Stage, clock: Clock) -> None:
    text = listed(DORA, ALICE, "nobody", CHRIS, ERIK) + "frank@example.org,2024-05-31,\n"
    made = await hand_in(cast, text, clock)
    row = await found(cast, made)
    assert (row.state, row.lines, row.fit, row.gone_at) == (State.WAITING, 6, 4, clock() + roster.WAITS)
    assert (row.out, row.told) == ({"address": 1, "evidence": 1}, [[4, "address"], [7, "evidence"]])
    assert row.evidence == [[SHEET, 4]]
    assert not await carry_on(cast, clock)  # nobody released it
    assert await cast.find(DORA) is None
    row = await finish(cast, made, clock)
    assert (row.state, row.added, row.already, row.left_out) == (State.DONE, 2, 1, 3)
    assert row.told == [[4, "address"], [5, "ended"], [7, "evidence"]]
    erik = await cast.find(ERIK.lower())
    assert erik is not None
    assert erik.confirmed_at.date().isoformat() == "2024-05-30"  # midnight in Amsterdam
    async with cast.house.database.reading() as session:
        known = consent.proofs(cast.house.ring, cast.letter.id, parse(ERIK))
        (proof,) = await consent.of(session, known)
        text_of = await session.get(consent.Wording, proof.wording_id)
        trail = list(await session.scalars(select(Record).where(Record.event.startswith("intake."))))
    assert text_of is not None
    assert text_of.text == SHEET
    assert [(each.actor, each.event, each.reason) for each in trail] == [
        ("fatima", "intake.begun", "6 lines"),
        ("emre", "intake.released", "6 lines"),
        ("service", "intake.ended", "added 2, already 1, kept out 3"),
    ]
    assert (await count(cast, Candidate), await count(cast, Mail), row.evidence) == (0, 0, [])


async def test_one_person_is_not_two_and_a_decision_is_made_once(cast: Stage, clock: Clock) -> None:
    made = await hand_in(cast, listed(DORA), clock)
    with pytest.raises(Alone):
        await release(cast, made, clock, by="fatima")
    async with cast.house.database.unit_of_work() as session:
        await intake.refuse(session, made, actor="fatima", now=clock())
    assert await count(cast, Candidate) == 0
    with pytest.raises(IllegalMove):
        await release(cast, made, clock)
    assert (await found(cast, made)).state == State.REFUSED


async def test_who_is_erased_while_it_waits_stays_out_of_it_and_of_the_same_list_again(
    cast: Stage, clock: Clock
) -> None:
    text = listed(DORA, DORA.upper(), BOB, ERIK)
    made = await hand_in(cast, text, clock)
    done = await forget(cast, DORA, clock)
    assert (done.lists, done.subscriptions, done.final) == (2, 0, True)
    async with cast.house.database.unit_of_work() as session:
        words: dict[str, Any] = {"ring": cast.house.ring, "book": cast.house.book, "now": clock()}
        await farewell.block_address(session, cast.letter.id, parse(BOB), Ground.OBJECTION, **words)
    row = await finish(cast, made, clock)
    assert (row.added, row.already, row.told) == (1, 0, [[4, "blocked"]])
    assert await cast.find(DORA) is None
    again = await finish(cast, await hand_in(cast, text, clock), clock)
    assert again.told == [[2, "ended"], [3, "ended"], [4, "blocked"]]
    assert outcome(await bring_in(cast, listed(DORA), clock()))[2] != {}  # nor by the command
    later = listed(DORA, at=clock.forward(days=1).isoformat())
    assert (await finish(cast, await hand_in(cast, later, clock), clock)).added == 1


@pytest.mark.parametrize("way", ["an erasure", "a replay", "a damaged line"])
async def test_where_their_yes_is_kept_goes_with_who_is_erased(cast: Stage, clock: Clock, way: str) -> None:
    made = await hand_in(cast, listed(ERIK, BOB) + f"{DORA},2024-05-31,letter from her town\n", clock)
    assert (await found(cast, made)).evidence == [[SHEET, 2], ["letter from her town", 1]]
    if way == "a damaged line":
        async with cast.house.database.unit_of_work() as session:
            await session.execute(update(Candidate).where(Candidate.number == 4).values(content=b"a disk"))
    words: dict[str, Any] = {"ring": cast.house.ring, "book": cast.house.book, "now": clock()}
    if way == "a replay":
        async with cast.house.database.unit_of_work() as session:
            await farewell.note(session, cast.letter.id, parse(DORA), Reason.ERASED, **words)
        await guard.replay(watching(cast.house), now=clock())
    else:
        assert (await forget(cast, DORA, clock)).lists == 1
    assert (await found(cast, made)).evidence == [[SHEET, 2]]
    await forget(cast, ERIK, clock)
    assert (await found(cast, made)).evidence == [[SHEET, 1]]  # the other line says the same


async def test_an_erasure_that_only_the_ledger_has_is_made_good(cast: Stage, clock: Clock) -> None:
    """The ledger was written, and the process died before the database was."""
    await hand_in(cast, listed(DORA, ERIK), clock)
    words: dict[str, Any] = {"ring": cast.house.ring, "book": cast.house.book, "now": clock()}
    async with cast.house.database.unit_of_work() as session:
        assert await farewell.forget_candidate(session, cast.letter.id, parse(DORA), **words) == (1, True)
        await session.rollback()
    assert await count(cast, Candidate) == 2
    await guard.replay(watching(cast.house), now=clock())
    assert await count(cast, Candidate) == 1


async def test_two_workers_bring_each_line_in_once(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake.decide, "SMALL", 4)
    made = await hand_in(cast, listed(*(f"reader{number}@example.net" for number in range(30))), clock)
    await release(cast, made, clock)
    assert await carry_on(cast, clock)

    async def worker() -> None:
        while await carry_on(cast, clock):
            pass

    await asyncio.gather(worker(), worker())
    await worker()
    row = await found(cast, made)
    assert (row.state, row.added, row.already) == (State.DONE, 30, 0)
    assert (await count(cast, Subscriber), await count(cast, Candidate)) == (31, 0)


async def test_nothing_of_it_can_be_read_and_it_moves_with_a_change_of_keys(
    cast: Stage, clock: Clock
) -> None:
    house, old = cast.house, cast.house.ring.active
    made = await hand_in(cast, listed(DORA, ERIK), clock)
    async with house.database.reading() as session:
        rows = [repr(row) for row in await session.execute(select(Candidate.__table__))]
    assert not any(word in each.lower() for each in rows for word in ("dora", "erik", "example", "folder"))
    await activate(house, clock())
    await moved(house)
    async with house.database.reading() as session:
        (row, *_) = await candidate.first(session, await roster.by_id(session, made), 1)
    assert row.key_id != old
    assert candidate.opened(house.ring, row)[0].typed == DORA
    assert (await forget(cast, DORA, clock)).lists == 1
    assert (await finish(cast, made, clock)).added == 1


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_a_decision_it_goes_after_two_weeks_with_all_its_lines(
    cast: Stage, clock: Clock
) -> None:
    assert timedelta(days=14) == roster.WAITS
    made = await hand_in(cast, listed(DORA, ERIK), clock)
    clock.forward(days=13, hours=23)
    for left in (2, 0):
        async with cast.house.database.unit_of_work() as session:
            removed = await retain.retain(session, now=clock())
        assert await count(cast, Candidate) == left
        clock.forward(hours=1)
    assert removed == {"candidate": 2, "roster": 1}
    assert await count(cast, Roster) == 0
    assert made


async def test_a_backup_that_is_put_back_brings_nobody_back_who_was_taken_out(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    made = await hand_in(on, listed(DORA, ERIK), clock)
    backup = backups.take(settings)
    assert (await forget(on, DORA, clock)).lists == 1
    await tick(on.house, clock)
    await on.house.close()
    house = await reopen(on.house, backups.put_back(settings, backup, main=True, ledger=False))
    restored = Stage(house, on.letter, on.alice, on.chris_was)
    assert await count(restored, Candidate) == 2
    assert await guard.check(watching(house), now=clock())
    assert ((await found(restored, made)).state, await count(restored, Candidate)) == (State.DROPPED, 0)
    row = await finish(restored, await hand_in(restored, listed(DORA, ERIK), clock), clock)
    assert (row.added, row.told) == (1, [[2, "ended"]])
    await house.close()


async def test_more_lines_than_a_page_takes_are_told_before_any_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake.hand, "MOST_LINES", 2)
    with pytest.raises(TooLong):
        intake.look(read(listed(DORA, ERIK, BOB)))


async def test_a_proof_of_an_imported_yes_is_there_once(cast: Stage, clock: Clock) -> None:
    """The same person twice on a list, and once more on another."""
    for _ in range(2):
        await finish(cast, await hand_in(cast, listed(DORA, DORA), clock), clock)
    imported = select(Consent).where(Consent.event == consent.Event.IMPORTED).subquery()
    assert await count(cast, imported) == 1
