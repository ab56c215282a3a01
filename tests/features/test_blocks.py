"""A block is asked before every mail, whatever its ground: no form, list, link or issue gets around it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import parse
from app.core.errors import LinkProblem
from app.core.settings import Settings
from app.domain import block, silence
from app.domain.block import Ground
from app.domain.house import House
from app.domain.issue import State
from app.domain.ledger import Reason
from app.domain.outbox import Purpose
from app.features import confirm, guard, unsubscribe
from app.features.intake import Why
from app.features.post.decide import Desk, decide
from tests import cast as people
from tests.backups import Backups
from tests.cast import ALICE, BOB, Stage
from tests.conftest import Clock
from tests.features.restoring import mailed, watching
from tests.features.test_intake import bring_in, listed, outcome
from tests.features.test_lift import trail
from tests.features.test_replay import restored
from tests.features.test_rotate import activate
from tests.sending import approved, over, reached, send, until, working
from tests.servers.smtp import Server

STRONGER = [each for each in Ground if each is not Ground.BOUNCE]


async def silenced(on: Stage, address: str, ground: Ground, clock: Clock, house: House | None = None) -> None:
    house = house or on.house
    async with house.database.unit_of_work() as session:
        await put(session, on, address, ground, clock)


async def put(session: AsyncSession, on: Stage, address: str, ground: Ground, clock: Clock) -> None:
    words: dict[str, Any] = {"ring": on.house.ring, "book": on.house.book, "now": clock()}
    await silence.begin(session, on.letter.id, parse(address), ground, **words)


async def asked(on: Stage, purpose: Purpose, address: str, clock: Clock) -> str | None:
    """Which mail this address gets for such a row of the outbox; None is none."""
    content = {
        "purpose": purpose,
        "address": address,
        "newsletter": on.letter.id.hex,
        "language": "nl",
        "wording": "",
        "subscriber": on.alice.id.hex,
        "nonce": uuid4().hex,
        "at": clock().isoformat(),
    }
    async with on.house.database.unit_of_work() as session:
        desk = Desk(session, on.house.ring, "https://bode.example.org", clock(), 200)
        decision = await decide(desk, content, first=True)
    return decision.template if decision else None


async def ground_of(on: Stage, address: str, clock: Clock, house: House | None = None) -> Ground | None:
    house = house or on.house
    known = block.subjects(house.ring, on.letter.id, parse(address))
    async with house.database.reading() as session:
        found = await block.active(session, on.letter.id, known, now=clock())
    return Ground(found.ground) if found else None


@pytest.mark.parametrize("ground", list(Ground))
@pytest.mark.parametrize("purpose", [Purpose.SIGNUP, Purpose.ASK, Purpose.ADDRESS, Purpose.MOVED])
async def test_no_form_makes_us_mail_a_blocked_address_but_a_sign_up_of_a_mailbox_that_was_gone(
    cast: Stage, clock: Clock, ground: Ground, purpose: Purpose
) -> None:
    await silenced(cast, BOB, ground, clock)
    passes = (ground, purpose) == (Ground.BOUNCE, Purpose.SIGNUP)
    assert (await asked(cast, purpose, BOB, clock)) == ("confirm" if passes else None)


@pytest.mark.parametrize("ground", list(Ground))
async def test_who_was_subscribed_and_is_blocked_gets_no_link_to_their_data(
    cast: Stage, clock: Clock, ground: Ground
) -> None:
    assert await asked(cast, Purpose.ASK, ALICE, clock) == "mydata"
    clock.forward(days=1)
    await silenced(cast, ALICE, ground, clock)
    assert await cast.find(ALICE) is None
    assert await asked(cast, Purpose.ASK, ALICE, clock) is None


@pytest.mark.parametrize("ground", list(Ground))
async def test_no_link_of_before_a_block_brings_anybody_in(cast: Stage, clock: Clock, ground: Ground) -> None:
    house, old = cast.house, people.request(cast.house, cast.letter, BOB, clock())
    async with house.database.unit_of_work() as session:
        words = {"ring": house.ring, "book": house.book, "now": clock.forward(seconds=1)}
        _, slip = await unsubscribe.leave(session, cast.link(cast.alice), **words)
    assert slip is not None
    clock.forward(seconds=1)
    for address in (ALICE, BOB):
        await silenced(cast, address, ground, clock)
    with pytest.raises(LinkProblem, match="void"):
        async with house.database.unit_of_work() as session:
            await people.press(house, session, old, clock.forward(minutes=1))
    with pytest.raises(LinkProblem, match="void"):
        async with house.database.unit_of_work() as session:
            await unsubscribe.undo(session, slip, ring=house.ring, now=clock())
    assert await cast.find(ALICE) is None


@pytest.mark.parametrize("ground", list(Ground))
async def test_no_list_brings_a_blocked_address_in_and_its_report_says_why(
    cast: Stage, clock: Clock, ground: Ground
) -> None:
    await silenced(cast, ALICE, ground, clock)
    later = clock.forward(days=1)
    tally = await bring_in(cast, listed(ALICE, "dora@example.org", at=later.isoformat()), later)
    assert outcome(tally) == (1, 0, {2: Why.BLOCKED})
    assert await cast.find(ALICE) is None


@pytest.mark.parametrize("ground", list(Ground))
async def test_no_issue_goes_to_a_blocked_address(cast: Stage, clock: Clock, ground: Ground) -> None:
    await people.join(cast.house, cast.letter, "dora@example.org", clock())
    issue_id = await approved(cast, clock())
    await silenced(cast, ALICE, ground, clock)
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    assert "dora@example.org" in server.received.recipients
    assert ALICE not in server.received.recipients
    assert (issue.audience, issue.accepted) == (1, 1)


async def test_a_mailbox_that_a_server_says_is_gone_is_blocked_and_comes_back_by_a_new_yes(
    cast: Stage, clock: Clock
) -> None:
    """From the refusal while sending to the yes of who has the mailbox again."""
    house, issue_id = cast.house, await approved(cast, clock())
    known = block.subjects(house.ring, cast.letter.id, parse(ALICE))
    async with Server(refuse=(ALICE,)) as server, working(over(house, server.url)) as worker:
        await send(house, issue_id)

        async def blocked() -> bool:
            async with house.database.reading() as session:
                return await block.active(session, cast.letter.id, known, now=worker.clock()) is not None

        await until(blocked)
        clock.time = worker.clock()
    assert await cast.find(ALICE) is None
    assert await ground_of(cast, ALICE, clock) is Ground.BOUNCE
    assert [each.reason for each in await house.book.of(known)] == [Reason.BOUNCE]
    clock.forward(days=30)
    assert await mailed(house, cast, ALICE, clock()) == "confirm"
    assert await ground_of(cast, ALICE, clock) is Ground.BOUNCE  # asking lifts nothing: anybody can ask
    await people.join(house, cast.letter, ALICE, clock.forward(hours=1))
    assert await ground_of(cast, ALICE, clock) is None
    assert [each.reason for each in await house.book.of(known)] == [Reason.BOUNCE, Reason.LIFTED]
    assert await trail(house) == [("reader", "newsletter weerbaar-bestuur", "button")]
    assert await guard.replay(watching(house), everything=True, now=clock()) == 0
    assert await cast.find(ALICE) is not None
    assert await ground_of(cast, ALICE, clock) is None


async def test_a_year_after_a_mailbox_was_gone_nothing_blocks_it_any_more(cast: Stage, clock: Clock) -> None:
    await silenced(cast, BOB, Ground.BOUNCE, clock)
    assert await asked(cast, Purpose.ADDRESS, BOB, clock) is None
    clock.forward(days=366)
    assert await asked(cast, Purpose.ADDRESS, BOB, clock) == "address"


@pytest.mark.parametrize("ground", STRONGER)
async def test_that_a_mailbox_is_gone_takes_no_other_grounds_place_and_any_other_takes_its(
    cast: Stage, clock: Clock, ground: Ground
) -> None:
    for address, order in ((BOB, (ground, Ground.BOUNCE)), (ALICE, (Ground.BOUNCE, ground))):
        for each in order:
            clock.forward(days=1)
            await silenced(cast, address, each, clock)
        assert await ground_of(cast, address, clock) is ground
        assert await mailed(cast.house, cast, address, clock()) is None


async def test_when_the_other_ground_is_over_a_mailbox_that_is_gone_is_blocked_for_that(
    cast: Stage, clock: Clock
) -> None:
    await silenced(cast, BOB, Ground.NOT_ME, clock)
    clock.forward(days=91)
    await silenced(cast, BOB, Ground.BOUNCE, clock)
    assert await ground_of(cast, BOB, clock) is Ground.BOUNCE


async def test_who_says_not_me_in_the_one_mail_to_a_mailbox_that_was_gone_is_protected(
    cast: Stage, clock: Clock
) -> None:
    house = cast.house
    await silenced(cast, BOB, Ground.BOUNCE, clock)
    clock.forward(days=1)
    token = people.request(house, cast.letter, BOB, clock(), purpose="notme")
    async with house.database.unit_of_work() as session:
        await confirm.decline(session, token, ring=house.ring, book=house.book, now=clock.forward(minutes=1))
    assert await mailed(house, cast, BOB, clock()) is None
    assert await mailed(house, cast, BOB, clock.forward(days=91)) == "confirm"


async def test_a_block_under_an_older_key_holds_beside_a_weaker_one_under_a_newer(
    cast: Stage, clock: Clock
) -> None:
    await silenced(cast, BOB, Ground.COMPLAINT, clock)
    await activate(cast.house, clock())
    clock.forward(days=1)
    await silenced(cast, BOB, Ground.BOUNCE, clock)
    assert await mailed(cast.house, cast, BOB, clock()) is None


async def test_a_restored_backup_knows_both_that_a_mailbox_was_gone_and_that_it_came_back(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    house = on.house

    async def act(session: AsyncSession) -> None:
        for address in (ALICE, BOB):
            await put(session, on, address, Ground.BOUNCE, clock)
        clock.forward(hours=1)
        token = people.request(house, on.letter, BOB, clock())
        await people.press(house, session, token, clock.forward(minutes=5))

    back = await restored(on, settings, backups, clock, act)
    assert await ground_of(on, ALICE, clock, back) is Ground.BOUNCE
    assert await ground_of(on, BOB, clock, back) is None
    await back.close()
