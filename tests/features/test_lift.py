"""A block is lifted by its own person and by nobody else, and no restored backup undoes that."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import parse
from app.core.errors import BookClosed, LinkProblem
from app.core.settings import Settings
from app.domain import block, erasure, farewell, lifting
from app.domain.audit import Event, Record
from app.domain.block import Ground
from app.domain.book import Farewell
from app.domain.certificate import Removed
from app.domain.house import House
from app.domain.ledger import Reason
from app.domain.newsletter import Newsletter
from app.domain.request import Kind, State
from app.features import certify, erase, guard, lift
from app.features.intake import known as intake
from app.features.intake.lines import Line, Why
from app.features.post.decide import Desk, decide
from tests.backups import Backups
from tests.cast import ALICE, BOB, Stage
from tests.cast import press as confirm
from tests.cast import request as asked
from tests.conftest import Clock
from tests.features.restoring import mailed, watching
from tests.features.test_replay import restored
from tests.features.test_request import Office

NOTHING = dict.fromkeys(("subscriptions", "proofs", "deliveries", "mails", "look_ups", "requests"), 0)


async def silence(on: Stage, clock: Clock, address: str = BOB, session: AsyncSession | None = None) -> str:
    """Somebody asks never to be mailed; the token of the link that they get with it."""
    house, words = on.house, (on.letter.id, parse(address), Ground.OBJECTION)
    tools = {"ring": house.ring, "book": house.book, "now": clock()}
    if session is not None:
        await farewell.block_address(session, *words, **tools)
    else:
        async with house.database.unit_of_work() as own:
            await farewell.block_address(own, *words, **tools)
    return block.link(house.ring, on.letter.id, parse(address), clock())


async def press(house: House, token: str, clock: Clock) -> None:
    async with house.database.unit_of_work() as session:
        await lift.lift(session, token, ring=house.ring, book=house.book, now=clock())


async def trail(house: House) -> list[tuple[str, str, str]]:
    async with house.database.reading() as session:
        rows = await session.scalars(select(Record).where(Record.event == Event.BLOCK_LIFTED))
        return [(each.actor, each.about, each.reason) for each in rows]


async def test_the_link_lifts_it_whenever_and_typing_the_address_never_does(
    cast: Stage, clock: Clock
) -> None:
    house, token = cast.house, await silence(cast, clock)
    clock.forward(days=4000)
    for purpose in ("ask", "signup"):
        content = {"address": BOB, "newsletter": cast.letter.id.hex, "language": "nl", "purpose": purpose}
        async with house.database.unit_of_work() as session:  # no mail, whoever asks and however often
            desk = Desk(session, house.ring, "", clock(), 200)
            assert await decide(desk, content, first=True) is None
    async with house.database.reading() as session:
        assert (
            await lift.look(session, token, ring=house.ring, now=clock())
        ).goes  # and looking lifts nothing
    assert await mailed(house, cast, BOB, clock()) is None
    await press(house, token, clock)
    await press(house, token, clock)  # pressed twice is no failure
    assert await mailed(house, cast, BOB, clock()) == "confirm"
    assert await trail(house) == [("reader", "newsletter weerbaar-bestuur", "by their own link")]


async def test_a_link_of_before_does_not_lift_a_later_block(cast: Stage, clock: Clock) -> None:
    token = await silence(cast, clock)
    clock.forward(minutes=1)
    await press(cast.house, token, clock)
    clock.forward(minutes=1)
    await silence(cast, clock)
    with pytest.raises(LinkProblem, match="void"):
        await press(cast.house, token, clock)
    with pytest.raises(LinkProblem, match="broken"):
        await press(cast.house, "x", clock)
    assert await mailed(cast.house, cast, BOB, clock()) is None


async def test_not_me_after_an_objection_keeps_the_objection_and_is_not_lifted_by_its_link(
    cast: Stage, clock: Clock
) -> None:
    house, token = cast.house, await silence(cast, clock)
    tools = {"ring": house.ring, "book": house.book, "now": clock.forward(days=3)}
    async with house.database.unit_of_work() as session:
        await farewell.block_address(session, cast.letter.id, parse(BOB), Ground.NOT_ME, **tools)
    with pytest.raises(LinkProblem, match="void"):
        await press(house, token, clock)
    clock.forward(days=100)
    assert await mailed(house, cast, BOB, clock()) is None  # the longest of the two
    await press(house, block.link(house.ring, cast.letter.id, parse(BOB), clock()), clock)
    assert await mailed(house, cast, BOB, clock()) == "confirm"


async def test_a_link_lifts_what_was_there_and_leaves_a_later_block_of_another_newsletter(
    cast: Stage, clock: Clock
) -> None:
    house, token = cast.house, await silence(cast, clock)
    words = {name: getattr(cast.letter, name) for name in ("sender_name", "sender_address", "language")}
    other = Newsletter(id=uuid4(), slug="tweede", title="Tweede", cadence="", created_at=clock(), **words)
    async with house.database.unit_of_work() as session:
        session.add(other)
    clock.forward(minutes=1)
    later = Stage(house, other, cast.alice, cast.chris_was)
    await silence(later, clock)
    await press(house, token, clock)
    assert await mailed(house, cast, BOB, clock()) == "confirm"
    assert await mailed(house, later, BOB, clock()) is None


@pytest.mark.parametrize("kind", [Kind.OBJECTION, Kind.ERASURE])
async def test_a_yes_of_before_is_no_yes_after_it_was_lifted_or_erased(
    cast: Stage, clock: Clock, kind: Kind
) -> None:
    """Also of somebody of whom nothing was held: the mail that asks for a yes was in the mailbox already."""
    house, office, old = cast.house, Office(cast, clock), asked(cast.house, cast.letter, BOB, clock())
    clock.forward(hours=1)
    row = await office.known(kind, BOB)
    await (office.erase(row) if kind is Kind.ERASURE else office.carry_out(row))
    token = block.link(house.ring, cast.letter.id, parse(BOB), clock())
    clock.forward(hours=1)
    await press(house, token, clock)
    with pytest.raises(LinkProblem, match="void"):
        async with house.database.unit_of_work() as session:
            await confirm(house, session, old, clock())
    line = Line(1, parse(BOB), clock() - timedelta(hours=3), "")
    async with house.database.reading() as session:
        known = await intake.known(
            session, [line], cast.letter.id, ring=house.ring, book=house.book, now=clock()
        )
    assert known.keeps_out(line) == Why.ENDED


async def test_who_can_show_who_they_are_has_an_officer_lift_it(cast: Stage, clock: Clock) -> None:
    office = Office(cast, clock)
    await silence(cast, clock)
    row = await office.known(Kind.LIFT, BOB)
    assert await mailed(cast.house, cast, BOB, clock()) is None
    assert (await office.carry_out(row)).state == State.DONE
    (answer,) = await office.mails()
    assert answer["words"]["link_url"].endswith("/nl/weerbaar-bestuur")
    assert await mailed(cast.house, cast, BOB, clock()) == "confirm"
    assert await trail(cast.house) == [("fatima", f"request {row.number}", "of newsletter weerbaar-bestuur")]


async def test_a_restored_backup_brings_no_lifted_block_back_and_loses_no_other(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    house = on.house
    lifted, again = await silence(on, clock, ALICE), await silence(on, clock, BOB)

    async def act(session: AsyncSession) -> None:
        tools = {"ring": house.ring, "book": house.book}
        for token in (lifted, again):
            await lift.lift(session, token, **tools, now=clock())
        clock.forward(minutes=1)
        await silence(on, clock, BOB, session)

    back = await restored(on, settings, backups, clock, act)
    for name, template in ((ALICE, "already"), (BOB, None)):
        assert await mailed(back, on, name, clock()) == template
    await guard.replay(watching(back), everything=True, now=clock())
    assert await mailed(back, on, BOB, clock()) is None
    await back.close()


async def test_a_block_that_the_ledger_hears_of_after_it_was_lifted_stays_lifted(
    cast: Stage, clock: Clock
) -> None:
    """The ledger was away when it was made, and back when it was lifted."""
    house, at = cast.house, clock()
    subject, key_id = block.subject(house.ring, cast.letter.id, parse(BOB))
    token = await silence(cast, clock)
    clock.forward(seconds=30)
    await press(house, token, clock)
    late = Farewell(cast.letter.id, key_id, subject, Reason.OBJECTION, at - timedelta(seconds=1))
    await house.book.write([late])
    await guard.replay(watching(house), everything=True, now=clock())
    assert await mailed(house, cast, BOB, clock()) == "confirm"


@pytest.mark.parametrize("too", [False, True], ids=["stays", "goes too"])
async def test_an_erasure_takes_a_block_along_only_when_that_was_chosen(
    cast: Stage, clock: Clock, *, too: bool
) -> None:
    house = cast.house
    await silence(cast, clock)
    tools = {"ring": house.ring, "book": house.book, "actor": "fatima", "now": clock.forward(minutes=1)}
    async with house.database.unit_of_work() as session:
        ahead = await erasure.ahead(session, parse(BOB), ring=house.ring, now=clock())
        assert [each.ground for each in ahead.blocks] == [Ground.OBJECTION]
        erased = await erase.erase(session, parse(BOB), **tools)
        if too:
            erased = await erase.unblock(session, parse(BOB), erased, **tools)
        office = certify.Office("Netwerk Weerbaar Bestuur", house.ring, house.book, 35)
        proof = await certify.certify(session, office, parse(BOB), erased.removed, now=clock())
    assert (proof.removed.blocks, proof.blocks_stay) == ((1, 0) if too else (0, 1))
    assert proof.genuine(house.ring)
    named = [each.number for each in proof.ledger]
    entries = await house.book.of(block.subjects(house.ring, cast.letter.id, parse(BOB)))
    assert [each.seq in named for each in entries] == ([False, True] if too else [False])
    await guard.replay(watching(house), everything=True, now=clock())
    assert await mailed(house, cast, BOB, clock()) == ("confirm" if too else None)
    assert len(await trail(house)) == too


async def test_without_the_ledger_it_is_lifted_and_written_when_it_is_back(cast: Stage, clock: Clock) -> None:
    house = cast.house
    await silence(cast, clock)
    write = house.book.write

    async def away(*_: object) -> None:
        raise BookClosed

    house.book.write = away  # type: ignore[method-assign]
    tools = {"ring": house.ring, "book": house.book, "now": clock.forward(minutes=1)}
    async with house.database.unit_of_work() as session:
        assert await lifting.lift(session, cast.letter.id, parse(BOB), **tools) == (1, False)
        office, gone = certify.Office("Netwerk", house.ring, house.book, 35), {**NOTHING, "blocks": 1}
        with pytest.raises(BookClosed):  # the certificate waits for the line of the block too
            await certify.certify(session, office, parse(BOB), Removed(**gone), now=clock())
    house.book.write = write  # type: ignore[method-assign]
    assert await guard.flush_pending(watching(house)) == 1
    await guard.replay(watching(house), everything=True, now=clock())
    assert await mailed(house, cast, BOB, clock()) == "confirm"
