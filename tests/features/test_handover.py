"""Before an account is closed its work goes to a colleague, on record; nobody comes to approve own words."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core.address import parse
from app.core.errors import Refused
from app.domain import breach as breaches
from app.domain import issue as issues
from app.domain import staff
from app.domain.audit import Event, Record
from app.domain.breach import Advice, Breach, Keys, Nature, Risk
from app.domain.handed import Kind
from app.domain.request import Channel
from app.domain.request import Kind as Right
from app.domain.staff import Role
from app.features import approve, handover, oversee
from app.features.breach import notice
from app.features.handover import LEAVE, Changed, Desk, Hand, Unchosen
from app.features.request import receive
from app.features.request.receive import Asked
from tests.cast import BOB, Stage
from tests.conftest import Clock
from tests.features.test_approve import ask, edit, written
from tests.features.test_remind import mails
from tests.sending import TEXT, approved

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def held(on: Stage, name: str) -> dict[Kind, Hand]:
    async with on.house.database.reading() as db:
        return {each.kind: each for each in await handover.held_by(db, await staff.named(db, name))}


async def close(on: Stage, clock: Clock, name: str, **chosen: str) -> None:
    """As ada does on the page."""
    async with on.house.database.unit_of_work() as db:
        person = await staff.named(db, name)
        seen = handover.fingerprint(await handover.held_by(db, person))
        desk = Desk("ada", "https://bode.example.org", on.house.ring, clock())
        became = await handover.hand(db, desk, person, chosen, seen=seen)
        await oversee.close(db, await staff.named(db, "ada"), name, reason=became, now=clock())


async def roles(on: Stage, *given: Role, names: tuple[str, ...]) -> None:
    async with on.house.database.unit_of_work() as db:
        for name in names:
            (await staff.named(db, name)).roles = list(given)


async def lines(on: Stage) -> list[tuple[str, str, str]]:
    ours = Event.WORK_HANDED_OVER, Event.STAFF_DISABLED
    async with on.house.database.reading() as db:
        rows = await db.scalars(select(Record).where(Record.event.in_(ours)).order_by(Record.seq))
        return [(each.actor, each.about, each.reason) for each in rows]


async def test_who_gets_an_issue_hears_of_it_and_approves_it_unless_they_write(
    cast: Stage, clock: Clock
) -> None:
    await roles(cast, Role.EDITOR, Role.APPROVER, names=("emre", "fatima"))
    issue_id = await written(cast, clock)
    hand = (await held(cast, "dana"))[Kind.WRITING]
    assert (hand.takers, [each.state for each in hand.things]) == (["emre", "fatima"], ["draft"])
    await close(cast, clock, "dana", writing="emre")
    about = f"issue {issue_id}"
    assert await lines(cast) == [
        ("ada", about, "writing to emre"),
        ("ada", "staff dana", "1 handed over, 0 left as they are"),
    ]
    (mail,) = [each for each in await mails(cast) if each["template"] == "handover"]
    assert (mail["address"], mail["words"]["kind"]) == ("emre@example.org", "writing")
    assert set(await held(cast, "emre")) == {Kind.WRITING}
    async with cast.house.database.unit_of_work() as db:
        issue = await issues.get(db, issue_id)
        await approve.submit(db, issue, actor="emre", now=clock())
        desk = approve.Desk("fatima", "", cast.house.ring, clock())
        await approve.send_back(db, issue, "Korter", desk)
    assert (await mails(cast))[-1]["address"] == "emre@example.org"  # dana would never read it
    async with cast.house.database.unit_of_work() as db:
        (await staff.named(db, "dana")).disabled_at = None
    await edit(cast, issue_id, clock, TEXT.replace("alinea", "zin"))
    async with cast.house.database.unit_of_work() as db:
        (await staff.named(db, "dana")).disabled_at = clock()
    assert (await ask(cast, issue_id, clock, "emre")).approver == "emre"  # not one word is his


async def test_an_approval_goes_to_nobody_who_wrote_in_it(cast: Stage, clock: Clock) -> None:
    await roles(cast, Role.EDITOR, Role.APPROVER, names=("dana", "fatima"))
    await approved(cast, clock())
    hand = (await held(cast, "emre"))[Kind.APPROVAL]
    assert hand.takers == ["fatima"]
    with pytest.raises(Unchosen) as missing:
        await close(cast, clock, "emre", approval="dana")
    assert missing.value.kinds == [Kind.APPROVAL]
    await close(cast, clock, "emre", approval=LEAVE)
    assert await lines(cast) == [("ada", "staff emre", "0 handed over, 1 left as they are")]
    assert not [each for each in await mails(cast) if each.get("template") == "handover"]


async def test_a_request_and_a_notice_go_to_who_may_decide(cast: Stage, clock: Clock) -> None:
    await roles(cast, Role.OFFICER, names=("joost",))
    async with cast.house.database.unit_of_work() as db:
        desk = receive.Desk("fatima", cast.house.ring, cast.house.book, "", 35, clock())
        what = Asked(cast.letter, parse(BOB), Right.ERASURE, Channel.LETTER, "nl", clock().date())
        number = (await receive.receive(db, desk, what)).number
        row = Breach(
            number=await breaches.free_number(db, 2026),
            aware_at=clock(),
            recorded_at=clock(),
            nature=Nature.BACKUP,
            keys=Keys.NO,
            letters={cast.letter.slug: 1},
            people=1,
            data=[],
            effects=[],
            measures=[],
            risk=Risk.HIGH,
            issues={},
            approver="ada",  # once, and then a restore made it void
        )
        db.add(row)
        await db.flush()
        await notice.write(db, row, [Advice.SUSPECT_MAIL], actor="fatima", now=clock())
    mine = await held(cast, "fatima")
    assert {kind: hand.takers for kind, hand in mine.items()} == {
        Kind.REQUEST: ["joost"],
        Kind.NOTICE: ["ada", "joost"],
    }
    await close(cast, clock, "fatima", request="joost", notice="ada")
    assert ("ada", f"request {number}", "request to joost") in await lines(cast)
    assert set(await held(cast, "joost")) == {Kind.REQUEST, Kind.NOTICE}


async def test_what_came_after_the_page_was_made_is_shown_first(cast: Stage, clock: Clock) -> None:
    await written(cast, clock)
    async with cast.house.database.unit_of_work() as db:
        desk = Desk("ada", "", cast.house.ring, clock())
        with pytest.raises(Changed):
            await handover.hand(db, desk, await staff.named(db, "dana"), {"writing": LEAVE}, seen="x")
    with pytest.raises(Refused):
        await close(cast, clock, "dana", writing="emre")  # who may not write cannot look after it
